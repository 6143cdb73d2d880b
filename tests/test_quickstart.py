"""`scripts/quickstart.sh` as a newcomer runs it; takes minutes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.tf, pytest.mark.slow]

_PROJECT_DIR = Path(__file__).resolve().parents[1]


def test_it_ends_with_a_detector_that_works(tmp_path):
    if Path(sys.prefix) != _PROJECT_DIR / ".venv":
        pytest.skip("the script runs in .venv, these tests do not")
    folder = tmp_path / "quick start"
    completed = subprocess.run(
        [_PROJECT_DIR / "scripts" / "quickstart.sh"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={**os.environ, "ODAPI_SSD_QUICKSTART_DIR": str(folder)},
        timeout=3000,
    )
    assert completed.returncode == 0, completed.stderr
    metrics = json.loads((folder / "eval" / "metrics.json").read_text())
    assert metrics["num_images"] == 150
    assert metrics["mAP@0.5"] >= 0.80
    detections = json.loads((folder / "detections" / "detections.json").read_text())
    assert len(detections) == 8
    assert all((folder / "detections" / Path(one["image"]).name).is_file() for one in detections)
    assert any(one["detections"] for one in detections)
    *_, table = completed.stdout.partition("] done\n")
    row = ["mAP@0.5", str(sum(metrics["num_objects"].values())), f"{metrics['mAP@0.5']:.3f}"]
    assert row in [line.split() for line in table.splitlines()]
    for name in ("detections", "exported/saved_model"):
        assert str(folder / name) in table
    assert "scripts/tensorboard.sh" in table
