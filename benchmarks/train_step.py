"""A training step, and the time to the end of the first one: ours against the API's.

    python benchmarks/train_step.py [--quick] [--json F]

The template ssd_mobilenet_v2_zoo_voc with softmax loss and the paper's mining, on a drawn dataset.
The step is measured in one process, the two losses in turn on the same batch. The first step is
measured in separate processes, from start to exit: `odapi-ssd train` against the API's loop with
the patches without which it does not run at all, one step each.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring import parse_arguments, take_turns
from results import report

_MINING = {
    "model.ssd.loss.classification_loss": "{ weighted_softmax {} }",
    "model.ssd.loss.hard_example_miner": (
        "{ num_hard_examples: 0 iou_threshold: 1.0 loss_type: CLASSIFICATION "
        "max_negatives_per_positive: 3 }"
    ),
    "model.ssd.post_processing.score_converter": "SOFTMAX",
    "model.ssd.encode_background_as_zeros": "false",
}
# One step of what model_main_tf2 does: the program itself always runs 100 steps per iteration.
_API_FIRST_STEP = """
import sys
from odapi_ssd import compat
compat.activate()
import tensorflow as tf
from object_detection import model_lib_v2
with tf.distribute.MirroredStrategy().scope():
    model_lib_v2.train_loop(sys.argv[1], sys.argv[2], train_steps=1, num_steps_per_iteration=1)
"""


def main() -> None:
    """Measures, prints, and writes the JSON file if asked to."""
    arguments = parse_arguments(__doc__.splitlines()[0])
    with tempfile.TemporaryDirectory() as folder:
        config_path = _make_config(Path(folder))
        first_step = _measure_first_step(config_path, Path(folder), 1 if arguments.quick else 3)
        step = _measure_step(config_path, 3 if arguments.quick else 10)
    rows = [
        {
            "which": which,
            "start to end of first step s": f"{first_step[which]:.1f}",
            "step ms": f"{step[which] * 1e3:.0f}",
        }
        for which in ("ours", "api")
    ]
    ratios = {
        "mobilenet_v2_float32": step["api"] / step["ours"],
        "first_step": first_step["api"] / first_step["ours"],
    }
    report(rows, ratios, arguments.json)


def _make_config(folder: Path) -> Path:
    """Draws and converts a dataset and writes a config for it."""

    def odapi_ssd(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "odapi_ssd", *arguments], check=True, stdout=subprocess.DEVNULL
        )

    odapi_ssd("shapes", "--output_dir", str(folder / "data"), "--num_images", "64")
    odapi_ssd(
        "convert", "--data_dir", str(folder / "data"), "--output_dir", str(folder / "records")
    )
    overrides = [f"--set={path}={value}" for path, value in _MINING.items()]
    config_path = folder / "pipeline.config"
    odapi_ssd(
        *("configure", "--template", "ssd_mobilenet_v2_zoo_voc"),
        *("--records_dir", str(folder / "records"), "--output_path", str(config_path)),
        *("--batch_size", "16", *overrides),
    )
    return config_path


def _measure_first_step(config_path: Path, folder: Path, num_rounds: int) -> dict[str, float]:
    """Seconds from the start of a process to its exit after one training step."""
    num_runs = 0

    def run(*command: str) -> None:
        nonlocal num_runs
        num_runs += 1
        model_dir = str(folder / f"run{num_runs}")
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        completed = subprocess.run(
            [sys.executable, *(model_dir if part == "MODEL_DIR" else part for part in command)],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        if completed.returncode != 0:
            sys.exit(completed.stderr)

    config = str(config_path)
    ours = ("-m", "odapi_ssd", "train", "--pipeline_config_path", config)
    ours = (*ours, "--model_dir", "MODEL_DIR", "--num_train_steps", "1")
    functions = {
        "ours": lambda: run(*ours),
        "api": lambda: run("-c", _API_FIRST_STEP, config, "MODEL_DIR"),
    }
    return take_turns(functions, num_rounds=num_rounds, num_warm_up=0)


def _measure_step(config_path: Path, num_rounds: int) -> dict[str, float]:
    """Seconds per step with each loss, on the same model and batch."""
    import odapi_ssd

    odapi_ssd.register()
    import tensorflow as tf
    from object_detection import model_lib_v2
    from object_detection.meta_architectures import ssd_meta_arch

    from odapi_ssd.config.files import load_config
    from odapi_ssd.plugin.ssd_meta_arch import SSDMetaArch
    from odapi_ssd.training.setup import config_to_run, set_up_training

    config = config_to_run(load_config(config_path), num_train_steps=None, use_tpu=False)
    setup = set_up_training(config, record_summaries=False)
    batch = next(iter(setup.dataset))

    def trace(model_class: type) -> Any:
        setup.model.__class__ = model_class

        @tf.function
        def step() -> Any:
            return model_lib_v2.eager_train_step(
                setup.model,
                *batch,
                setup.train_config.unpad_groundtruth_tensors,
                setup.optimizer,
                training_step=setup.global_step,
            )

        step()
        return step

    steps = {"ours": trace(SSDMetaArch), "api": trace(ssd_meta_arch.SSDMetaArch)}
    functions = {
        name: (lambda step=step: step()["Loss/total_loss"].numpy()) for name, step in steps.items()
    }
    return take_turns(functions, num_rounds=num_rounds)


if __name__ == "__main__":
    main()
