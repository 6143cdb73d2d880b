"""The whole journey on real data, with the commands that a user types."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.exported_models import (
    assert_same_detections,
    detect_in_plain_tensorflow,
    detect_with_checkpoint,
)

pytestmark = [pytest.mark.real_data, pytest.mark.tf, pytest.mark.slow]


def _odapi_ssd(*arguments) -> str:
    """Runs a command, which must succeed quietly; returns what it prints."""
    completed = subprocess.run(
        [sys.executable, "-m", "odapi_ssd", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={key: value for key, value in os.environ.items() if not key.startswith("TF_")},
    )
    assert completed.returncode == 0, completed.stderr
    assert all(line.startswith("Warning:") for line in completed.stderr.splitlines())
    return completed.stdout


@pytest.fixture(scope="module")
def job(bccd_dir, tmp_path_factory):
    """A folder with records, config, a run of six steps, its evaluation, export and detections."""
    folder = tmp_path_factory.mktemp("bccd")
    config = folder / "pipeline.config"
    _odapi_ssd(
        "convert", "--data_dir", bccd_dir, "--output_dir", folder / "records",
        "--splits", "train,val,test",
    )  # fmt: skip
    _odapi_ssd(
        "configure", "--template", "ssd_mobilenet_v2_quickstart",
        "--records_dir", folder / "records", "--output_path", config,
        "--batch_size", 4, "--num_steps", 6, "--eval_split", "test",
    )  # fmt: skip
    _odapi_ssd("check", "--pipeline_config_path", config)
    _odapi_ssd("train", "--pipeline_config_path", config, "--model_dir", folder / "model")
    _odapi_ssd(
        "evaluate", "--pipeline_config_path", config,
        "--checkpoint_dir", folder / "model", "--output_dir", folder / "eval",
    )  # fmt: skip
    _odapi_ssd(
        "export", "--pipeline_config_path", config,
        "--trained_checkpoint_dir", folder / "model", "--output_directory", folder / "exported",
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def image_path(bccd_dir):
    return bccd_dir / "JPEGImages" / "BloodImage_00007.jpg"


def test_conversion(job):
    dataset = json.loads((job / "records" / "dataset.json").read_text())
    examples = {name: split["num_examples"] for name, split in dataset["splits"].items()}
    assert examples == {"train": 205, "val": 87, "test": 72}
    assert dataset["label_map"] == {"Platelets": 1, "RBC": 2, "WBC": 3}
    assert sorted((Path(entry["file"]).name, entry["object"]) for entry in dataset["dropped"]) == [
        ("BloodImage_00338.xml", 13),
        ("BloodImage_00343.xml", 4),
    ]


def test_evaluation_counts_every_object_of_the_split(job):
    metrics = json.loads((job / "eval" / "metrics.json").read_text())
    dataset = json.loads((job / "records" / "dataset.json").read_text())
    assert metrics["step"] == 6
    assert metrics["num_images"] == 72
    assert metrics["num_objects"] == dataset["splits"]["test"]["num_objects_per_class"]
    assert 0 <= metrics["mAP@0.5"] <= 1


def test_the_saved_model_alone_gives_what_detect_and_the_checkpoint_give(job, image_path):
    exported = detect_in_plain_tensorflow(job / "exported" / "saved_model", image_path)
    restored = detect_with_checkpoint(job / "pipeline.config", job / "model", image_path)
    assert_same_detections(exported, restored)

    _odapi_ssd(
        "detect", "--saved_model_dir", job / "exported" / "saved_model",
        "--label_map_path", job / "exported" / "label_map.pbtxt",
        "--output_dir", job / "detections", "--min_score", 0, image_path,
    )  # fmt: skip
    (entry,) = json.loads((job / "detections" / "detections.json").read_text())
    with Image.open(image_path) as image:
        scale = np.array([image.height, image.width] * 2)
    drawn = {
        "detection_boxes": np.array([f["box_yxyx_px"] for f in entry["detections"]]) / scale,
        "detection_scores": [found["score"] for found in entry["detections"]],
        "detection_classes": [found["class_id"] for found in entry["detections"]],
    }
    assert_same_detections(drawn, exported)
    assert (job / "detections" / image_path.name).is_file()
