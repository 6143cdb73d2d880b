"""The templates: complete, consistent, and built by the API as their headers say."""

import re

import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template, read_facts, template_names
from odapi_ssd.errors import OdapiError
from odapi_ssd.plugin.feature_maps import feature_grids
from odapi_ssd.resources import template_dir

# Anchors by hand: the sum over the feature maps of cells times anchors per cell.
SSD = {
    "efficientdet_d0_voc": 9 * (64**2 + 32**2 + 16**2 + 8**2 + 4**2),
    "efficientdet_d1_voc": 9 * (80**2 + 40**2 + 20**2 + 10**2 + 5**2),
    "ssd_inception_resnet_v2_voc": 71**2 * 4 + (35**2 + 17**2 + 8**2) * 6 + (4**2 + 2**2) * 4,
    "ssd_inception_v4_voc": 17**2 * 4 + (17**2 + 2 * 8**2) * 6 + (4**2 + 2**2) * 4,
    "ssd_mobilenet_v1_voc": 8732,
    "ssd_mobilenet_v2_bccd": 8732,
    "ssd_mobilenet_v2_quickstart": 10**2 * 3 + (5**2 + 3**2 + 2**2) * 4,
    "ssd_mobilenet_v2_voc": 8732,
    "ssd_mobilenet_v2_zoo_voc": 1917,
    "ssd_resnet50_v1_voc": 19**2 * 4 + (2 * 10**2 + 5**2) * 6 + (3**2 + 1) * 4,
    "ssd_resnet50_v2_voc": 19**2 * 4 + (2 * 10**2 + 5**2) * 6 + (3**2 + 1) * 4,
    "ssd_vgg512_voc": 24564,
    "ssd_vgg_bccd": 8732,
    "ssd_vgg_coco": 8732,
    "ssd_vgg_voc": 8732,
}
TWO_STAGE = {"faster_rcnn_resnet50_voc": 9, "mask_rcnn_inception_resnet_v2_voc": 12}
LABELS = (
    "Train", "Data", "Start", "Cost", "Parameters", "GFLOPs", "Published", "Model", "Anchors",
    "Rate",
)  # fmt: skip


def _load(name, *assignments):
    return load_config(template_dir() / f"{name}.config", assignments)


def _feature_grids_of_network(config, image_hw):
    """Builds the model and runs it once; the feature maps' sizes."""
    import odapi_ssd

    odapi_ssd.register()
    import tensorflow as tf
    from object_detection.builders import model_builder

    model = model_builder.build(config.model, is_training=False)
    predictions = model.predict(*model.preprocess(tf.zeros([1, *image_hw, 3])))
    return [tuple(feature_map.shape[1:3]) for feature_map in predictions["feature_maps"]]


def test_every_template_is_tested():
    assert template_names() == sorted([*SSD, *TWO_STAGE])


def test_those_of_the_project():
    assert {"ssd_mobilenet_v2_voc", "efficientdet_d0_voc"} <= set(template_names())
    assert find_template("ssd_vgg_voc") == find_template("ssd_vgg_voc.config")


def test_an_unknown_name():
    with pytest.raises(OdapiError, match="no template 'ssd_mobilnet_voc'") as caught:
        find_template("ssd_mobilnet_voc")
    assert "nearest valid: ssd_mobilenet_v2_voc" in caught.value.hint
    assert "efficientdet_d0_voc" in caught.value.hint


def test_an_unknown_path():
    with pytest.raises(OdapiError, match=r"no config file nowhere/a\.config"):
        find_template("nowhere/a.config")


def test_a_config_without_a_header_has_facts_all_the_same(tmp_path):
    path = tmp_path / "bare.config"
    path.write_text(
        "model { ssd { image_resizer { fixed_shape_resizer { height: 160 width: 320 } } } }"
    )
    facts = vars(read_facts(str(path)))
    assert facts.pop("name") == "bare"
    assert facts.pop("image_size") == "160x320"
    assert set(facts.values()) == {"?"}


@pytest.mark.parametrize("name", template_names())
class TestTemplate:
    def test_the_header_says_what_one_has_to_know(self, name):
        text = (template_dir() / f"{name}.config").read_text()
        header = text[: text.index("\nmodel {")]
        assert f"scripts/train.sh pipelines/{name}.config" in header
        assert f"--model_dir runs/{name}\n" in header
        labels = re.findall(r"^# ([A-Z]\w+): +\S", header, re.MULTILINE)
        assert [label for label in labels if label in LABELS] == list(LABELS)

    def test_its_facts_are_all_there(self, name):
        facts = read_facts(name)
        assert "?" not in vars(facts).values()
        if name in SSD:
            assert facts.anchors == f"{SSD[name]:,}"
        else:
            assert facts.anchors == f"{TWO_STAGE[name]} per cell"

    def test_paths_are_those_of_the_contract(self, name):
        config = _load(name)
        suffix = name.rpartition("_")[2]
        dataset = {"bccd": "cells", "quickstart": "voc"}.get(suffix, suffix)
        patterns = {"train": "train.record-?????-of-?????", "val": "val.record-?????-of-?????"}
        readers = {"train": config.train_input_reader, "val": config.eval_input_reader[0]}
        for split, reader in readers.items():
            assert reader.label_map_path == f"data/{dataset}/label_map.pbtxt"
            assert list(reader.tf_record_input_reader.input_path) == [
                f"data/{dataset}/{patterns[split]}"
            ]

    @pytest.mark.tf
    def test_a_check_misses_nothing_but_the_data(self, name, tmp_path, monkeypatch):
        from odapi_ssd.check.report import check_config

        monkeypatch.chdir(tmp_path)
        report = check_config(_load(name))
        assert {problem.path.rpartition(".")[2] for problem in report.problems} == {
            "label_map_path",
            "input_path",
        }
        assert report.warnings == ()
        if name in SSD:
            assert f"{SSD[name]:,} on feature maps" in dict(report.facts)["anchors"]


@pytest.mark.slow
@pytest.mark.tf
@pytest.mark.parametrize("name", SSD)
def test_the_loss_is_computed_for_the_whole_batch(name, api):
    from object_detection.builders import model_builder

    from odapi_ssd.plugin.ssd_meta_arch import SSDMetaArch

    assert type(model_builder.build(_load(name).model, is_training=True)) is SSDMetaArch


@pytest.mark.slow
@pytest.mark.tf
@pytest.mark.parametrize(
    "name",
    ["efficientdet_d0_voc", "ssd_mobilenet_v1_voc", "ssd_mobilenet_v2_quickstart", "ssd_vgg_coco"],
)
def test_the_header_says_what_the_built_model_costs(name):
    from tools.model_cost import measure

    facts, cost = read_facts(name), measure(_load(name).model)
    assert facts.parameters == f"{cost.num_parameters:,}"
    assert facts.gflops == cost.gflops
    assert cost.num_anchors == SSD[name]


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
    grids = _feature_grids_of_network(config, (200, 280))
    assert grids == feature_grids(config.model.ssd.feature_extractor, size)


@pytest.mark.slow
@pytest.mark.tf
def test_the_network_refuses_a_size_that_feature_grids_refuses():
    config = _load("efficientdet_d0_voc", FIXED.format(300, 300))
    with pytest.raises(ValueError, match="multiples of 128"):
        feature_grids(config.model.ssd.feature_extractor, (300, 300))
    with pytest.raises(Exception, match="Shapes of all inputs must match"):
        _feature_grids_of_network(config, (300, 300))
