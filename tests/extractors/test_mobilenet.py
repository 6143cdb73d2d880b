"""SSD300 on MobileNets: Keras's networks, rounding up, in several widths."""

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

KINDS = {
    # Keras's function, the layers whose outputs are the maps, their strides
    "ssd300_mobilenet_v1_keras": ("MobileNet", ("conv_pw_5_relu", "conv_pw_11_relu")),
    "ssd300_mobilenet_v2_keras": ("MobileNetV2", ("block_6_expand_relu", "block_13_expand_relu")),
}
EACH = pytest.mark.parametrize("kind", KINDS)


def keras_network(kind):
    import tensorflow as tf

    name, layers = KINDS[kind]
    make = getattr(tf.keras.applications, name)
    network = make(include_top=False, weights=None, input_shape=(64, 96, 3))
    return tf.keras.Model(network.input, [network.get_layer(name).output for name in layers])


@EACH
def test_keras_weights_give_keras_maps(kind, make_extractor, randomize):
    extractor = make_extractor(kind, num_layers=2)
    keras = keras_network(kind)
    keras.set_weights(randomize(extractor.classification_backbone))
    images = np.random.default_rng(2).uniform(-1, 1, [2, 64, 96, 3]).astype(np.float32)
    for ours, theirs in zip(extractor(images), keras(images), strict=True):
        assert theirs.numpy().std() > 0.01
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@EACH
def test_the_network_is_cut_after_its_last_map(kind, extractor_of):
    network = extractor_of(kind).classification_backbone
    assert network.count_params() == keras_network(kind).count_params()


def test_parameters_of_the_first_version(extractor_of):
    # The paper's table 1 up to the last layer of stride 16: a depthwise 3×3 and a pointwise
    # convolution for each pair of depths, every one with batch normalization's 4 numbers a channel.
    pairs = [(32, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512)]
    pairs += [(512, 512)] * 5
    expected = 3 * 3 * 3 * 32 + 4 * 32
    for depth_in, depth_out in pairs:
        expected += 3 * 3 * depth_in + 4 * depth_in + depth_in * depth_out + 4 * depth_out
    network = extractor_of("ssd300_mobilenet_v1_keras").classification_backbone
    assert network.count_params() == expected == 1_627_840


@EACH
def test_odd_sides_round_up(kind, make_extractor):
    # 75, 38, 19, 10, 5, where Keras's own padding would lead to 37, 18, 9, 4
    maps = make_extractor(kind, num_layers=2)(np.zeros([1, 75, 64, 3]))
    assert [tuple(one.shape[1:3]) for one in maps] == [(10, 8), (5, 4)]


@pytest.mark.parametrize(
    ("kind", "width", "expected"),
    [
        # 256 and 512, and the added 512, 256, 256, 256, are halved; or have at least 16 channels
        ("ssd300_mobilenet_v1_keras", 0.5, [128, 256, 256, 128, 128, 128]),
        ("ssd300_mobilenet_v1_keras", 0.03125, [8, 16, 16, 16, 16, 16]),
        # six times 32 and 96 channels; six times 48 and 136, which Keras rounds to multiples of 8
        ("ssd300_mobilenet_v2_keras", 1.0, [192, 576, 512, 256, 256, 256]),
        ("ssd300_mobilenet_v2_keras", 1.4, [288, 816, 716, 358, 358, 358]),
    ],
)
def test_widths(kind, width, expected, make_extractor):
    extractor = make_extractor(kind, depth_multiplier=width)
    depths = [output.shape[-1] for output in extractor.classification_backbone.outputs]
    for added in extractor.added_maps:
        depths.append(added.compute_output_shape((None, 9, 9, depths[-1]))[-1])
    assert depths == expected


@EACH
def test_preprocessing(kind, extractor_of):
    images = np.float32([[[[0, 127.5, 255]]]])
    np.testing.assert_allclose(extractor_of(kind).preprocess(images), [[[[-1, 0, 1]]]])
