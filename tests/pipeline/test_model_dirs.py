"""Which config a model directory belongs to: what may change in a run, and what may not."""

import pytest

from odapi_ssd import resources
from odapi_ssd.errors import OdapiError
from odapi_ssd.pipeline import model_dirs
from odapi_ssd.pipeline.config import load_config, save_config

_TEMPLATE = resources.template_dir() / "ssd_mobilenet_v2_quickstart.config"


@pytest.fixture
def claim(tmp_path, monkeypatch):
    """Claims a directory, which has a checkpoint, with the template's fields changed."""
    monkeypatch.setattr(model_dirs, "latest_checkpoint", lambda directory: "ckpt-1")

    def claim_with(*overrides: str) -> None:
        path = tmp_path / "given.config"
        save_config(load_config(_TEMPLATE, overrides), path)
        model_dirs.claim_model_dir(tmp_path / "model", path)

    claim_with()
    return claim_with


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
def test_a_run_goes_on_with_another(claim, tmp_path, override):
    claim(override)
    noted = load_config(tmp_path / "model" / "pipeline.config")
    assert noted == load_config(_TEMPLATE, [override])


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
def test_a_run_does_not_go_on_with_another_network(claim, tmp_path, override, difference):
    with pytest.raises(OdapiError, match="a run of another model") as caught:
        claim(override)
    assert difference in str(caught.value)
    assert load_config(tmp_path / "model" / "pipeline.config") == load_config(_TEMPLATE)


def test_the_run_s_own_config_can_be_given(claim, tmp_path):
    noted = tmp_path / "model" / "pipeline.config"
    before = noted.stat().st_mtime_ns
    model_dirs.claim_model_dir(tmp_path / "model", noted)
    assert noted.stat().st_mtime_ns == before
