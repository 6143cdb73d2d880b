"""Mismatches between a checkpoint and a model: TensorFlow's own, and those that it passes over."""

import pytest

from odapi_ssd.checkpoints.fit import explain_mismatch, misfit, require_fit
from odapi_ssd.errors import OdapiError

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def _saved(folder, **variables):
    import tensorflow as tf

    return tf.train.Checkpoint(**variables).save(str(folder / "ckpt"))


def _restore(prefix, **variables):
    import tensorflow as tf

    status = tf.train.Checkpoint(**variables).restore(prefix)
    status.expect_partial().assert_existing_objects_matched()


class TestExplainMismatch:
    def test_another_shape(self, tmp_path):
        import tensorflow as tf

        prefix = _saved(tmp_path, weight=tf.Variable([1.0, 2.0]))
        with (
            pytest.raises(OdapiError, match=f"{prefix} does not fit the model") as caught,
            explain_mismatch(prefix, "take another."),
        ):
            _restore(prefix, weight=tf.Variable([1.0, 2.0, 3.0]))
        (detail,) = caught.value.details
        assert "shape" in detail.lower()
        assert caught.value.hint == "take another."

    def test_a_variable_that_the_checkpoint_lacks(self, tmp_path):
        import tensorflow as tf

        prefix = _saved(tmp_path, weight=tf.Variable(1.0))
        with (
            pytest.raises(OdapiError, match="does not fit the model") as caught,
            explain_mismatch(prefix),
        ):
            _restore(prefix, weight=tf.Variable(1.0), bias=tf.Variable(1.0))
        assert "trained_with.config" in caught.value.hint

    def test_one_that_fits(self, tmp_path):
        import tensorflow as tf

        prefix = _saved(tmp_path, weight=tf.Variable([1.0, 2.0]))
        weight = tf.Variable([0.0, 0.0])
        with explain_mismatch(prefix):
            _restore(prefix, weight=weight)
        assert weight.numpy().tolist() == [1.0, 2.0]

    @pytest.mark.parametrize(
        ("checkpoint", "error"),
        [
            ("ckpt-1", ValueError("a number is negative")),
            ("ckpt-1", TypeError("incompatible types")),
            (None, ValueError("incompatible shapes")),
        ],
    )
    def test_other_failures_stay(self, checkpoint, error):
        with pytest.raises(type(error)) as caught, explain_mismatch(checkpoint):
            raise error
        assert caught.value is error

    def test_a_long_message_is_one_line_of_300_characters(self):
        with pytest.raises(OdapiError) as caught, explain_mismatch("ckpt-1"):
            raise ValueError("shape\n" + "of a variable " * 100)
        (detail,) = caught.value.details
        assert detail.startswith("shape of a variable")
        assert len(detail) == 300


class TestRequireFit:
    """Variables that are created from a checkpoint's values, within a graph as in the API."""

    @pytest.fixture
    def prefix(self, tmp_path):
        """A dense layer with 2 inputs and 4 outputs."""
        import tensorflow as tf

        layer = tf.keras.layers.Dense(4, name="dense")
        layer(tf.zeros([1, 2]))
        return _saved(tmp_path, model=layer)

    def _restored(self, prefix):
        """A layer that takes the checkpoint's values in its first call."""
        import tensorflow as tf

        layer = tf.keras.layers.Dense(4, name="dense")
        tf.train.Checkpoint(model=layer).restore(prefix).expect_partial()
        return layer, tf.function(layer)

    def test_one_that_fits(self, prefix):
        import tensorflow as tf

        layer, call = self._restored(prefix)
        call(tf.zeros([1, 2]))
        require_fit(layer, prefix)

    def test_another_shape_that_the_variable_has_taken(self, prefix):
        import tensorflow as tf

        layer, call = self._restored(prefix)
        with pytest.raises(tf.errors.InvalidArgumentError):
            call(tf.zeros([1, 3]))
        with pytest.raises(OdapiError, match=f"{prefix} does not fit the model") as caught:
            require_fit(layer, prefix)
        assert caught.value.details == (
            "dense/kernel:0: [2, 4] in the checkpoint, [3, 4] in the config's model",
        )


def test_the_error_lists_whatever_does_not_fit():
    error = misfit("run/ckpt-1", ["a", 2], "take another.")
    assert error.problem == "The checkpoint run/ckpt-1 does not fit the model of this config:"
    assert error.details == ("a", "2")
