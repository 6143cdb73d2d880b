"""The placeholder for TensorFlow's estimators."""

import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_it_has_the_modes_and_names_the_programs_that_remain():
    import tensorflow.compat.v1 as tf1

    assert tf1.estimator.ModeKeys.TRAIN == "train"
    with pytest.raises(AttributeError, match="model_main_tf2"):
        tf1.estimator.Estimator  # noqa: B018
