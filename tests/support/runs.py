"""A finished training run, as fixtures hand it to tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.recorded_progress import RecordedProgress


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
