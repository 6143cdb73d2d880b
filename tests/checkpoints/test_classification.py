"""A classification checkpoint against the network of a config: as TensorFlow restores it."""

import pytest

from odapi_ssd.checkpoints.classification import network_hint, network_misfits
from odapi_ssd.config.files import load_config, parse_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.errors import OdapiError
from odapi_ssd.plugin.building import build_classification_network

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_WIDTH = "model.ssd.feature_extractor.depth_multiplier"


def _template(name, *overrides):
    return load_config(find_template(name), overrides)


def _save(network, folder):
    import tensorflow as tf

    return tf.train.Checkpoint(feature_extractor=network).save(str(folder / "ckpt"))


def _restore_as_api(config, prefix):
    """Into the config's network, as `model_lib_v2.load_fine_tune_checkpoint` does."""
    import tensorflow as tf

    network = build_classification_network(config.model)
    status = tf.train.Checkpoint(feature_extractor=network).restore(prefix)
    status.expect_partial().assert_existing_objects_matched()


@pytest.fixture(scope="module")
def narrow(api, tmp_path_factory):
    """A checkpoint of MobileNet-v2 of width 0.25."""
    config = _template("ssd_mobilenet_v2_voc", f"{_WIDTH}=0.25")
    network = build_classification_network(config.model)
    return _save(network, tmp_path_factory.mktemp("narrow"))


def test_the_same_network_fits(narrow):
    config = _template("ssd_mobilenet_v2_voc", f"{_WIDTH}=0.25")
    assert network_misfits(config, narrow) == []
    _restore_as_api(config, narrow)


def test_another_width(narrow):
    config = _template("ssd_mobilenet_v2_voc")
    misfits = network_misfits(config, narrow)
    # The first convolution has 32 filters at width 1, and a multiple of 8 at others.
    kernel = "Conv1/kernel: [3, 3, 3, 8] in the checkpoint, [3, 3, 3, 32] in the config's"
    assert misfits[0] == kernel
    # Of a convolution and its normalization 5: one, two in the first block, three in each of the 12
    # up to the last map, which is within the next one.
    assert len(misfits) == 5 * (1 + 2 + 12 * 3 + 1)
    with pytest.raises(ValueError, match="shape"):
        _restore_as_api(config, narrow)


def test_another_network(narrow):
    misfits = network_misfits(_template("ssd_vgg_voc"), narrow)
    assert "block1_conv1/bias: not in the checkpoint, [64] in the config's network" in misfits
    assert len(misfits) == 2 * (1 + 15)


def test_batch_normalization_that_the_checkpoint_lacks(tmp_path):
    """Published VGG-16 weights into the network that is trained from random ones."""
    plain = build_classification_network(_template("ssd_vgg_voc").model)
    prefix = _save(plain, tmp_path)
    config = _template("ssd_vgg_bccd")
    misfits = network_misfits(config, prefix)
    assert any("gamma: not in the checkpoint, [64] in" in line for line in misfits)

    with pytest.raises((AssertionError, ValueError)):
        _restore_as_api(config, prefix)


def test_a_network_of_which_a_part_is_taken(narrow):
    """What is in the checkpoint beyond the last map is left there."""
    shorter = _template(
        "ssd_mobilenet_v2_voc", f"{_WIDTH}=0.25", "model.ssd.feature_extractor.num_layers=1"
    )
    assert network_misfits(shorter, narrow) == []
    _restore_as_api(shorter, narrow)


@pytest.mark.parametrize("name", ["ssd_mobilenet_v2_quickstart", "faster_rcnn_resnet50_voc"])
def test_the_api_s_own_feature_extractors_are_not_looked_at(narrow, name):
    assert network_misfits(_template(name), narrow) == []


def test_a_network_that_cannot_be_built(narrow):
    config = _template("ssd_mobilenet_v2_voc", f"{_WIDTH}=-1")
    with pytest.raises(OdapiError, match=r"cannot be built: .*must be above 0, not -1"):
        network_misfits(config, narrow)


def test_the_hint_names_the_backbone():
    text = "model { ssd { feature_extractor { type: 'ssd512_vgg16_keras' } } }"
    assert "--from keras --backbone vgg16 --pipeline_config_path" in network_hint(
        parse_config(text)
    )
