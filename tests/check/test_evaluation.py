"""Evaluation: its data, beside the training's, and its metrics."""

import pytest

from odapi_ssd.config.overrides import set_field
from tests.support.config_checks import only, problems, warnings

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_an_unknown_metric(config):
    (problem,) = problems(config, "eval_config.metrics_set=coco_detection_metric")
    assert "nearest valid: coco_detection_metrics" in problem


def test_two_readers(config):
    found = warnings(config, "eval_input_reader[1]={ label_map_path: 'a' }")
    assert any("is there 2 times" in warning for warning in found), found


def test_another_label_map_than_for_training(config, data):
    (data / "other.pbtxt").write_text("item { id: 2 name: 'cat' } item { id: 1 name: 'dog' }")
    set_field(config, f"eval_input_reader[0].label_map_path={data}/other.pbtxt")
    assert "holds other classes or ids than that of train_input_reader" in only(problems(config))


def test_evaluation_on_the_training_files(config, data):
    set_field(config, f"eval_input_reader[0].tf_record_input_reader.input_path={data}/train*")
    assert "are trained on as well" in only(warnings(config))
