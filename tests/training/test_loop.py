"""The training loop: what it saves and writes, and when it ends."""

from pathlib import Path

import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.errors import OdapiError
from odapi_ssd.training.run import train
from tests.support.recorded_progress import RecordedProgress
from tests.support.runs import saved_steps

pytestmark = [pytest.mark.tf, pytest.mark.slow, pytest.mark.usefixtures("api")]

_RATE = "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate"


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


def test_the_last_step_is_saved_whatever_the_interval(trained_run):
    assert saved_steps(trained_run.model_dir) == [0, 5, 7]
    assert trained_run.progress.saved_steps == [0, 5, 7]


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
    train(trained_run.options(), progress)
    assert progress.phases[-1] == "Step 7 is reached already: nothing to train"
    assert sorted(path.name for path in trained_run.model_dir.iterdir()) == before


def test_a_diverging_loss_ends_training_and_is_not_saved(tiny_config_path, tmp_path):
    from odapi_ssd.training.loop import train_loop

    config = load_config(
        tiny_config_path,
        [
            f"{_RATE}.learning_rate_base=1e30",
            f"{_RATE}.warmup_steps=0",
            "train_config.num_steps=40",
        ],
    )
    with pytest.raises(OdapiError, match="diverged"):
        train_loop(config, str(tmp_path), record_summaries=False)
    assert saved_steps(tmp_path) == [0]
    assert "train_input_images" not in _scalar_steps(tmp_path / "train")
