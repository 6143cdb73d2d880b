"""The API's small ResNets."""

import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_small_resnets_are_keras_2_models():
    import tensorflow as tf
    from object_detection.models.keras_models import resnet_v1

    network = resnet_v1.resnet_v1_18(weights=None, include_top=False)
    assert isinstance(network, tf.keras.Model)
    assert network(tf.zeros([1, 64, 96, 3])).shape == (1, 2, 3, 512)
