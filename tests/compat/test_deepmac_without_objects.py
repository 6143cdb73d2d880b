"""DeepMAC on images without objects."""

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.mark.parametrize("network", ["resnet4", "hourglass10"])
def test_the_mask_head_takes_images_without_objects(network):
    import tensorflow as tf
    from object_detection.meta_architectures import deepmac_meta_arch

    # The head only reads this global switch, which a training in this process leaves on.
    tf.keras.backend.set_learning_phase(0)
    head = deepmac_meta_arch.MaskHeadNetwork(network, num_init_channels=8)
    pixels = tf.random.stateless_normal([2, 16, 32, 5], seed=(1, 2))
    instances = tf.random.stateless_normal([2, 3], seed=(3, 4))
    masks = head(instances, pixels, training=True)
    assert masks.shape == (2, 16, 32)
    # Each instance has its own mask, whether the other one is there or not.
    np.testing.assert_allclose(head(instances[:1], pixels[:1], training=True), masks[:1], atol=1e-5)
    with tf.GradientTape() as tape:
        without = tf.function(head.__call__)(instances[:0], pixels[:0], training=True)
        loss = tf.reduce_sum(without)
    assert without.shape == (0, 16, 32)
    (gradient,) = tape.gradient(loss, head.project_out.trainable_variables[:1])
    np.testing.assert_array_equal(gradient, np.zeros(gradient.shape))
