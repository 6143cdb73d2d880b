"""How progress looks: live on a terminal, plain lines elsewhere."""

import contextlib
import errno
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from odapi_ssd import interrupts
from odapi_ssd.cli.console import print_warnings
from odapi_ssd.progress import Progress, StepReport

if TYPE_CHECKING:
    from rich import progress as rich_progress
    from rich.status import Status

__all__ = ["PhaseLines", "item_display", "training_display"]

_SECONDS_BETWEEN_LINES = 10.0


@contextlib.contextmanager
def _output_lost_ends_work() -> Iterator[None]:
    """Ends the work, in order, when what it prints cannot be written: the pipe's reader is gone.

    While it ends it goes on in silence.
    """
    try:
        yield
    except OSError as error:
        if interrupts.pending() is None:
            is_closed = error.errno in (errno.EPIPE, errno.EIO)
            what = "was closed" if is_closed else f"cannot be written: {error.strerror}"
            interrupts.end_work(f"standard output {what}", 1)


class _Display(Progress):
    """Warnings go to standard error."""

    def warning(self, text: str) -> None:
        with contextlib.suppress(OSError):  # what nobody reads
            print_warnings([text])


class PhaseLines(_Display):
    """A line per phase, on a terminal too."""

    def phase(self, text: str) -> None:
        """Prints the line."""
        with _output_lost_ends_work():
            click.echo(text)


@contextlib.contextmanager
def item_display(label: str) -> Iterator[Progress]:
    """Shows how many items are done: a bar on a terminal, else a line now and then.

    Args:
        label: what the items are and what is done with them, as in "Images converted".
    """
    if not sys.stdout.isatty():
        yield _ItemLines(label)
        return
    from rich import progress as rich_progress

    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns) as bars:
        display = _ItemBar(bars, label)
        try:
            yield display
        finally:
            display.close()


@contextlib.contextmanager
def training_display() -> Iterator[Progress]:
    """Shows phases, steps and checkpoints with the time: a live line on a terminal, else lines."""
    if not sys.stdout.isatty():
        yield _TrainingLines()
        return
    from rich.console import Console

    with Console().status("Starting") as status:
        yield _LiveTraining(status)


class _ItemLines(PhaseLines):
    def __init__(self, label: str) -> None:
        self._label = label
        self._last_line: float | None = None

    def advance(self, num_done: int, num_total: int | None) -> None:
        now = time.monotonic()
        if self._last_line is None:  # loading a model before it takes its own time
            self._last_line = now
        if num_done == num_total or now - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = now
            self.phase(f"{self._label}: {num_done}" + (f"/{num_total}" if num_total else ""))


class _ItemBar(_Display):
    def __init__(self, bars: "rich_progress.Progress", label: str) -> None:
        self._bars = bars
        self._task = bars.add_task(label, total=None)
        self._has_advanced = False

    def phase(self, text: str) -> None:
        with _output_lost_ends_work():
            self._bars.console.print(text, markup=False, highlight=False)

    def advance(self, num_done: int, num_total: int | None) -> None:
        self._has_advanced = True
        self._bars.update(self._task, completed=num_done, total=num_total)

    def close(self) -> None:
        """Removes a bar that has counted nothing."""
        if not self._has_advanced:
            self._bars.remove_task(self._task)


class _TrainingLines(_Display):
    def __init__(self) -> None:
        self._start = time.monotonic()
        self._last_line = 0.0

    def phase(self, text: str) -> None:
        with _output_lost_ends_work():
            click.echo(f"[{_clock(time.monotonic() - self._start)}] {text}")

    def step(self, report: StepReport) -> None:
        now = time.monotonic()
        is_due = now - self._last_line >= _SECONDS_BETWEEN_LINES
        if is_due or report.step == report.num_steps:
            self._last_line = now
            self.phase(_describe(report))

    def saved(self, path: str, step: int) -> None:
        self.phase(f"saved {path} (step {step})")


class _LiveTraining(_Display):
    def __init__(self, status: "Status") -> None:
        self._status = status
        self._start = time.monotonic()

    def phase(self, text: str) -> None:
        self._print(text)
        self._status.update(text)

    def step(self, report: StepReport) -> None:
        self._status.update(_describe(report))
        if report.step == report.num_steps:
            self._print(_describe(report))

    def saved(self, path: str, step: int) -> None:
        self._print(f"saved {path} (step {step})")

    def _print(self, text: str) -> None:
        elapsed = _clock(time.monotonic() - self._start)
        with _output_lost_ends_work():
            self._status.console.print(f"[{elapsed}] {text}", markup=False, highlight=False)


def _describe(report: StepReport) -> str:
    """One line: step, losses, speed, time left."""
    parts = [f"step {report.step}/{report.num_steps}", f"loss {report.total_loss:.3f}"]
    single = {
        name.removeprefix("Loss/").removesuffix("_loss"): loss
        for name, loss in report.losses.items()
        if name != "Loss/total_loss"
    }
    if single:
        parts.append("(" + ", ".join(f"{name} {loss:.3f}" for name, loss in single.items()) + ")")
    parts.append(f"lr {report.learning_rate:.2g}")
    if report.images_per_second:
        parts.append(f"{report.images_per_second:.1f} images/s")
    if report.seconds_left is not None and report.step < report.num_steps:
        parts.append(f"{_clock(report.seconds_left)} left")
    return "  ".join(parts)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
