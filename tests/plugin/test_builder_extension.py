"""Models of the API's builder after `register()`."""

import logging
import types

import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.extractors.registry import EXTRACTORS
from odapi_ssd.plugin.building import build_model

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def _config(*overrides):
    return load_config(find_template("ssd_mobilenet_v2_quickstart"), overrides).model


def test_the_builder_knows_every_registered_extractor():
    from object_detection.builders import model_builder

    classes = model_builder.SSD_KERAS_FEATURE_EXTRACTOR_CLASS_MAP
    for name, extractor in EXTRACTORS.items():
        assert classes[name] is extractor.load_class()


def test_registering_again_changes_nothing():
    from object_detection.builders import model_builder

    import odapi_ssd

    build_ssd = model_builder.META_ARCH_BUILDER_MAP["ssd"]
    odapi_ssd.register()
    assert model_builder.META_ARCH_BUILDER_MAP["ssd"] is build_ssd


def test_extractors_of_the_api_stay():
    from odapi_ssd.plugin import builder_extension

    builder = types.SimpleNamespace(
        SSD_KERAS_FEATURE_EXTRACTOR_CLASS_MAP={"ssd_magic": object},
        META_ARCH_BUILDER_MAP={"ssd": None, "faster_rcnn": "as it was"},
    )
    builder_extension.extend(builder)
    assert set(builder.SSD_KERAS_FEATURE_EXTRACTOR_CLASS_MAP) == {"ssd_magic", *EXTRACTORS}
    assert builder.META_ARCH_BUILDER_MAP["faster_rcnn"] == "as it was"


@pytest.mark.parametrize("is_training", [True, False])
def test_an_ssd_gets_the_batched_loss(is_training):
    from odapi_ssd.plugin.ssd_meta_arch import SSDMetaArch

    assert type(build_model(_config(), is_training=is_training)) is SSDMetaArch


def test_an_ssd_with_a_loss_of_the_api_s_stays():
    from object_detection.meta_architectures import ssd_meta_arch

    loss = "model.ssd.loss.localization_loss={ weighted_l2 {} }"
    assert type(build_model(_config(loss))) is ssd_meta_arch.SSDMetaArch


def test_the_log_of_a_training_names_the_loss(caplog):
    with caplog.at_level(logging.INFO, logger="tensorflow"):
        build_model(_config())
        assert "loss" not in caplog.text
        build_model(_config(), is_training=True)
    assert "The loss is computed for the whole batch at once" in caplog.text
