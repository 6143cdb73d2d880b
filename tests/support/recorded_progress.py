"""A progress that the tests of training look at."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class RecordedProgress:
    """Keeps what training reports."""

    phases: list[str] = field(default_factory=list)
    reports: list[Any] = field(default_factory=list)
    saved_steps: list[int] = field(default_factory=list)

    def phase(self, text: str) -> None:
        self.phases.append(text)

    def step(self, report: Any) -> None:
        self.reports.append(report)

    def saved(self, path: str, step: int) -> None:
        self.saved_steps.append(step)
