"""SSD299 on Inception-v4: the paper's figures, counted; slim's network, which the API brings."""

import importlib

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

KIND = "ssd299_inception_v4_keras"

# Height, width, depth before and depth of every convolution: figure 3,
STEM = [
    *((3, 3, 3, 32), (3, 3, 32, 32), (3, 3, 32, 64)),
    (3, 3, 64, 96),
    *((1, 1, 160, 64), (3, 3, 64, 96)),
    *((1, 1, 160, 64), (7, 1, 64, 64), (1, 7, 64, 64), (3, 3, 64, 96)),
    (3, 3, 192, 192),
]
# figure 4,
BLOCK_A = [
    (1, 1, 384, 96),
    (1, 1, 384, 96),
    *((1, 1, 384, 64), (3, 3, 64, 96)),
    *((1, 1, 384, 64), (3, 3, 64, 96), (3, 3, 96, 96)),
]
# figure 7 with table 1's k, l, m, n of 192, 224, 256, 384,
REDUCTION_A = [(3, 3, 384, 384), (1, 1, 384, 192), (3, 3, 192, 224), (3, 3, 224, 256)]
# figure 5,
BLOCK_B = [
    (1, 1, 1024, 128),
    (1, 1, 1024, 384),
    *((1, 1, 1024, 192), (1, 7, 192, 224), (7, 1, 224, 256)),
    *((1, 1, 1024, 192), (1, 7, 192, 192), (7, 1, 192, 224), (1, 7, 224, 224), (7, 1, 224, 256)),
]
# figure 8
REDUCTION_B = [
    *((1, 1, 1024, 192), (3, 3, 192, 192)),
    *((1, 1, 1024, 256), (1, 7, 256, 256), (7, 1, 256, 320), (3, 3, 320, 320)),
]
# and figure 6.
BLOCK_C = [
    (1, 1, 1536, 256),
    (1, 1, 1536, 256),
    *((1, 1, 1536, 384), (1, 3, 384, 256), (3, 1, 384, 256)),
    *((1, 1, 1536, 384), (1, 3, 384, 448), (3, 1, 448, 512)),
    *((3, 1, 512, 256), (1, 3, 512, 256)),
]
PAPER = [*STEM, *BLOCK_A * 4, *REDUCTION_A, *BLOCK_B * 7, *REDUCTION_B, *BLOCK_C * 3]


def test_convolutions_are_those_of_the_paper(extractor_of):
    network = extractor_of(KIND).classification_backbone
    # A kernel's two sides trade places between the figures and the published weights.
    kernels = [
        (*sorted(one.shape[:2]), *one.shape[2:])
        for one in network.variables
        if "kernel" in one.name
    ]
    assert sorted(kernels) == sorted((*sorted(one[:2]), *one[2:]) for one in PAPER)
    weights = sum(height * width * before * depth for height, width, before, depth in PAPER)
    # Batch normalization without a scale: an offset, a mean and a variance for each channel.
    channels = sum(depth for *_, depth in PAPER)
    assert network.count_params() == weights + 3 * channels == 41_174_400


def test_batch_norm_is_slims(extractor_of):
    network = extractor_of(KIND).classification_backbone
    layer = network.get_layer("Mixed_6b/Branch_2/Conv2d_0c_1x7/BatchNorm")
    assert (layer.momentum, layer.epsilon, layer.scale) == (0.9997, 0.001, False)


@pytest.fixture
def slim_network(monkeypatch):
    """slim's `nets.inception_v4`; it and its library were written for TensorFlow 1."""
    import object_detection
    import tensorflow as tf
    from tensorflow.python.framework import ops

    monkeypatch.syspath_prepend(object_detection.__path__[0])
    monkeypatch.setattr(ops, "Tensor", tf.Tensor, raising=False)
    return importlib.import_module("nets.inception_v4")


def test_slims_weights_give_slims_maps(slim_network, extractor_of, randomize):
    import tensorflow as tf
    import tf_slim

    network = extractor_of(KIND).classification_backbone
    values = {
        f"InceptionV4/{variable.name.replace('kernel', 'weights')}": value
        for variable, value in zip(network.variables, randomize(network), strict=True)
    }
    images = np.random.default_rng(2).uniform(-1, 1, [1, 107, 139, 3]).astype(np.float32)
    scope = slim_network.inception_utils.inception_arg_scope(batch_norm_updates_collections=None)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        with tf_slim.arg_scope(scope), tf_slim.arg_scope([tf_slim.batch_norm], is_training=False):
            _, maps = slim_network.inception_v4_base(tf.constant(images))
        theirs = {one.name: one for one in tf.compat.v1.global_variables()}
        assert set(theirs) == set(values)
        session.run(
            [one.initializer for one in theirs.values()],
            {one.initializer.inputs[1]: values[name] for name, one in theirs.items()},
        )
        names = ("Mixed_6d", "Mixed_6h", "Mixed_7b", "Mixed_7d")
        expected = session.run([maps[name] for name in names])

    # A training in the same process leaves Keras's learning phase on, so it is given here.
    for ours, theirs in zip(network(images, training=False), expected, strict=True):
        assert theirs.std() > 0.1
        np.testing.assert_allclose(ours, theirs, atol=1e-5 * theirs.max())


def test_preprocessing(extractor_of):
    images = np.float32([[[[0, 127.5, 255]]]])
    np.testing.assert_allclose(extractor_of(KIND).preprocess(images), [[[[-1, 0, 1]]]])
