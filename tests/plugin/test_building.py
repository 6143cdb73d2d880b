"""Models from configs; one message for those that cannot be built."""

import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.errors import OdapiError
from odapi_ssd.plugin.building import build_classification_network, build_model

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_EXTRACTOR = "model.ssd.feature_extractor"


def _model_config(*overrides):
    return load_config(find_template("ssd_mobilenet_v2_voc"), overrides).model


class TestBuildModel:
    @pytest.mark.parametrize("is_training", [True, False])
    def test_a_template(self, is_training):
        model = build_model(_model_config(), is_training=is_training)
        assert model._is_training is is_training
        assert type(model._feature_extractor).__name__ == "SSD300MobileNetV2"

    def test_the_config_is_not_changed(self):
        config = _model_config()
        build_model(config)
        assert config == _model_config()

    @pytest.mark.parametrize(
        ("override", "reason"),
        [
            (f"{_EXTRACTOR}.depth_multiplier=-1", "depth_multiplier must be above 0, not -1"),
            (f"{_EXTRACTOR}.type=ssd_magic", "ssd_magic"),
            ("model.ssd.anchor_generator={}", "Empty anchor generator"),
        ],
    )
    def test_a_config_that_cannot_be_built(self, override, reason):
        with pytest.raises(OdapiError) as caught:
            build_model(_model_config(override), source="my.config")
        assert caught.value.problem.startswith("The model of my.config cannot be built: ")
        assert reason in caught.value.problem
        assert "\n" not in caught.value.problem
        assert "odapi-ssd check" in caught.value.hint

    def test_without_a_source(self):
        with pytest.raises(OdapiError, match="The model of the config cannot be built"):
            build_model(_model_config(f"{_EXTRACTOR}.type=ssd_magic"))


class TestBuildClassificationNetwork:
    def test_it_has_its_variables(self):
        network = build_classification_network(_model_config())
        assert network.get_layer("Conv1").kernel.shape == (3, 3, 3, 32)

    def test_added_maps_without_channels(self):
        """The API's builder takes the config: the layers are made later."""
        config = _model_config(f"{_EXTRACTOR}.depth_multiplier=0.001", f"{_EXTRACTOR}.min_depth=0")
        with pytest.raises(OdapiError, match=r"The model of my\.config cannot be built: "):
            build_classification_network(config, source="my.config")
