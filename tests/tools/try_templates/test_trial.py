"""Trials of templates; all templates are tried by hand: docs/templates.md."""

import pytest

from tools.try_templates.trial import Data, TrialError, try_template

pytestmark = pytest.mark.tf


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ssd_mobilenet_v1_voc", "ssd_mobilenet_v2_voc"])
def test_from_data_to_the_exported_model(name, shapes_dir, records_dir, tmp_path):
    data = Data(records_dir, min((shapes_dir / "JPEGImages").iterdir()))
    trial = try_template(name, data, tmp_path, batch_size=2, num_steps=2)
    assert trial.batch_size == 2
    assert trial.step_s > 0
    assert trial.step_processor_s > 0
    assert 0.3 < trial.memory_gb < 16
    assert trial.output_shapes["detection_boxes"] == [1, 200, 4]


def test_a_failed_stage_is_named_with_its_error(tmp_path):
    data = Data(tmp_path / "records", tmp_path / "image.jpg")
    with pytest.raises(TrialError, match=r"^configure: Error: There is no template 'no_such'"):
        try_template("no_such", data, tmp_path, batch_size=2, num_steps=2)
