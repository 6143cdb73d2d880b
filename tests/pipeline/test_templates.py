"""The templates: complete, consistent, and built by the API as their headers say."""

import re

import pytest

from odapi_ssd.pipeline.checks.feature_maps import feature_grids, input_size
from odapi_ssd.pipeline.config import load_config
from odapi_ssd.resources import template_dir

MODELS = {
    "ssd_mobilenet_v2_zoo_voc": ((300, 300), 1917),
    "efficientdet_d0_voc": ((512, 512), 49104),
}


def _load(name, *assignments):
    return load_config(template_dir() / f"{name}.config", assignments)


def _feature_grids_of_network(config, image_hw):
    """Builds the model and runs it once; feature maps' sizes and the number of anchors."""
    import odapi_ssd

    odapi_ssd.register()
    import tensorflow as tf
    from object_detection.builders import model_builder

    model = model_builder.build(config.model, is_training=False)
    predictions = model.predict(*model.preprocess(tf.zeros([1, *image_hw, 3])))
    grids = [tuple(feature_map.shape[1:3]) for feature_map in predictions["feature_maps"]]
    return grids, model.anchors.num_boxes_static()


@pytest.mark.parametrize("name", MODELS)
class TestTemplate:
    def test_the_header_says_how_to_train_it(self, name):
        text = (template_dir() / f"{name}.config").read_text()
        header = text[: text.index("\nmodel {")]
        assert f"scripts/train.sh pipelines/{name}.config" in header
        assert re.search(r"^# (Data|Cost|Score|Anchors): ", header, re.M)

    def test_paths_are_those_of_the_contract(self, name):
        config = _load(name)
        readers = {"train": config.train_input_reader, "val": config.eval_input_reader[0]}
        for split, reader in readers.items():
            assert reader.label_map_path == "data/voc/label_map.pbtxt"
            pattern = f"data/voc/{split}.record-?????-of-?????"
            assert list(reader.tf_record_input_reader.input_path) == [pattern]

    @pytest.mark.tf
    def test_a_check_misses_nothing_but_the_data(self, name, tmp_path, monkeypatch):
        from odapi_ssd.pipeline.check import check_config

        monkeypatch.chdir(tmp_path)
        report = check_config(_load(name))
        assert {problem.path.rpartition(".")[2] for problem in report.problems} == {
            "label_map_path",
            "input_path",
        }
        assert report.warnings == ()
        assert f"{MODELS[name][1]:,} on feature maps" in dict(report.facts)["anchors"]

    @pytest.mark.slow
    @pytest.mark.tf
    def test_it_builds_with_the_anchors_that_are_reckoned(self, name):
        config, (size, num_anchors) = _load(name), MODELS[name]
        assert input_size(config.model.ssd.image_resizer) == size
        grids, num_built = _feature_grids_of_network(config, (375, 500))
        assert grids == feature_grids(config.model.ssd.feature_extractor, size)
        assert num_built == num_anchors


FIXED = "model.ssd.image_resizer.fixed_shape_resizer={{ height: {} width: {} }}"
EXTRACTOR = "model.ssd.feature_extractor"


@pytest.mark.slow
@pytest.mark.tf
@pytest.mark.parametrize(
    ("name", "size", "assignments"),
    [
        ("ssd_mobilenet_v2_zoo_voc", (161, 321), []),
        ("ssd_mobilenet_v2_zoo_voc", (161, 321), [f"{EXTRACTOR}.use_explicit_padding=true"]),
        ("ssd_mobilenet_v2_zoo_voc", (161, 321), [f"{EXTRACTOR}.type=ssd_mobilenet_v1_keras"]),
        ("ssd_mobilenet_v2_zoo_voc", (100, 150), [f"{EXTRACTOR}.pad_to_multiple=32"]),
        ("ssd_mobilenet_v2_zoo_voc", (100, 150),
         [f"{EXTRACTOR}.num_layers=4",
          "model.ssd.anchor_generator.ssd_anchor_generator.num_layers=4"]),
        ("efficientdet_d0_voc", (256, 384), []),
    ],
)  # fmt: skip
def test_feature_grids_are_those_of_the_network(name, size, assignments):
    config = _load(name, FIXED.format(*size), *assignments)
    grids, _ = _feature_grids_of_network(config, (200, 280))
    assert grids == feature_grids(config.model.ssd.feature_extractor, size)


@pytest.mark.slow
@pytest.mark.tf
def test_the_network_refuses_a_size_that_feature_grids_refuses():
    config = _load("efficientdet_d0_voc", FIXED.format(300, 300))
    with pytest.raises(ValueError, match="multiples of 128"):
        feature_grids(config.model.ssd.feature_extractor, (300, 300))
    with pytest.raises(Exception, match="Shapes of all inputs must match"):
        _feature_grids_of_network(config, (300, 300))
