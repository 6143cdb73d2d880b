"""The training loop: what it saves, writes and tells, and that the API's loop can go on from it."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from odapi_ssd.checkpoints.trained_config import NOTE_NAME
from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.errors import OdapiError
from odapi_ssd.training import run as training
from tests.support.recorded_progress import RecordedProgress

pytestmark = [pytest.mark.tf, pytest.mark.slow]

_TOTAL_STEPS = "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate"


def _steps_of(model_dir: Path) -> list[int]:
    """The global step in each of a directory's checkpoints."""
    import tensorflow as tf

    state = tf.train.get_checkpoint_state(str(model_dir))
    return [
        int(tf.train.load_variable(path, "step/.ATTRIBUTES/VARIABLE_VALUE"))
        for path in state.all_model_checkpoint_paths
    ]


def _kernels(model_dir: Path) -> dict[str, np.ndarray]:
    """The convolution kernels of a directory's newest checkpoint by name."""
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(model_dir))
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if name.startswith("model/") and "kernel/.ATTR" in name
    }


def _assert_same(actual: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert actual.keys() == expected.keys()
    assert len(expected) > 50
    assert all(np.array_equal(actual[name], expected[name]) for name in expected)


def _scalar_steps(event_dir: Path) -> dict[str, list[int]]:
    """Steps by tag of the scalars in a directory's event files."""
    import tensorflow as tf

    steps: dict[str, list[int]] = {}
    for path in sorted(event_dir.glob("events.*")):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                steps.setdefault(value.tag, []).append(event.step)
    return steps


@pytest.fixture
def without_learning(tiny_config_path: Path, tmp_path: Path) -> Path:
    """The tiny config with a learning rate of 0: a step leaves the kernels as they are."""
    config = load_config(
        tiny_config_path,
        [
            f"{_TOTAL_STEPS}.learning_rate_base=0",
            f"{_TOTAL_STEPS}.warmup_learning_rate=0",
            f"{_TOTAL_STEPS}.warmup_steps=0",
            f"{_TOTAL_STEPS}.total_steps=8",
        ],
    )
    path = tmp_path / "without_learning.config"
    save_config(config, path)
    return path


def test_the_last_step_is_saved_whatever_the_interval(trained_run):
    assert _steps_of(trained_run.model_dir) == [0, 5, 7]
    assert trained_run.progress.saved_steps == [0, 5, 7]


def test_progress_names_the_phases_and_ends_at_the_last_step(trained_run):
    assert trained_run.progress.phases[0].startswith("Building")
    assert any("for the whole batch at once" in phase for phase in trained_run.progress.phases)
    assert any(phase.startswith("Tracing") for phase in trained_run.progress.phases)
    first, *_, last = trained_run.progress.reports
    assert (first.step, first.num_steps, first.seconds_left) == (1, 7, None)
    assert (last.step, last.seconds_left) == (7, 0)
    assert last.images_per_second > 0
    parts = [loss for name, loss in last.losses.items() if name != "Loss/total_loss"]
    assert last.total_loss == pytest.approx(sum(parts), rel=1e-4)


def test_summaries_carry_the_api_s_names(trained_run):
    steps = _scalar_steps(trained_run.model_dir / "train")
    for tag in (
        "Loss/total_loss",
        "Loss/classification_loss",
        "Loss/localization_loss",
        "Loss/regularization_loss",
        "learning_rate",
        "steps_per_sec",
    ):
        assert steps[tag] == [7], tag
    assert steps["train_input_images"] == [0]


def test_a_finished_run_is_left_as_it_is(trained_run):
    before = sorted(path.name for path in trained_run.model_dir.iterdir())
    progress = RecordedProgress()
    training.train(trained_run.flags(), progress=progress)
    assert progress.phases[-1] == "Step 7 is reached already: nothing to train"
    assert sorted(path.name for path in trained_run.model_dir.iterdir()) == before


def test_a_run_of_ours_goes_on_in_the_api_s_loop(trained_run, without_learning, tmp_path):
    import odapi_ssd

    odapi_ssd.register()
    from object_detection import model_lib_v2

    model_dir = tmp_path / "model"
    shutil.copytree(trained_run.model_dir, model_dir)
    ours = _kernels(model_dir)
    model_lib_v2.train_loop(
        str(without_learning),
        str(model_dir),
        train_steps=8,
        num_steps_per_iteration=1,
        checkpoint_every_n=1,
    )
    assert _steps_of(model_dir)[-1] == 8
    _assert_same(_kernels(model_dir), ours)


def test_a_run_of_the_api_s_loop_goes_on_in_ours(tiny_config_path, without_learning, tmp_path):
    """The stock loop trains 100 steps at a time, and saves the last ones only by chance."""
    flags = {"pipeline_config_path": str(tiny_config_path), "model_dir": str(tmp_path)}
    training.train({**flags, "num_train_steps": 100, "checkpoint_every_n": 100}, use_api_loop=True)
    theirs = _kernels(tmp_path)
    assert _steps_of(tmp_path) == [0, 100]
    (tmp_path / NOTE_NAME).unlink()  # as where the API trained it

    flags["pipeline_config_path"] = str(without_learning)
    training.train({**flags, "num_train_steps": 102})
    assert _steps_of(tmp_path) == [0, 100, 102]
    _assert_same(_kernels(tmp_path), theirs)
    assert load_config(tmp_path / NOTE_NAME) == load_config(without_learning)


def test_fine_tuning_starts_from_the_checkpoint_also_after_a_false_start(
    trained_run, without_learning, tmp_path
):
    """The directory holds what a run leaves that was stopped before its first step."""
    import tensorflow as tf

    step = tf.Variable(0, dtype=tf.int64)
    tf.train.CheckpointManager(tf.train.Checkpoint(step=step), str(tmp_path), 7).save()
    checkpoint = trained_run.model_dir / "ckpt-3"
    overrides = [
        f"train_config.fine_tune_checkpoint={checkpoint}",
        "train_config.fine_tune_checkpoint_type=full",
        "train_config.fine_tune_checkpoint_version=V2",
    ]
    config_path = tmp_path / "fine_tune.config"
    save_config(load_config(without_learning, overrides), config_path)
    progress = RecordedProgress()
    flags = {"pipeline_config_path": str(config_path), "model_dir": str(tmp_path)}
    training.train({**flags, "num_train_steps": 1}, progress=progress)
    assert f"Loading {checkpoint}" in progress.phases
    _assert_same(_kernels(tmp_path), _kernels(trained_run.model_dir))


@pytest.mark.parametrize("use_api_loop", [False, True])
def test_a_model_directory_of_another_config_is_refused_at_once(
    trained_run, tiny_config_path, tmp_path, use_api_loop
):
    other = load_config(tiny_config_path, ["model.ssd.num_classes=5"])
    other_path = tmp_path / "other.config"
    save_config(other, other_path)
    before = {path: path.stat().st_mtime_ns for path in trained_run.model_dir.iterdir()}
    with pytest.raises(OdapiError, match=r"num_classes is 3 there and 5 in the config"):
        training.train(
            trained_run.flags(pipeline_config_path=str(other_path)), use_api_loop=use_api_loop
        )
    assert {path: path.stat().st_mtime_ns for path in trained_run.model_dir.iterdir()} == before


@pytest.mark.parametrize("num_steps", [7, 9])
def test_a_checkpoint_of_another_model_is_refused_without_a_note_too(
    trained_run, tiny_config_path, tmp_path, num_steps
):
    """Whether or not there are steps left to train; and the directory stays the first run's."""
    model_dir = tmp_path / "model"
    shutil.copytree(trained_run.model_dir, model_dir)
    (model_dir / NOTE_NAME).unlink()  # as the API's own loop leaves it
    other_path = tmp_path / "other.config"
    overrides = ["model.ssd.num_classes=5", f"train_config.num_steps={num_steps}"]
    save_config(load_config(tiny_config_path, overrides), other_path)
    with pytest.raises(OdapiError, match="does not fit the model of this config"):
        training.train({"pipeline_config_path": str(other_path), "model_dir": str(model_dir)})
    assert _steps_of(model_dir) == [0, 5, 7]
    assert not (model_dir / NOTE_NAME).exists()


def test_the_command_refuses_another_model_with_one_message(
    trained_run, tiny_config_path, tmp_path
):
    other_path = tmp_path / "other.config"
    anchors = "model.ssd.anchor_generator.ssd_anchor_generator"
    save_config(load_config(tiny_config_path, [f"{anchors}.min_scale=0.1"]), other_path)
    command = [sys.executable, "-m", "odapi_ssd", "train", "--pipeline_config_path", other_path]
    completed = subprocess.run(
        [*command, "--model_dir", trained_run.model_dir],
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 1
    message = completed.stderr[completed.stderr.index("Error: ") :]
    assert message.splitlines() == [
        f"Error: {trained_run.model_dir} holds a run of another model than the config describes:",
        f"  - {anchors}.min_scale is 0.2 there and 0.1 in the config",
        "What to do: give another --model_dir, or go on with that run's config, "
        f"{trained_run.model_dir / NOTE_NAME}.",
    ]
    assert _steps_of(trained_run.model_dir) == [0, 5, 7]


def test_a_diverging_loss_ends_training_and_is_not_saved(tiny_config_path, tmp_path):
    overrides = [f"{_TOTAL_STEPS}.learning_rate_base=1e30", f"{_TOTAL_STEPS}.warmup_steps=0"]
    path = tmp_path / "diverging.config"
    save_config(load_config(tiny_config_path, overrides), path)
    flags: dict[str, Any] = {
        "pipeline_config_path": str(path),
        "model_dir": str(tmp_path / "model"),
        "num_train_steps": 40,
    }
    with pytest.raises(OdapiError, match="diverged"):
        training.train(flags)
    assert _steps_of(tmp_path / "model") == [0]
