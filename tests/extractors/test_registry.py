"""Names of feature extractors, and all that a new one needs."""

import subprocess
import sys

import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.extractors.registry import EXTRACTORS, ExtractorRegistry, RegisteredExtractor

VGG16 = RegisteredExtractor("ssd300_vgg16_keras", "vgg16", ".vgg16:SSD300VGG16")
VGG16_512 = RegisteredExtractor("ssd512_vgg16_keras", "vgg16", ".vgg16:SSD512VGG16")
RESNET = RegisteredExtractor("ssd300_resnet_keras", "resnet", "elsewhere.resnet:SSD300ResNet")


class TestRegistry:
    def test_an_empty_one(self):
        registry = ExtractorRegistry()
        assert list(registry) == []
        assert "ssd300_vgg16_keras" not in registry

    def test_by_type(self):
        registry = ExtractorRegistry([VGG16_512, VGG16, RESNET])
        assert registry["ssd300_vgg16_keras"] is VGG16
        assert list(registry) == [RESNET.type, VGG16.type, VGG16_512.type]

    def test_by_backbone(self):
        registry = ExtractorRegistry([VGG16_512, VGG16, RESNET])
        assert registry.types_of("vgg16") == [VGG16.type, VGG16_512.type]
        assert registry.types_of("resnet") == [RESNET.type]

    def test_a_type_twice(self):
        registry = ExtractorRegistry([VGG16])
        other = RegisteredExtractor(VGG16.type, "vgg", "mine:VGG")
        message = "'ssd300_vgg16_keras' is already registered, as .vgg16:SSD300VGG16"
        with pytest.raises(ValueError, match=message):
            registry.add(other)
        assert registry[VGG16.type] is VGG16

    def test_an_unknown_type(self):
        registry = ExtractorRegistry([VGG16, RESNET])
        message = "unknown feature extractor 'vgg'; known: ssd300_resnet_keras, ssd300_vgg16"
        with pytest.raises(KeyError, match=message):
            registry["vgg"]

    def test_an_unknown_backbone(self):
        registry = ExtractorRegistry([VGG16, VGG16_512, RESNET])
        with pytest.raises(KeyError, match="unknown backbone 'vgg'; known: resnet, vgg16"):
            registry.types_of("vgg")


def test_names_are_known_without_tensorflow():
    program = (
        "import sys; from odapi_ssd.extractors.registry import EXTRACTORS; print(len(EXTRACTORS)); "
        "print({'numpy', 'tensorflow', 'object_detection'} & set(sys.modules))"
    )
    completed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert completed.stdout.split() == [str(len(EXTRACTORS)), "set()"]


@pytest.mark.tf
@pytest.mark.parametrize("name", EXTRACTORS)
def test_a_type_names_the_input_and_the_backbone(name, api):
    extractor = EXTRACTORS[name]
    assert name == f"ssd{extractor.load_class().INPUT_SIDE}_{extractor.backbone}_keras"


@pytest.mark.tf
class TestAToyBackbone:
    """One file, one line in the registry, one config."""

    TYPE = "ssd64_toy_keras"

    @pytest.fixture
    def model_config(self, register_extractor, api, monkeypatch):
        """A config of the toy, which the API's builder knows as it would after `register()`."""
        from object_detection.builders import model_builder

        from odapi_ssd.plugin import builder_extension

        register_extractor(self.TYPE, "toy", "tests.support.toy_extractor:SSD64Toy")
        # What is set here is undone after the test, and with it what the extension makes of it.
        builders = model_builder.META_ARCH_BUILDER_MAP
        monkeypatch.setitem(builders, "ssd", builders["ssd"])
        classes = model_builder.SSD_KERAS_FEATURE_EXTRACTOR_CLASS_MAP
        monkeypatch.setitem(classes, self.TYPE, None)
        builder_extension.extend(model_builder)
        ssd = "model.ssd"
        anchors = f"{ssd}.anchor_generator.ssd_anchor_generator"
        return load_config(
            find_template("ssd_mobilenet_v1_voc"),
            [
                f"{ssd}.feature_extractor.type={self.TYPE}",
                f"{ssd}.image_resizer.fixed_shape_resizer={{height: 64 width: 96}}",
                f"{ssd}.anchor_generator={{}}",
                f"{anchors}={{num_layers: 2 min_scale: 0.2 max_scale: 0.9 aspect_ratios: 1}}",
            ],
        ).model

    def test_it_is_checked_without_being_built(self, model_config):
        from odapi_ssd.check.model import feature_extractor_types
        from odapi_ssd.plugin.feature_maps import feature_grids

        assert self.TYPE in feature_extractor_types("ssd")
        # 64 and 96 by strides of 4 and 2, then a 3×3 kernel that does not pad
        grids = feature_grids(model_config.ssd.feature_extractor, (64, 96))
        assert grids == [(8, 12), (6, 10)]

    def test_its_model_runs(self, model_config):
        import tensorflow as tf

        from odapi_ssd.plugin.building import build_model

        model = build_model(model_config, is_training=True)
        predictions = model.predict(*model.preprocess(tf.zeros([1, 64, 96, 3])))
        assert [one.shape for one in predictions["feature_maps"]] == [(1, 8, 12, 6), (1, 6, 10, 24)]
        # Three boxes in a cell of the first map, as by default; then a square and a larger one.
        assert predictions["box_encodings"].shape == (1, 3 * 8 * 12 + 2 * 6 * 10, 4)

    def test_its_checkpoint_is_known(self, model_config, tmp_path):
        import tensorflow as tf
        from object_detection.protos import pipeline_pb2

        from odapi_ssd.checkpoints.classification import network_hint, network_misfits
        from odapi_ssd.plugin.building import build_classification_network

        network = build_classification_network(model_config)
        prefix = tf.train.Checkpoint(feature_extractor=network).save(str(tmp_path / "toy"))
        config = pipeline_pb2.TrainEvalPipelineConfig(model=model_config)
        assert network_misfits(config, prefix) == []
        assert "--backbone toy" in network_hint(config)
