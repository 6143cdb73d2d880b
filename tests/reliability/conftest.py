"""Injects faults, and collects what they have shown."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.support.fault_plan import needs_rerun
from tests.support.fault_trials import run_trial
from tests.support.faults import Job, Outcome, Trial
from tests.support.train_job import NUM_STEPS


@pytest.fixture
def inject(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> Callable[[Job, Trial], Outcome]:
    """Runs a trial of a job and records its outcome for the table."""

    def run(job: Job, trial: Trial) -> Outcome:
        outcome = run_trial(job, trial, tmp_path, rerun=needs_rerun(trial))
        record_property("fault", json.dumps(asdict(outcome)))
        return outcome

    return run


@pytest.fixture(scope="session")
def small_config_path(tiny_config_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny config with a network of half its depth, as each trial starts TensorFlow afresh."""
    from odapi_ssd.config.files import load_config, save_config

    rate = "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate"
    overrides = (
        "model.ssd.feature_extractor.type=ssd_mobilenet_v1_keras",
        "model.ssd.feature_extractor.depth_multiplier=0.25",
        f"train_config.num_steps={NUM_STEPS}",
        f"{rate}.total_steps={NUM_STEPS}",
    )
    path = tmp_path_factory.mktemp("small") / "small.config"
    save_config(load_config(tiny_config_path, list(overrides)), path)
    return path


@pytest.fixture(scope="session")
def small_model_dir(small_config_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training of the small config for some steps."""
    from odapi_ssd.training.run import TrainOptions, train

    model_dir = tmp_path_factory.mktemp("small_run") / "model"
    train(TrainOptions(str(small_config_path), str(model_dir), num_train_steps=60))
    return model_dir


@pytest.fixture(scope="session")
def small_exported_dir(
    small_config_path: Path, small_model_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The export of small_model_dir."""
    from odapi_ssd.deployment.export import export

    directory = tmp_path_factory.mktemp("small_export") / "exported"
    export(
        {
            "pipeline_config_path": str(small_config_path),
            "trained_checkpoint_dir": str(small_model_dir),
            "output_directory": str(directory),
        }
    )
    return directory
