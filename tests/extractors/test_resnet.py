"""SSD300 on ResNets: Keras's networks, taken where a map has 19 and 10 cells a side."""

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

V1 = ("conv4_block6_out", "conv5_block1_out", "conv5_block3_out")
V2 = ("conv4_block1_preact_relu", "conv5_block1_preact_relu", "post_relu")


# With 101 layers there are more of the same.
@pytest.mark.parametrize(
    ("kind", "name", "layers"),
    [("ssd300_resnet50_v1_keras", "ResNet50", V1), ("ssd300_resnet50_v2_keras", "ResNet50V2", V2)],
)
def test_keras_weights_give_keras_maps(kind, name, layers, extractor_of, randomize):
    import tensorflow as tf

    make = getattr(tf.keras.applications, name)
    keras = make(include_top=False, weights=None, input_shape=(64, 96, 3))
    network = extractor_of(kind).classification_backbone
    assert network.count_params() == keras.count_params()  # up to its very end
    keras = tf.keras.Model(keras.input, [keras.get_layer(one).output for one in layers])
    keras.set_weights(randomize(network))
    images = np.random.default_rng(2).uniform(-1, 1, [1, 64, 96, 3]).astype(np.float32)
    for ours, theirs in zip(network(images), keras(images), strict=True):
        size = theirs.numpy().max()
        assert theirs.numpy().std() > 0.01 * size
        np.testing.assert_allclose(ours, theirs, atol=1e-5 * size)


@pytest.mark.parametrize("kind", ["ssd300_resnet50_v1_keras", "ssd300_resnet50_v2_keras"])
def test_maps_are_activated(kind, extractor_of):
    # A predictor does not normalize its inputs, so a unit's bare sum would not do.
    for output in extractor_of(kind).classification_backbone.outputs:
        assert output._keras_history.layer.get_config()["activation"] == "relu"


def test_preprocessing_of_the_first_version(extractor_of):
    # red, green, blue become blue, green, red; means 103.939, 116.779, 123.68
    images = np.float32([[[[0, 0, 0], [255, 127, 104]]]])
    expected = [[[[-103.939, -116.779, -123.68], [0.061, 10.221, 131.32]]]]
    preprocessed = extractor_of("ssd300_resnet50_v1_keras").preprocess(images)
    np.testing.assert_allclose(preprocessed, expected, atol=1e-4)


def test_preprocessing_of_the_second_version(extractor_of):
    images = np.float32([[[[0, 127.5, 255]]]])
    preprocessed = extractor_of("ssd300_resnet50_v2_keras").preprocess(images)
    np.testing.assert_allclose(preprocessed, [[[[-1, 0, 1]]]])
