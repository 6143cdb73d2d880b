"""A progress whose reports tests look at."""

import signal

from odapi_ssd.progress import Progress, StepReport


class RecordedProgress(Progress):
    """Keeps what is reported.

    Attributes:
        phases: their texts.
        warnings: their texts.
        counts: num_done and num_total of each advance.
        reports: of training steps.
        saved_steps: the steps of the checkpoints saved.
    """

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.warnings: list[str] = []
        self.counts: list[tuple[int, int | None]] = []
        self.reports: list[StepReport] = []
        self.saved_steps: list[int] = []

    def phase(self, text: str) -> None:
        self.phases.append(text)

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def advance(self, num_done: int, num_total: int | None) -> None:
        self.counts.append((num_done, num_total))

    def step(self, report: StepReport) -> None:
        self.reports.append(report)

    def saved(self, path: str, step: int) -> None:
        self.saved_steps.append(step)


class InterruptedProgress(Progress):
    """Ctrl-C as soon as some number of items are done."""

    def __init__(self, at: int) -> None:
        self._at = at

    def advance(self, num_done: int, num_total: int | None) -> None:
        if num_done == self._at:
            raise KeyboardInterrupt


class SignalledProgress(RecordedProgress):
    """This process gets a signal as soon as some number of items are done."""

    def __init__(self, number: signal.Signals, at: int) -> None:
        super().__init__()
        self._number, self._at = number, at

    def advance(self, num_done: int, num_total: int | None) -> None:
        super().advance(num_done, num_total)
        if num_done == self._at:
            signal.raise_signal(self._number)
