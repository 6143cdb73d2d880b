"""How training looks: a live line on a terminal, plain lines elsewhere."""

import contextlib
import sys
import time
from collections.abc import Iterator

import click

from odapi_ssd.progress import StepReport, TrainingProgress

__all__ = ["training_display"]

_SECONDS_BETWEEN_LINES = 10.0


@contextlib.contextmanager
def training_display() -> Iterator[TrainingProgress]:
    """Yields what training reports to."""
    if not sys.stdout.isatty():
        yield _Lines()
        return
    from rich.console import Console

    with Console().status("Starting") as status:
        yield _Live(status)


class _Lines:
    def __init__(self) -> None:
        self._start = time.monotonic()
        self._last_line = 0.0

    def phase(self, text: str) -> None:
        click.echo(f"[{_clock(time.monotonic() - self._start)}] {text}")

    def step(self, report: StepReport) -> None:
        now = time.monotonic()
        is_due = now - self._last_line >= _SECONDS_BETWEEN_LINES
        if is_due or report.step == report.num_steps:
            self._last_line = now
            click.echo(f"[{_clock(now - self._start)}] {_describe(report)}")

    def saved(self, path: str, step: int) -> None:
        self.phase(f"saved {path} (step {step})")


class _Live:
    def __init__(self, status) -> None:
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
