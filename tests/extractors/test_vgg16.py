"""SSD300 and SSD512 on VGG-16: parameters, predictions and layers of the paper's model."""

import numpy as np
import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.plugin.building import build_model

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def convolution(kernel, depth_in, depth_out):
    return kernel * kernel * depth_in * depth_out + depth_out


NETWORK = [
    convolution(3, 3, 64),
    convolution(3, 64, 64),
    convolution(3, 64, 128),
    convolution(3, 128, 128),
    convolution(3, 128, 256),
    convolution(3, 256, 256),
    convolution(3, 256, 256),
    convolution(3, 256, 512),
    *[convolution(3, 512, 512)] * 5,
    convolution(3, 512, 1024),  # conv6
    convolution(1, 1024, 1024),  # conv7
]
CONV4_3_SCALES = 512
ADDED_300 = [
    *(convolution(1, 1024, 256), convolution(3, 256, 512)),
    *(convolution(1, 512, 128), convolution(3, 128, 256)),
    *(convolution(1, 256, 128), convolution(3, 128, 256)),
    *(convolution(1, 256, 128), convolution(3, 128, 256)),
]
ADDED_512 = [*ADDED_300, convolution(1, 256, 128), convolution(4, 128, 256)]
# Of 3×3 kernels: 4 numbers for the box and 21 classes, background included, for each anchor.
PREDICTORS_300 = [
    convolution(3, depth, boxes * (4 + 21))
    for depth, boxes in ((512, 4), (1024, 6), (512, 6), (256, 6), (256, 4), (256, 4))
]
PREDICTORS_512 = [
    convolution(3, depth, boxes * (4 + 21))
    for depth, boxes in ((512, 4), (1024, 6), (512, 6), (256, 6), (256, 6), (256, 4), (256, 4))
]


def model_and_predictions(template):
    """The model of a template, and its predictions for one image."""
    import tensorflow as tf

    config = load_config(find_template(template))
    model = build_model(config.model, is_training=True)
    side = config.model.ssd.image_resizer.fixed_shape_resizer.height
    images, shapes = model.preprocess(tf.zeros([1, side, side, 3]))
    return model, model.predict(images, shapes)


def count(variables):
    return sum(int(np.prod(variable.shape)) for variable in variables)


@pytest.mark.parametrize(
    ("template", "layers", "expected", "num_anchors"),
    [
        ("ssd_vgg_voc", [*NETWORK, *ADDED_300, *PREDICTORS_300], 26_285_486, 8732),
        ("ssd_vgg512_voc", [*NETWORK, *ADDED_512, *PREDICTORS_512], 27_188_676, 24564),
    ],
)
def test_parameters_and_predictions(template, layers, expected, num_anchors):
    assert sum(layers) + CONV4_3_SCALES == expected
    model, predictions = model_and_predictions(template)
    assert count(model.trainable_variables) == expected
    # What is not trained is the adjustment of each color to the weights' preprocessing.
    assert count(model.variables) == expected + 2 * 3
    assert predictions["box_encodings"].shape == (1, num_anchors, 4)
    assert predictions["class_predictions_with_background"].shape == (1, num_anchors, 21)
    assert predictions["anchors"].shape == (num_anchors, 4)


def test_preprocessing(extractor_of):
    # red, green, blue; means 123, 117, 104
    images = np.float32([[[[0, 0, 0], [255, 127, 104]]]])
    expected = [[[[-123, -117, -104], [132, 10, 0]]]]
    np.testing.assert_array_equal(extractor_of("ssd300_vgg16_keras").preprocess(images), expected)


def test_poolings_round_up(extractor_of):
    network = extractor_of("ssd300_vgg16_keras").classification_backbone
    assert network.get_layer("block3_pool").compute_output_shape((1, 75, 75, 256))[1:3] == (38, 38)
    cells = np.arange(9, dtype=np.float32).reshape(1, 3, 3, 1)
    pooled = network.get_layer("block3_pool")(cells)
    np.testing.assert_array_equal(np.squeeze(pooled), [[4, 5], [7, 8]])
    pooled = network.get_layer("block5_pool")(cells)  # 3×3, stride 1
    np.testing.assert_array_equal(np.squeeze(pooled), [[4, 5, 5], [7, 8, 8], [7, 8, 8]])


def test_conv6_is_dilated(extractor_of):
    import tensorflow as tf

    conv6 = extractor_of("ssd300_vgg16_keras").classification_backbone.get_layer("conv6")
    assert conv6.kernel.shape == (3, 3, 512, 1024)
    # Of one cell, what a kernel of nothing but ones makes of it: itself six cells further off.
    cells = np.zeros([1, 19, 19, 512], np.float32)
    cells[0, 9, 8, 0] = 1
    again = type(conv6).from_config({**conv6.get_config(), "kernel_initializer": "ones"})
    rows, columns = np.nonzero(tf.reduce_sum(again(cells)[0], axis=-1).numpy())
    assert set(rows) == {3, 9, 15}
    assert set(columns) == {2, 8, 14}
    assert len(rows) == 9


def test_conv4_3_is_normalized_for_the_detector_only(make_extractor):
    # With the other maps made from it, conv7 must not see the normalized one.
    extractor = make_extractor("ssd300_vgg16_keras", num_layers=2)
    images = np.random.default_rng(2).normal(size=[1, 48, 64, 3]).astype(np.float32) * 60
    conv4_3, conv7 = extractor(images)
    raw_conv4_3, raw_conv7 = extractor.classification_backbone(images)
    np.testing.assert_array_equal(conv7, raw_conv7)
    np.testing.assert_allclose(np.linalg.norm(conv4_3, axis=-1), np.full([1, 6, 8], 20), rtol=1e-4)
    lengths = np.linalg.norm(raw_conv4_3, axis=-1, keepdims=True)
    np.testing.assert_allclose(conv4_3, 20 * raw_conv4_3 / lengths, rtol=1e-3, atol=1e-5)


def test_keras_weights_give_keras_features(extractor_of, randomize):
    import tensorflow as tf

    keras = tf.keras.applications.VGG16(include_top=False, weights=None, input_shape=(32, 48, 3))
    keras = tf.keras.Model(keras.input, keras.get_layer("block5_conv3").output)
    network = extractor_of("ssd300_vgg16_keras").classification_backbone
    ours = tf.keras.Model(
        network.input,
        [network.get_layer("block4_conv3").output, network.get_layer("block5_conv3").output],
    )
    offset, factor, *weights = randomize(ours)
    keras.set_weights(weights)
    images = np.random.default_rng(3).uniform(-100, 100, [1, 32, 48, 3]).astype(np.float32)
    expected = keras(np.float32((images + offset) * factor)).numpy()
    conv4_3, conv5_3 = ours(images)
    assert conv4_3.shape == (1, 4, 6, 512)
    np.testing.assert_allclose(conv5_3, expected, atol=1e-5 * expected.max())


def test_with_batch_norm(make_extractor):
    hyperparams = "batch_norm { scale: true } activation: RELU"
    extractor = make_extractor(
        "ssd300_vgg16_keras",
        hyperparams,
        num_layers=3,
        override_base_feature_extractor_hyperparams=True,
    )
    names = [variable.name for variable in extractor.classification_backbone.variables]
    assert sum("_bn/moving_mean" in name for name in names) == 15
    assert not any("bias" in name for name in names)
    images = np.random.default_rng(4).normal(size=[2, 32, 32, 3]).astype(np.float32) * 60
    conv4_3, conv7, _ = extractor(images, training=True)
    assert conv4_3.shape == (2, 4, 4, 512)
    # In training, half of what normal features are is above 0, where the activation leaves it.
    assert 0.3 < np.mean(conv7.numpy() > 0) < 0.7
    assert conv4_3.numpy().min() == 0
