"""Which config a model directory belongs to: what may change in a run, and what may not."""

from pathlib import Path

import pytest

from odapi_ssd import resources
from odapi_ssd.errors import OdapiError
from odapi_ssd.pipeline import model_dirs
from odapi_ssd.pipeline.config import load_config

_TEMPLATE = resources.template_dir() / "ssd_mobilenet_v2_quickstart.config"


@pytest.fixture
def run_dir(tmp_path, monkeypatch) -> str:
    """A directory with a checkpoint and the note that it is the template's."""
    monkeypatch.setattr(model_dirs, "latest_checkpoint", lambda directory: "ckpt-1")
    model_dirs.note_config(str(tmp_path), load_config(_TEMPLATE))
    return str(tmp_path)


@pytest.mark.parametrize(
    "override",
    [
        "train_config.batch_size=3",
        "train_config.num_steps=9000",
        "model.ssd.post_processing.batch_non_max_suppression.iou_threshold=0.6",
        "model.ssd.loss.localization_weight=2",
        "model.ssd.freeze_batchnorm=true",
    ],
)
def test_a_run_goes_on_with_another(run_dir, override):
    assert model_dirs.require_same_model(run_dir, load_config(_TEMPLATE, [override])) is True


@pytest.mark.parametrize(
    ("override", "difference"),
    [
        ("model.ssd.num_classes=4", "model.ssd.num_classes is 3 in the run and 4 in the config"),
        (
            "model.ssd.anchor_generator.ssd_anchor_generator.min_scale=0.3",
            "min_scale is 0.2 in the run and 0.3 in the config",
        ),
        (
            "model.ssd.anchor_generator.ssd_anchor_generator.aspect_ratios=1.0,3.0",
            "aspect_ratios differs",
        ),
        (
            "model.ssd.image_resizer={ keep_aspect_ratio_resizer { min_dimension: 9 } }",
            "image_resizer.fixed_shape_resizer is set in only one of the two",
        ),
    ],
)
def test_a_run_does_not_go_on_with_another_network(run_dir, override, difference):
    with pytest.raises(OdapiError, match="a run of another model") as caught:
        model_dirs.require_same_model(run_dir, load_config(_TEMPLATE, [override]))
    assert difference in str(caught.value)


@pytest.mark.parametrize("note", [None, "model { newfield: 3 }"])
def test_without_a_note_that_can_be_read_it_is_not_certain(run_dir, note):
    (Path(run_dir) / model_dirs.NOTE_NAME).unlink()
    if note is not None:
        (Path(run_dir) / model_dirs.NOTE_NAME).write_text(note)
    assert model_dirs.require_same_model(run_dir, load_config(_TEMPLATE)) is False


def test_without_a_checkpoint_any_config_will_do(tmp_path, monkeypatch):
    monkeypatch.setattr(model_dirs, "latest_checkpoint", lambda directory: None)
    model_dirs.note_config(str(tmp_path), load_config(_TEMPLATE))
    other = load_config(_TEMPLATE, ["model.ssd.num_classes=4"])
    assert model_dirs.require_same_model(str(tmp_path), other) is True


def test_the_note_can_be_used_as_a_config_and_a_user_s_file_stays(tmp_path):
    own = tmp_path / "pipeline.config"
    own.write_text("# my own notes")
    config = load_config(_TEMPLATE)
    model_dirs.note_config(str(tmp_path), config)
    assert load_config(tmp_path / model_dirs.NOTE_NAME) == config
    assert own.read_text() == "# my own notes"
