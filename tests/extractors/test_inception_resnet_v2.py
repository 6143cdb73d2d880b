"""SSD299 on Inception-ResNet-v2: Keras's network under names that do not change."""

import re

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

KIND = "ssd299_inception_resnet_v2_keras"


@pytest.fixture(scope="module")
def keras():
    """Keras's network up to our last map, and the four maps; the first two have names by number."""
    import tensorflow as tf

    make = tf.keras.applications.InceptionResNetV2
    network = make(include_top=False, weights=None, input_shape=(107, 139, 3))
    by_kind = {}
    for layer in network.layers:
        by_kind.setdefault(type(layer).__name__, []).append(layer)
    conv4a = by_kind["Activation"][4]
    pool5a = by_kind["MaxPooling2D"][1]
    assert conv4a.output_shape == (None, 23, 31, 192)
    last = [network.get_layer(name) for name in ("mixed_6a", "mixed_7a")]
    return tf.keras.Model(network.input, [layer.output for layer in (conv4a, pool5a, *last)])


def test_keras_weights_give_keras_maps(keras, extractor_of, randomize):
    extractor = extractor_of(KIND)
    network = extractor.classification_backbone
    assert network.count_params() == keras.count_params()
    keras.set_weights(randomize(network))
    images = np.random.default_rng(2).uniform(-1, 1, [1, 107, 139, 3]).astype(np.float32)
    maps = network(images)
    assert [tuple(one.shape[1:3]) for one in maps] == extractor.feature_grids((107, 139), 4)
    for ours, theirs in zip(maps, keras(images), strict=True):
        size = theirs.numpy().max()
        assert theirs.numpy().std() > 0.01 * size
        np.testing.assert_allclose(ours, theirs, atol=1e-5 * size)


def test_names_say_where_a_layer_is(extractor_of):
    network = extractor_of(KIND).classification_backbone
    shapes = {variable.name: tuple(variable.shape) for variable in network.variables}
    # The published network's kernels, in Keras's order of a block's branches.
    assert shapes["conv2d_1a/kernel:0"] == (3, 3, 3, 32)
    assert shapes["conv2d_3b/kernel:0"] == (1, 1, 64, 80)
    assert shapes["conv2d_4a/kernel:0"] == (3, 3, 80, 192)
    assert shapes["conv2d_4a_bn/moving_mean:0"] == (192,)
    assert shapes["mixed_5b_conv2d_3/kernel:0"] == (5, 5, 48, 64)
    assert shapes["block35_1_conv2d_1/kernel:0"] == (1, 1, 320, 32)
    assert shapes["block35_10_conv2d_6/kernel:0"] == (3, 3, 48, 64)
    assert shapes["block35_10_conv/kernel:0"] == (1, 1, 128, 320)
    assert shapes["mixed_6a_conv2d_4/kernel:0"] == (3, 3, 256, 384)
    assert shapes["block17_20_conv2d_3/kernel:0"] == (1, 7, 128, 160)
    assert shapes["block17_20_batch_normalization_4/beta:0"] == (192,)
    assert shapes["mixed_7a_conv2d_7/kernel:0"] == (3, 3, 288, 320)
    assert len(shapes) == len(network.variables)
    assert not any(re.match(r"(conv2d|batch_normalization)(_\d+)?/", name) for name in shapes)


def test_names_are_those_of_every_build(extractor_of, make_extractor):
    # Keras goes on counting: without names of ours this network would have others.
    first = extractor_of(KIND).classification_backbone
    second = make_extractor(KIND).classification_backbone
    assert [layer.name for layer in second.layers[1:]] == [layer.name for layer in first.layers[1:]]


def test_preprocessing(extractor_of):
    images = np.float32([[[[0, 127.5, 255]]]])
    np.testing.assert_allclose(extractor_of(KIND).preprocess(images), [[[[-1, 0, 1]]]])
