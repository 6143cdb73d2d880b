"""The layers of a Keras file as our network's: by name, by order, or refused."""

import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.backbone_rules import network_rules
from odapi_ssd.weights.mapping import StoredArray
from odapi_ssd.weights.sources.keras import NETWORKS


def _file_layers(**layers):
    return {
        layer: {
            f"{layer}/{number}": StoredArray(shape, lambda shape=shape: np.zeros(shape))
            for number, shape in enumerate(shapes)
        }
        for layer, shapes in layers.items()
    }


BATCH_NORM = dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), (8,))


def test_by_name_whatever_the_order():
    layers = {"a": {"kernel": (1,)}, "b": {"kernel": (2,), "bias": (3,)}}
    file_layers = _file_layers(b=[(2,), (3,)], top=[(9,)], a=[(1,)])
    rules, values = network_rules(NETWORKS["resnet50_v1"], layers, file_layers, "f")
    assert [(rule.target, rule.source, rule.shape) for rule in rules] == [
        ("a/kernel", "a/0", (1,)),
        ("b/kernel", "b/0", (2,)),
        ("b/bias", "b/1", (3,)),
    ]
    assert values == {}


def test_a_numbered_network_by_order():
    layers = {"stem": {"kernel": (1,)}, "block": {"kernel": (2,)}}
    file_layers = _file_layers(conv2d_7=[(1,)], conv2d_8=[(2,)], conv2d_9=[(3,)])
    rules, _ = network_rules(NETWORKS["inception_resnet_v2"], layers, file_layers, "f")
    assert [rule.source for rule in rules] == ["conv2d_7/0", "conv2d_8/0"]


def test_a_scale_that_the_file_lacks_is_one():
    file_layers = _file_layers(bn=[(8,)] * 3)
    rules, values = network_rules(NETWORKS["resnet50_v1"], {"bn": BATCH_NORM}, file_layers, "f")
    assert [rule.target for rule in rules] == [
        "bn/beta",
        "bn/moving_mean",
        "bn/moving_variance",
    ]
    np.testing.assert_array_equal(values["bn/gamma"], np.ones(8))


def test_another_number_of_arrays():
    without_scale = {"bn": {**BATCH_NORM}}
    del without_scale["bn"]["gamma"]
    with pytest.raises(OdapiError, match="bn: 4 arrays in the file, 3 variables in the model"):
        network_rules(NETWORKS["resnet50_v1"], without_scale, _file_layers(bn=[(8,)] * 4), "f")


def test_missing_layers():
    layers = {"a": {"kernel": (1,)}, "b": {"kernel": (1,)}}
    with pytest.raises(OdapiError) as caught:
        network_rules(NETWORKS["mobilenet_v1"], layers, _file_layers(c=[(1,)]), "f.h5")
    assert "f.h5 holds no weights of Keras's MobileNet: it lacks 2 of the 2" in str(caught.value)
    assert caught.value.details == ("missing: a, b", "there are: c")


def test_vgg16_without_its_classifier():
    layers = {"block1_conv1": {"kernel": (1,)}, "conv6": {"kernel": (1,)}}
    with pytest.raises(OdapiError, match="without _notop in its name"):
        network_rules(NETWORKS["vgg16"], layers, _file_layers(block1_conv1=[(1,)]), "f")


def test_a_numbered_network_that_is_too_short():
    layers = {"a": {"kernel": (1,)}, "b": {"kernel": (1,)}}
    with pytest.raises(OdapiError, match="it lacks 1 of the 2 layers"):
        network_rules(NETWORKS["inception_resnet_v2"], layers, _file_layers(c=[(1,)]), "f")
