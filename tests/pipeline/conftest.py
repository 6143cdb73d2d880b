"""A tiny run that the tests of this folder share."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from recorded_progress import RecordedProgress

from odapi_ssd.checkpoints.trained_config import NOTE_NAME


@dataclass(frozen=True)
class Run:
    """A finished training run."""

    config_path: Path
    model_dir: Path
    progress: RecordedProgress

    def flags(self, **changes: Any) -> Mapping[str, Any]:
        """Flags that would start or resume it."""
        return {
            "pipeline_config_path": str(self.config_path),
            "model_dir": str(self.model_dir),
            **changes,
        }


@pytest.fixture(scope="session")
def trained_run(tiny_config_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Seven steps, checkpointed every five."""
    from odapi_ssd.training import run as training

    run = Run(tiny_config_path, tmp_path_factory.mktemp("run") / "model", RecordedProgress())
    training.train(run.flags(checkpoint_every_n=5), progress=run.progress)
    return run


@pytest.fixture(scope="session")
def run_without_note(trained_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of trained_run as the API's own loop leaves it: nothing says its config."""
    directory = tmp_path_factory.mktemp("without_note") / "model"
    shutil.copytree(trained_run.model_dir, directory)
    (directory / NOTE_NAME).unlink()
    return directory


@pytest.fixture(scope="session")
def exported_dir(trained_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of trained_run."""
    from odapi_ssd.deployment import export as exporting

    directory = tmp_path_factory.mktemp("export") / "exported"
    exporting.export(
        {
            "pipeline_config_path": str(trained_run.config_path),
            "trained_checkpoint_dir": str(trained_run.model_dir),
            "output_directory": str(directory),
        }
    )
    return directory
