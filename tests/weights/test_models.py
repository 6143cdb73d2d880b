"""Variables by name, and values into them."""

import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.models import assign, flat, input_adjustment, layer_variables

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.fixture
def variables():
    import tensorflow as tf

    layer = tf.keras.layers.Dense(3, name="fc")
    layer.build((None, 2))
    return flat({"fc": layer_variables(layer)})


def test_names_of_variables(variables):
    assert {name: tuple(variable.shape) for name, variable in variables.items()} == {
        "fc/kernel": (2, 3),
        "fc/bias": (3,),
    }
    assert flat({}) == {}


def test_values_are_assigned(variables):
    kernel = np.arange(6, dtype=np.float32).reshape(2, 3)
    assign(variables, {"fc/kernel": kernel, "fc/bias": np.ones(3, np.float32)})
    np.testing.assert_array_equal(variables["fc/kernel"], kernel)
    np.testing.assert_array_equal(variables["fc/bias"], [1, 1, 1])


def test_shape_mismatches_are_all_named_and_nothing_is_assigned(variables):
    before = variables["fc/bias"].numpy()
    values = {"fc/kernel": np.ones((3, 2)), "fc/bias": np.ones(3) * 5}
    with pytest.raises(OdapiError) as caught:
        assign(variables, values)
    assert caught.value.details == ("fc/kernel: 3x2 from the file, 2x3 in the model",)
    np.testing.assert_array_equal(variables["fc/bias"], before)


@pytest.mark.parametrize("names", [["fc/kernel"], ["fc/kernel", "fc/bias", "fc/gamma"]])
def test_each_variable_needs_one_value(variables, names):
    with pytest.raises(ValueError, match=r"\['fc/(bias|gamma)'\]"):
        assign(variables, dict.fromkeys(names, np.ones(1)))


def test_the_adjustment_turns_our_normalization_into_another():
    from odapi_ssd.extractors.layers import InputAdjustment
    from odapi_ssd.extractors.vgg16 import CHANNEL_MEANS

    means, factors = (100.0, 110.0, 130.0), (0.5, 2.0, 1.0)
    layer = InputAdjustment(name="input_adjustment")
    layer.build((None, 1, 2, 3))
    assign(flat({layer.name: layer_variables(layer)}), input_adjustment(means, factors))
    image = np.array([[[[0.0, 127.0, 255.0], [10.0, 20.0, 30.0]]]], np.float32)
    adjusted = layer(image - np.array(CHANNEL_MEANS, np.float32)).numpy()
    np.testing.assert_allclose(adjusted, (image - means) * factors, rtol=1e-6)
