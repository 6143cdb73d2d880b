"""The losses of a run's steps, as far as they show whether it diverges. Pure Python.

A learning rate that is far too high need not end in NaN: the losses of a detector grow with the
logarithm or linearly, so that such a run can go on for ever with a loss of 1e12. That is noticed by
comparing the last steps with the first one, whose loss is that of the weights before any update. A
single batch with a high loss, or a few, is not divergence; so the median of several steps counts.
"""

import statistics
from collections import deque
from typing import SupportsFloat

__all__ = ["NUM_RECENT_STEPS", "LossHistory"]

NUM_RECENT_STEPS = 10
_MAX_GROWTH = 1000.0
# The loss at the start may be all but 0, as in a run that is resumed, or be that of a batch without
# objects. Growth from such a loss says nothing until it is past a thousandfold of this one.
_MIN_START = 1.0


class LossHistory:
    """The first loss of a run, or of its continuation, and those of the last steps.

    Losses are kept as they come and become numbers only when somebody asks, because reading a
    tensor makes this process wait for its device.
    """

    def __init__(self) -> None:
        self._first: SupportsFloat | None = None
        self._recent: deque[SupportsFloat] = deque(maxlen=NUM_RECENT_STEPS)

    def add(self, loss: SupportsFloat) -> None:
        """Adds the total loss of the next step: a number or a scalar tensor."""
        if self._first is None:
            self._first = loss
        else:
            self._recent.append(loss)

    @property
    def start(self) -> float:
        """The loss of the first step; 0 before it."""
        return 0.0 if self._first is None else float(self._first)

    @property
    def recent(self) -> float:
        """The median of the last steps, the first step aside; the first loss if there is none.

        Of an even number of steps it is the lower one of the two in the middle.
        """
        return statistics.median_low(map(float, self._recent)) if self._recent else self.start

    def has_grown(self) -> bool:
        """Whether the last steps' losses are more than a thousandfold of the first one."""
        return self.recent > _MAX_GROWTH * max(self.start, _MIN_START)
