"""Watches a training run: counts and times its steps, reports them, and notices divergence."""

import math
import time
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from odapi_ssd.errors import OdapiError
from odapi_ssd.progress import Progress, StepReport
from odapi_ssd.training.loss_history import NUM_RECENT_STEPS, LossHistory
from odapi_ssd.training.setup import TrainingSetup

__all__ = ["TrainingMonitor"]

_SECONDS_BETWEEN_REPORTS = 1.0
# A loss that has grown a thousandfold may come down again. If it has not at so many reports in
# succession, it will not.
_MAX_REPORTS_OF_GROWTH = 10
_REMEDY = (
    "lower the learning rate, lengthen its warm-up or set train_config.gradient_clipping_by_norm, "
    "and look at the training images."
)


@dataclass
class TrainingMonitor:
    """Counts the steps of a training run, times them and reports them.

    Attributes:
        setup: the model that is trained, with its input and optimizer.
        progress: gets a report of the first step, of the last one, and once a second.
        step: steps done, those of earlier runs included.
        is_first_step: no step is done yet in this process; the first one includes tracing.
    """

    setup: TrainingSetup
    progress: Progress
    step: int = field(init=False)
    is_first_step: bool = field(default=True, init=False)
    _losses: dict[str, Any] = field(default_factory=dict, init=False)
    _history: LossHistory = field(default_factory=LossHistory, init=False)
    _num_reports_of_growth: int = field(default=0, init=False)
    _steps_per_second: float = field(default=0.0, init=False)
    _last_time: float = field(init=False)
    _last_report: tuple[int, float] = field(default=(0, 0.0), init=False)

    def __post_init__(self) -> None:
        self.step = self.setup.step
        self._last_time = time.monotonic()

    @property
    def num_steps(self) -> int:
        """The step at which training ends."""
        return int(self.setup.train_config.num_steps)

    def step_done(self, losses: dict[str, Any]) -> None:
        """Counts a step, and reports it if the last report is a while ago.

        Args:
            losses: scalar tensors by the API's names.
        Raises:
            OdapiError: the step is reported, and its loss is NaN or infinite, or the losses have
                grown a thousandfold and stay there.
        """
        now = time.monotonic()
        self.step += 1
        self._losses = losses
        self._history.add(losses["Loss/total_loss"])
        self._steps_per_second = 1.0 / max(now - self._last_time, 1e-9)
        self._last_time = now
        is_due = now - self._last_report[1] >= _SECONDS_BETWEEN_REPORTS
        if self.is_first_step or is_due or self.step == self.num_steps:
            self._require_sane_report()
            self.progress.step(self._report(now))
            self._last_report = (self.step, now)
        self.is_first_step = False

    def _report(self, now: float) -> StepReport:
        speed = 0.0  # steps per second
        if not self.is_first_step:
            last_step, last_time = self._last_report
            speed = (self.step - last_step) / max(now - last_time, 1e-9)
        return StepReport(
            step=self.step,
            num_steps=self.num_steps,
            losses={name: float(loss) for name, loss in self._losses.items()},
            learning_rate=float(self.setup.learning_rate()),
            images_per_second=speed * self.setup.train_config.batch_size,
            seconds_left=(self.num_steps - self.step) / speed if speed else None,
        )

    def write_summaries(self) -> None:
        """Writes the step's scalars under the API's names."""
        scalars = {**self._losses, "learning_rate": self.setup.learning_rate()}
        with tf.summary.record_if(True):
            tf.summary.scalar("steps_per_sec", self._steps_per_second, step=self.step)
            for name, value in scalars.items():
                tf.summary.scalar(name, value, step=self.step)

    def is_loss_sane(self) -> bool:
        """Whether the last steps' weights are worth saving; true before a step."""
        return self.is_loss_finite() and not self._history.has_grown()

    def require_sane_loss(self) -> None:
        """Ends training that has diverged; to be called before a checkpoint is saved.

        Raises:
            OdapiError: the last step's total loss is NaN or infinite, or those of the last steps
                are more than a thousandfold of the first one.
        """
        self.require_finite_loss()
        if not self._history.has_grown():
            return
        raise OdapiError(
            f"Training diverged: the loss has grown from {self._history.start:.3g} at the first "
            f"step to {self._history.recent:.3g} at step {self.step} (median of the last "
            f"{NUM_RECENT_STEPS} steps). The checkpoints saved before are untouched.",
            hint=_REMEDY,
        )

    def _require_sane_report(self) -> None:
        """At a report, growth may still be a phase that passes; at the last step it is not."""
        self.require_finite_loss()
        has_grown = self._history.has_grown()
        self._num_reports_of_growth = self._num_reports_of_growth + 1 if has_grown else 0
        if self._num_reports_of_growth >= _MAX_REPORTS_OF_GROWTH or self.step == self.num_steps:
            self.require_sane_loss()

    def is_loss_finite(self) -> bool:
        """Whether the last step's total loss is neither NaN nor infinite; true before a step."""
        return not self._losses or math.isfinite(self._losses["Loss/total_loss"])

    def require_finite_loss(self) -> None:
        """Ends training that has diverged: more steps would be wasted, and overwrite good ones.

        Raises:
            OdapiError: the last step's total loss is NaN or infinite.
        """
        if self.is_loss_finite():
            return
        names = [name for name, loss in self._losses.items() if not math.isfinite(loss)]
        raise OdapiError(
            f"Training diverged: at step {self.step} the loss is NaN or infinite "
            f"({', '.join(names)}). The checkpoints saved before are untouched.",
            hint=_REMEDY,
        )
