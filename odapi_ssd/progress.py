"""What the long-running work tells whoever watches it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

__all__ = ["SilentProgress", "StepReport", "TrainingProgress"]


@dataclass(frozen=True)
class StepReport:
    """Where training stands after a step.

    Attributes:
        step: steps done, those of earlier runs included.
        num_steps: the step at which training ends.
        losses: the step's losses by the API's names; the sum is `Loss/total_loss`.
        learning_rate: as of the next step.
        images_per_second: since the previous report; 0 in the first, which includes tracing.
        seconds_left: estimated from the same; None where there is no estimate yet.
    """

    step: int
    num_steps: int
    losses: Mapping[str, float]
    learning_rate: float
    images_per_second: float
    seconds_left: float | None

    @property
    def total_loss(self) -> float:
        """The loss that is minimized."""
        return self.losses["Loss/total_loss"]


class TrainingProgress(Protocol):
    """Receives what training tells; called from the training loop, so it should be quick."""

    def phase(self, text: str) -> None:
        """Something that takes a while begins."""

    def step(self, report: StepReport) -> None:
        """A step is done. Called about once a second, and for the first and the last step."""

    def saved(self, path: str, step: int) -> None:
        """A checkpoint is on disk."""


class SilentProgress:
    """Tells nobody."""

    def phase(self, text: str) -> None:
        """Does nothing."""

    def step(self, report: StepReport) -> None:
        """Does nothing."""

    def saved(self, path: str, step: int) -> None:
        """Does nothing."""
