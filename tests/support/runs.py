"""Training runs, and what tests look at in their directories."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from odapi_ssd.training.run import TrainOptions
from tests.support.recorded_progress import RecordedProgress


@dataclass(frozen=True)
class Run:
    """A finished training run."""

    config_path: Path
    model_dir: Path
    progress: RecordedProgress

    def options(self, **changes: Any) -> TrainOptions:
        """Options that would start or resume it."""
        return TrainOptions(
            **{
                "pipeline_config_path": str(self.config_path),
                "model_dir": str(self.model_dir),
                **changes,
            }
        )


def saved_steps(model_dir: Path) -> list[int]:
    """The global step in each of a directory's checkpoints."""
    import tensorflow as tf

    state = tf.train.get_checkpoint_state(str(model_dir))
    return [
        int(tf.train.load_variable(path, "step/.ATTRIBUTES/VARIABLE_VALUE"))
        for path in state.all_model_checkpoint_paths
    ]


def kernels(model_dir: Path) -> dict[str, np.ndarray]:
    """The convolution kernels of a directory's newest checkpoint by name."""
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(model_dir))
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if name.startswith("model/") and "kernel/.ATTR" in name
    }


def assert_same_kernels(actual: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    """All are equal, bit for bit, and there are as many as a network has."""
    assert actual.keys() == expected.keys()
    assert len(expected) > 50
    assert all(np.array_equal(actual[name], expected[name]) for name in expected)
