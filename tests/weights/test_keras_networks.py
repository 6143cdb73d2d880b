"""Keras's networks: VGG-16's decimation, the others as they are, into the API's own restoring."""

import numpy as np
import pytest

from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.errors import OdapiError
from odapi_ssd.extractors.registry import EXTRACTORS
from odapi_ssd.weights.keras_networks import NETWORKS, decimate_fc6, decimate_fc7


def test_names_are_those_of_the_registry():
    assert set(NETWORKS) <= {extractor.backbone for extractor in EXTRACTORS.values()}


class TestDecimation:
    def test_fc6_by_slices_and_by_hand(self):
        # [row, unit] holds 4096·row + unit; row (y·7 + x)·512 + c is channel c's tap (y, x).
        kernel = np.arange(7 * 7 * 512 * 4096, dtype=np.int32).reshape(7 * 7 * 512, 4096)
        conv6 = decimate_fc6(kernel)
        assert conv6.shape == (3, 3, 512, 1024)
        assert conv6[0, 0, 0, 1] == 4
        assert conv6[0, 1, 0, 0] == 3 * 512 * 4096
        assert conv6[2, 1, 5, 7] == ((6 * 7 + 3) * 512 + 5) * 4096 + 28
        rows = kernel.reshape(7, 7, 512, 4096)
        taps = (0, 3, 6)
        for y in range(3):
            for x in range(3):
                expected = rows[taps[y], taps[x]][:, range(0, 4096, 4)]
                np.testing.assert_array_equal(conv6[y, x], expected)

    def test_fc7_by_slices_and_by_hand(self):
        kernel = np.arange(4096 * 4096, dtype=np.int32).reshape(4096, 4096)
        conv7 = decimate_fc7(kernel)
        assert conv7.shape == (1, 1, 1024, 1024)
        assert conv7[0, 0, 1, 2] == 4 * 4096 + 8
        np.testing.assert_array_equal(conv7[0, 0], kernel[::4][:, ::4])


def _random_network(application, **options):
    """A network of Keras with random weights, also where Keras begins with zeros and ones."""
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
    """A map of the model, and the output of one of Keras's layers, for the same random image."""
    import tensorflow as tf

    image = np.random.default_rng(1).uniform(0, 255, (1, side, side, 3)).astype(np.float32)
    extractor = model.feature_extractor
    maps = extractor.classification_backbone(extractor.preprocess(image))
    # Keras's functions change the image that they are given.
    expected = tf.keras.Model(network.inputs, network.get_layer(layer).output)(preprocess(image))
    return maps[map_idx].numpy(), expected.numpy()


def _assert_close(actual, expected):
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def _model_of(template):
    from object_detection.builders import model_builder

    return model_builder.build(load_config(find_template(template)).model, is_training=True)


@pytest.mark.tf
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
        assert imported.left == ["2 arrays: predictions/kernel:0, predictions/bias:0"]
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

    def test_a_network_with_batch_normalization_is_refused(self, weights, import_into, tmp_path):
        override = "model.ssd.feature_extractor.conv_hyperparams.batch_norm={}"
        save_config(load_config(find_template("ssd_vgg_voc"), [override]), tmp_path / "bn.config")
        with pytest.raises(OdapiError, match="has batch normalization, which no published"):
            import_into(
                "keras", weights, backbone="vgg16",
                pipeline_config_path=str(tmp_path / "bn.config"),
            )  # fmt: skip
        assert not (tmp_path / "imported").exists()


# The Keras module that prepares its images, and one of the layers that are taken from it.
_AS_THEY_ARE = [
    ("mobilenet_v1", "ssd_mobilenet_v1_voc", "mobilenet", 1, "conv_pw_11_relu"),
    ("mobilenet_v2", "ssd_mobilenet_v2_voc", "mobilenet_v2", 1, "block_13_expand_relu"),
    ("mobilenet_v2", "ssd_mobilenet_v2_zoo_voc", "mobilenet_v2", 1, "out_relu"),
    ("resnet50_v1", "ssd_resnet50_v1_voc", "resnet", 2, "conv5_block3_out"),
    ("resnet50_v2", "ssd_resnet50_v2_voc", "resnet_v2", 2, "post_relu"),
    ("inception_resnet_v2", "ssd_inception_resnet_v2_voc", "inception_resnet_v2", 3, "mixed_7a"),
]


@pytest.mark.tf
@pytest.mark.slow
@pytest.mark.parametrize(("name", "template", "module", "map_idx", "layer"), _AS_THEY_ARE)
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
