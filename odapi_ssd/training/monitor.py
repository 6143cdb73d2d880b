"""Counts and times the steps of a training run, tells of them, and sees when it diverges."""

import math
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from odapi_ssd.errors import OdapiError
from odapi_ssd.progress import Progress, StepReport
from odapi_ssd.training.setup import TrainingJob

__all__ = ["TrainingMonitor"]

_SECONDS_BETWEEN_REPORTS = 1.0


@dataclass
class TrainingMonitor:
    """Counts the steps, times them, and tells of them."""

    job: TrainingJob
    num_steps: int
    progress: Progress
    step: int = field(init=False)
    is_first_step: bool = field(default=True, init=False)
    _losses: dict[str, Any] = field(default_factory=dict, init=False)
    _steps_per_second: list[float] = field(default_factory=list, init=False)
    _last_time: float = field(default_factory=time.monotonic, init=False)
    _reported: tuple[int, float] = field(default=(0, 0.0), init=False)

    def __post_init__(self) -> None:
        self.step = self.job.step

    def step_done(self, losses: dict[str, Any]) -> None:
        """Takes note of a step, and reports it if the last report is a while ago."""
        now = time.monotonic()
        self.step += 1
        self._losses = losses
        self._steps_per_second.append(1.0 / max(now - self._last_time, 1e-9))
        self._last_time = now
        is_due = now - self._reported[1] >= _SECONDS_BETWEEN_REPORTS
        if self.is_first_step or is_due or self.step == self.num_steps:
            self.require_finite_loss()
            self.progress.step(self._report(now))
            self._reported = (self.step, now)
        self.is_first_step = False

    def _report(self, now: float) -> StepReport:
        speed = 0.0
        if not self.is_first_step:
            reported_step, reported_time = self._reported
            speed = (self.step - reported_step) / max(now - reported_time, 1e-9)
        return StepReport(
            step=self.step,
            num_steps=self.num_steps,
            losses={name: float(loss) for name, loss in self._losses.items()},
            learning_rate=float(self.job.learning_rate()),
            images_per_second=speed * self.job.train_config.batch_size,
            seconds_left=(self.num_steps - self.step) / speed if speed else None,
        )

    def write_summaries(self) -> None:
        """Writes the step's scalars under the API's names."""
        scalars = {**self._losses, "learning_rate": self.job.learning_rate()}
        with tf.summary.record_if(True):
            tf.summary.scalar("steps_per_sec", self._steps_per_second[-1], step=self.step)
            for name, value in scalars.items():
                tf.summary.scalar(name, value, step=self.step)

    def is_loss_finite(self) -> bool:
        """Whether the last step's total loss is a number; true before the first step."""
        return not self._losses or math.isfinite(self._losses["Loss/total_loss"])

    def require_finite_loss(self) -> None:
        """Ends training if it has diverged: what follows would be wasted, and overwrite."""
        if self.is_loss_finite():
            return
        names = [name for name, loss in self._losses.items() if not math.isfinite(loss)]
        raise OdapiError(
            f"Training diverged: at step {self.step} the loss is no longer a finite number "
            f"({', '.join(names)}). The checkpoints saved before are untouched.",
            hint="lower the learning rate, lengthen its warm-up or set "
            "train_config.gradient_clipping_by_norm, and look at the training images.",
        )

    def performance(self) -> dict[str, float]:
        """Speed over all steps of this process, under the names of the API's exporter."""
        speeds = self._steps_per_second or [0.0]
        return {
            "steps_per_sec": statistics.fmean(speeds),
            "steps_per_sec_p50": statistics.median(speeds),
            "steps_per_sec_max": max(speeds),
            "last_batch_loss": float(self._losses.get("Loss/total_loss", math.nan)),
        }
