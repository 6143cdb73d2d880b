"""Keras's networks into the API's own restoring, and what is refused."""

import h5py
import numpy as np
import pytest

from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.weights.sources.keras import NETWORKS, decimate_fc6, decimate_fc7

pytestmark = pytest.mark.tf


def _random_network(application, **options):
    """A network of Keras with random weights, also where Keras starts with zeros and ones."""
    import tensorflow as tf

    network = getattr(tf.keras.applications, application)(weights=None, **options)
    generator = np.random.default_rng(5)
    for variable in network.weights:
        own_name = variable.name.rpartition("/")[2]
        if own_name.startswith(("gamma", "moving_variance")):
            variable.assign(generator.uniform(0.5, 1.5, variable.shape))
        elif own_name.startswith(("beta", "moving_mean", "bias")):
            variable.assign(generator.normal(0, 0.1, variable.shape))
    return network


def _maps_of_both(model, network, preprocess, map_idx, layer, side=224):
    """A feature map of the model and the output of Keras's layer, for the same random image."""
    import tensorflow as tf

    image = np.random.default_rng(1).uniform(0, 255, (1, side, side, 3)).astype(np.float32)
    extractor = model.feature_extractor
    # A training in the same process leaves Keras's learning phase on, so it is given here.
    maps = extractor.classification_backbone(extractor.preprocess(image), training=False)
    original = tf.keras.Model(network.inputs, network.get_layer(layer).output)
    # Some of Keras's functions change their argument.
    expected = original(preprocess(image), training=False)
    return maps[map_idx].numpy(), expected.numpy()


def _assert_close(actual, expected):
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def _model_of(template):
    from object_detection.builders import model_builder

    return model_builder.build(load_config(find_template(template)).model, is_training=True)


@pytest.mark.slow
class TestVGG16:
    @pytest.fixture(scope="class")
    def network(self, api):
        return _random_network("VGG16")

    @pytest.fixture(scope="class")
    def weights(self, network, tmp_path_factory):
        path = tmp_path_factory.mktemp("vgg16") / "weights.h5"
        network.save_weights(path)
        return path

    @pytest.mark.parametrize("template", ["ssd_vgg_voc", "ssd_vgg512_voc"])
    def test_into_the_api(self, network, weights, template, import_into, restore_as_api):
        import tensorflow as tf

        imported = import_into("keras", weights, backbone="vgg16")
        assert ("fc1", "conv6", "3x3x512x1024, 1024") in imported.rows
        assert imported.unused == ["2 arrays: predictions/kernel:0, predictions/bias:0"]
        assert imported.config_path is None
        model = restore_as_api(_model_of(template), imported.checkpoint, "classification")
        preprocess = tf.keras.applications.vgg16.preprocess_input
        _assert_close(*_maps_of_both(model, network, preprocess, 0, "block4_conv3"))
        backbone = model.feature_extractor.classification_backbone
        fc6, fc7 = network.get_layer("fc1"), network.get_layer("fc2")
        conv6, conv7 = backbone.get_layer("conv6"), backbone.get_layer("conv7")
        np.testing.assert_array_equal(conv6.kernel, decimate_fc6(fc6.kernel.numpy()))
        np.testing.assert_array_equal(conv6.bias, fc6.bias.numpy()[::4])
        np.testing.assert_array_equal(conv7.kernel, decimate_fc7(fc7.kernel.numpy()))
        np.testing.assert_array_equal(conv7.bias, fc7.bias.numpy()[::4])

    def test_a_network_with_batch_normalization_is_refused(self, weights, refused, tmp_path):
        override = "model.ssd.feature_extractor.conv_hyperparams.batch_norm={}"
        save_config(load_config(find_template("ssd_vgg_voc"), [override]), tmp_path / "bn.config")
        error = refused(
            "keras", weights, backbone="vgg16", pipeline_config_path=str(tmp_path / "bn.config")
        )
        assert "has batch normalization, which no published" in error.problem


# Name, template, the Keras module that preprocesses its images, a feature map and its Keras layer.
_UNCHANGED = [
    ("mobilenet_v1", "ssd_mobilenet_v1_voc", "mobilenet", 1, "conv_pw_11_relu"),
    ("mobilenet_v2", "ssd_mobilenet_v2_voc", "mobilenet_v2", 1, "block_13_expand_relu"),
    ("mobilenet_v2", "ssd_mobilenet_v2_zoo_voc", "mobilenet_v2", 1, "out_relu"),
    ("resnet50_v1", "ssd_resnet50_v1_voc", "resnet", 2, "conv5_block3_out"),
    ("resnet50_v2", "ssd_resnet50_v2_voc", "resnet_v2", 2, "post_relu"),
    ("inception_resnet_v2", "ssd_inception_resnet_v2_voc", "inception_resnet_v2", 3, "mixed_7a"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "template", "module", "map_idx", "layer"), _UNCHANGED)
def test_other_networks_into_the_api(
    name, template, module, map_idx, layer, api, tmp_path, import_into, restore_as_api
):
    import tensorflow as tf

    side = 299 if "inception" in name else 224
    network = _random_network(
        NETWORKS[name].application, include_top=False, input_shape=(side, side, 3)
    )
    network.save_weights(tmp_path / "weights.h5")
    # The zoo's template has an extractor of the API's own.
    config_path = str(find_template(template)) if "zoo" in template else None
    imported = import_into(
        "keras", tmp_path / "weights.h5", backbone=name, pipeline_config_path=config_path
    )
    model = restore_as_api(_model_of(template), imported.checkpoint, "classification")
    preprocess = getattr(tf.keras.applications, module).preprocess_input
    _assert_close(*_maps_of_both(model, network, preprocess, map_idx, layer, side))


def test_a_network_without_weights_of_keras(refused):
    error = refused("keras", None, backbone="inception_v4")
    assert error.problem.startswith("--backbone is 'inception_v4', which Keras has no weights for")


def test_a_config_with_another_network(refused, tmp_path):
    error = refused(
        "keras", tmp_path / "w.h5", backbone="mobilenet_v1",
        pipeline_config_path=str(find_template("ssd_mobilenet_v2_voc")),
    )  # fmt: skip
    assert "ssd300_mobilenet_v2_keras" in error.problem
    assert "ssd300_mobilenet_v1_keras" in error.problem


def test_a_network_of_another_width(refused, tmp_path, api):
    import tensorflow as tf

    path = tmp_path / "w.h5"
    tf.keras.applications.MobileNet(
        input_shape=(224, 224, 3), alpha=0.5, include_top=False, weights=None
    ).save_weights(path)
    error = refused("keras", path, backbone="mobilenet_v1")
    assert error.problem == (
        f"{path} does not fit Keras's MobileNet: 115 arrays have other shapes."
    )
    assert "--pipeline_config_path whose" in error.hint
    assert "depth_multiplier is that width" in error.hint


def test_a_file_with_too_few_layers(refused, tmp_path):
    kernel = np.zeros((3, 3, 3, 16), np.float32)
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = [b"conv1"]
        file["conv1/conv1/kernel:0"] = kernel
        file["conv1"].attrs["weight_names"] = [b"conv1/kernel:0"]
    error = refused("keras", tmp_path / "w.h5", backbone="mobilenet_v1")
    assert "it lacks 45 of the 46 layers that are needed" in error.problem
