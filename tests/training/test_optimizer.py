"""Gradients with numbers by hand; and by default the same step as the API's."""

import numpy as np
import pytest

from odapi_ssd.config.files import load_config

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


class _Recorder:
    """An optimizer that keeps the gradients it gets."""

    def apply_gradients(self, gradients_and_variables):
        self.given = {variable.name: gradient for gradient, variable in gradients_and_variables}


def _apply(gradients, frozen=(), **options):
    """The gradients that the wrapped optimizer gets, by variable name without `:0`."""
    import tensorflow as tf

    from odapi_ssd.training.optimizer import SelectiveOptimizer

    variables = {name: tf.Variable([1.0, 1.0], name=name) for name in gradients}
    references = {variables[name].ref() for name in frozen}
    recorder = _Recorder()
    pairs = [(gradients[name], variable) for name, variable in variables.items()]
    SelectiveOptimizer(recorder, references, **options).apply_gradients(iter(pairs))
    return {name.removesuffix(":0"): gradient for name, gradient in recorder.given.items()}


def _assert_equal(given, expected):
    assert list(given) == list(expected)
    for name, gradient in expected.items():
        np.testing.assert_allclose(given[name], gradient, rtol=1e-6, err_msg=name)


def test_gradients_pass_as_they_are():
    import tensorflow as tf

    gradients = {"a/kernel": tf.constant([3.0, 0.0]), "a/bias": tf.constant([0.0, 2.0])}
    _assert_equal(_apply(gradients), gradients)


def test_biases_are_multiplied_before_all_are_clipped():
    """[3, 0] and 2·[0, 2] have the norm 5; clipped first, they would have 1 and more."""
    import tensorflow as tf

    gradients = {"a/kernel": tf.constant([3.0, 0.0]), "a/bias": tf.constant([0.0, 2.0])}
    given = _apply(gradients, bias_multiplier=2.0, clip_norm=1.0)
    _assert_equal(given, {"a/kernel": [0.6, 0.0], "a/bias": [0.0, 0.8]})


def test_only_variables_of_that_name_are_biases():
    import tensorflow as tf

    names = ["bias", "a/bias", "norm/beta", "bias/kernel", "a/biases", "a/unbias"]
    given = _apply({name: tf.constant([1.0, 1.0]) for name in names}, bias_multiplier=0.5)
    assert [name for name, gradient in given.items() if gradient[0] == 0.5] == ["bias", "a/bias"]


def test_frozen_variables_are_left_out_and_count_for_no_norm():
    import tensorflow as tf

    gradients = {"a": tf.constant([100.0, 0.0]), "b": tf.constant([0.0, 4.0])}
    _assert_equal(_apply(gradients, frozen=["a"], clip_norm=2.0), {"b": [0.0, 2.0]})


@pytest.mark.parametrize("clip_norm", [0.0, 1.0])
def test_no_gradient_and_a_sparse_one(clip_norm):
    import tensorflow as tf

    rows = tf.IndexedSlices(tf.constant([1.5]), tf.constant([1]), tf.constant([2]))
    gradients = {"a/bias": None, "b/bias": rows, "c": tf.constant([4.0, 0.0])}
    given = _apply(gradients, bias_multiplier=2.0, clip_norm=clip_norm)
    assert given["a/bias"] is None
    assert isinstance(given["b/bias"], tf.IndexedSlices)
    scale = clip_norm / 5.0 or 1.0
    _assert_equal(
        {name: tf.convert_to_tensor(given[name]) for name in ("b/bias", "c")},
        {"b/bias": [0.0, 3.0 * scale], "c": [4.0 * scale, 0.0]},
    )


@pytest.mark.slow
def test_a_clipped_step_is_that_of_the_api(tiny_config_path):
    """The same losses, and the same weights after it."""
    import tensorflow as tf
    from object_detection import model_lib_v2

    from odapi_ssd.training.optimizer import SelectiveOptimizer
    from odapi_ssd.training.setup import set_up_training

    setup = set_up_training(load_config(tiny_config_path), record_summaries=False)
    model_lib_v2._ensure_model_is_built(setup.model, setup.dataset, False)
    features, labels = next(iter(setup.dataset))
    start = [variable.numpy() for variable in setup.model.variables]

    def step(optimizer, clip_norm):
        for variable, value in zip(setup.model.variables, start, strict=True):
            variable.assign(value)
        losses = model_lib_v2.eager_train_step(
            setup.model, features, labels, False, optimizer, training_step=0,
            clip_gradients_value=clip_norm,
        )  # fmt: skip
        return losses, [variable.numpy() for variable in setup.model.variables]

    sgd = tf.keras.optimizers.SGD
    their_losses, theirs = step(sgd(0.1), 0.5)
    our_losses, ours = step(SelectiveOptimizer(sgd(0.1), clip_norm=0.5), None)
    assert {name: float(loss) for name, loss in our_losses.items()} == pytest.approx(
        {name: float(loss) for name, loss in their_losses.items()}
    )
    assert len(ours) == len(theirs) > 200
    for our_value, their_value, value_before in zip(ours, theirs, start, strict=True):
        np.testing.assert_allclose(our_value - value_before, their_value - value_before, atol=1e-7)
    assert sum(not np.array_equal(*pair) for pair in zip(ours, start, strict=True)) > 200
