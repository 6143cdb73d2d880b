"""One template from data to exported model, each stage a command in its own process."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import model_cost
from tools.try_templates import timed_train
from tools.try_templates.masked_shapes import write_masked_shapes

__all__ = ["Data", "Trial", "TrialError", "count_cost", "draw_data", "try_template"]

_NUM_IMAGES = 16

# As in production: TensorFlow and the SavedModel, without this project and without the API.
_RUN_EXPORTED = """
import json, sys
import numpy as np, tensorflow as tf
from PIL import Image
detect = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
image = np.asarray(Image.open(sys.argv[2]).convert("RGB"))[None]
assert image.shape[1] != image.shape[2], image.shape
found = {name: value.numpy() for name, value in detect(tf.constant(image)).items()}
assert not any(name.split(".")[0] in ("odapi_ssd", "object_detection") for name in sys.modules)
count = int(found["num_detections"][0])
assert count > 0
for name in {"detection_boxes", "detection_scores", "detection_masks"} & set(found):
    kept = found[name][0, :count]
    assert kept.min() >= 0 and kept.max() <= 1 + 1e-5, (name, kept.min(), kept.max())
print(json.dumps({name: value.shape for name, value in found.items()}))
"""


class TrialError(Exception):
    """A stage failed; the text names the stage and the error."""


@dataclass(frozen=True)
class Data:
    """A small dataset for a trial.

    Attributes:
        records_dir: output folder of `odapi-ssd convert`.
        image_path: an image that is not square.
    """

    records_dir: Path
    image_path: Path


@dataclass(frozen=True)
class Trial:
    """Measurements of a trial.

    Attributes:
        batch_size: images per step.
        step_s: median time of all steps but the first, in seconds.
        step_processor_s: the same in processor time, summed over the cores.
        memory_gb: peak memory of `train`, in 10^9 bytes.
        output_shapes: shapes of the exported model's outputs for one image, by name.
    """

    batch_size: int
    step_s: float
    step_processor_s: float
    memory_gb: float
    output_shapes: dict[str, list[int]]


def draw_data(folder: Path) -> Data:
    """Draws a dataset of shapes with masks into a folder."""
    data_dir, coco_dir, records_dir = folder / "data", folder / "coco", folder / "records"
    _odapi_ssd("shapes", "--output_dir", data_dir, "--num_images", _NUM_IMAGES)
    write_masked_shapes(data_dir, coco_dir)
    _odapi_ssd("convert", "--data_dir", coco_dir, "--output_dir", records_dir, "--include_masks")
    return Data(records_dir, min((data_dir / "JPEGImages").iterdir()))


def count_cost(config_path: Path) -> model_cost.ModelCost:
    """The cost of a config's model, counted in a separate process."""
    output, _ = _python("count", model_cost.__file__, config_path)
    return model_cost.ModelCost(**json.loads(output.splitlines()[-1]))


def try_template(
    template: str, data: Data, folder: Path, *, batch_size: int, num_steps: int
) -> Trial:
    """Configures, checks, trains, evaluates and exports a template; runs the exported model.

    Args:
        template: its name, or the path of a config.
        data: to train and evaluate on.
        folder: where all files go.
        batch_size: images per step.
        num_steps: at least 2, as the first one is not timed.
    Raises:
        TrialError: a stage failed.
    """
    config, model_dir, exported = folder / "pipeline.config", folder / "model", folder / "exported"
    _odapi_ssd(
        *("configure", "--template", template, "--records_dir", data.records_dir),
        *("--output_path", config, "--batch_size", batch_size, "--num_steps", num_steps),
    )
    _odapi_ssd("check", "--pipeline_config_path", config)
    steps, memory_bytes = _train(config, model_dir, folder / "steps.json")
    evaluation = folder / "evaluation"
    _odapi_ssd(
        *("evaluate", "--pipeline_config_path", config),
        *("--checkpoint_dir", model_dir, "--output_dir", evaluation),
    )
    metrics = json.loads((evaluation / "metrics.json").read_text(encoding="utf-8"))
    if metrics["step"] != num_steps or not metrics["num_images"]:
        raise TrialError(f"evaluate: step {metrics['step']}, {metrics['num_images']} images")
    _odapi_ssd(
        *("export", "--pipeline_config_path", config),
        *("--trained_checkpoint_dir", model_dir, "--output_directory", exported),
    )
    output, _ = _python("run", "-c", _RUN_EXPORTED, exported / "saved_model", data.image_path)
    return Trial(
        batch_size,
        statistics.median(step["seconds"] for step in steps),
        statistics.median(step["processor_seconds"] for step in steps),
        memory_bytes / 1e9,
        json.loads(output.splitlines()[-1]),
    )


def _train(config: Path, model_dir: Path, steps_path: Path) -> tuple[list[dict[str, float]], int]:
    """Times of all steps but the first, and the peak memory in bytes."""
    _, memory_bytes = _python(
        *("train", timed_train.__file__, steps_path),
        *("--pipeline_config_path", config, "--model_dir", model_dir),
    )
    return json.loads(steps_path.read_text(encoding="utf-8")), memory_bytes


def _odapi_ssd(command: str, *arguments: object) -> None:
    _python(command, "-m", "odapi_ssd", command, *arguments)


def _python(stage: str, *arguments: object) -> tuple[str, int]:
    """Runs a stage in a Python process; returns its standard output and peak memory in bytes."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)], stdout=output, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            raise TrialError(f"{stage}: {_error_line(errors.read().splitlines())}")
        return output.read(), usage.ru_maxrss * 1024


def _error_line(lines: Sequence[str]) -> str:
    """The command's own error message, else its last line."""
    errors = [line for line in lines if line.startswith("Error: ")]
    return (errors or [line for line in lines if line.strip()] or ["no error message"])[-1]
