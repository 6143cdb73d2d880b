"""How long-running work reports its progress.

Every function that takes a while has a parameter `progress`, a `Progress`; callers override the
methods that they want. Those of the command line are in `cli/progress_display.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["SILENT", "Progress", "StepReport"]


@dataclass(frozen=True)
class StepReport:
    """The state of a training run after a step.

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


class Progress:
    """Receives progress reports and ignores them; subclasses override what they show.

    The methods are called by the work itself, in its thread, so they should be quick. What they
    raise ends the work, as Ctrl-C does.
    """

    def phase(self, text: str) -> None:
        """Something that takes a while begins, or is worth a line."""

    def warning(self, text: str) -> None:
        """Something is probably not meant; the work goes on."""

    def advance(self, num_done: int, num_total: int | None) -> None:
        """Of num_total items (None: an unknown number) num_done are done."""

    def step(self, report: StepReport) -> None:
        """A training step is done. Called once a second, and for the first and the last step."""

    def saved(self, path: str, step: int) -> None:
        """The checkpoint of a training step is on disk."""


SILENT = Progress()
"""The default where a function takes a `Progress`."""
