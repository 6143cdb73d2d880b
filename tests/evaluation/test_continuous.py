"""The API's own evaluation loop, behind our check."""

import contextlib
import types

import pytest

from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.errors import OdapiError
from odapi_ssd.evaluation import continuous
from tests.support.command_line import run_odapi_ssd
from tests.support.recorded_progress import RecordedProgress

pytestmark = [pytest.mark.tf, pytest.mark.slow]


def test_the_api_s_continuous_evaluation_runs_and_says_its_metrics(trained_run, tmp_path):
    """`--checkpoint_dir`, as in model_main_tf2; it ends when it has seen the last step."""
    completed = run_odapi_ssd(
        "train", "--pipeline_config_path", trained_run.config_path, "--model_dir", tmp_path,
        "--checkpoint_dir", trained_run.model_dir, "--eval_timeout=5",
    )  # fmt: skip
    assert completed.returncode == 0, completed.stderr
    assert "Eval metrics at step 7" in completed.stderr
    assert completed.stderr.count("PascalBoxes_Precision/mAP@0.5IOU") == 1
    assert "WARNING" not in completed.stderr
    assert list((tmp_path / "eval").rglob("events.*"))


@pytest.fixture
def calls(monkeypatch):
    """The names and flags of the programs that are loaded; none is run."""
    calls = []

    @contextlib.contextmanager
    def loaded_program(name, flags):
        yield types.SimpleNamespace(main=lambda arguments: calls.append((name, dict(flags))))

    monkeypatch.setattr(continuous.api_programs, "loaded_program", loaded_program)
    return calls


def test_a_valid_config_is_evaluated_with_the_flags_given(tiny_config_path, calls):
    flags = {"pipeline_config_path": str(tiny_config_path), "checkpoint_dir": "m", "model_dir": "o"}
    progress = RecordedProgress()
    continuous.evaluate_continuously(flags, progress)
    assert calls == [("model_main_tf2", flags)]
    assert progress.phases == [
        "Checking the config and its data",
        "Evaluating each new checkpoint, in the API's loop",
    ]


def test_problems_of_the_config_come_first(tiny_config_path, tmp_path, calls):
    path = tmp_path / "wrong.config"
    save_config(load_config(tiny_config_path, ["eval_config.metrics_set=['pascal']"]), path)
    flags = {"pipeline_config_path": str(path), "checkpoint_dir": "m", "model_dir": "o"}
    with pytest.raises(OdapiError, match="has 1 problem"):
        continuous.evaluate_continuously(flags)
    assert calls == []
