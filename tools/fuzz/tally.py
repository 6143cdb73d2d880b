"""Counts outcomes, and shows them as a table and as JSON."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tools.fuzz.judging import ESCAPE, Outcome

__all__ = ["Tally"]

_NUM_CASES_NAMED = 3


@dataclass
class Tally:
    """The outcomes of one kind.

    Attributes:
        kind: its name.
        verdicts: how many cases came to each verdict.
        remarks: how often the target made each remark.
        escapes: the outcomes that escaped.
        seconds: from the start of the first case to the end of the last.
        slowest: the longest that a case took, in seconds.
        memory_mb: the most that a case needed.
    """

    kind: str
    verdicts: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    escapes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0
    memory_mb: float = 0.0
    _start: float | None = None

    def add(self, outcome: Outcome) -> None:
        """Counts one outcome."""
        self.verdicts[outcome.verdict] += 1
        self.remarks.update(outcome.remarks)
        now = time.monotonic()
        # From when the first is done: what comes before is the workers' start.
        self._start = self._start or now - outcome.seconds
        self.seconds = now - self._start
        self.slowest = max(self.slowest, outcome.seconds)
        self.memory_mb = max(self.memory_mb, outcome.memory_mb)
        if outcome.verdict == ESCAPE:
            self.escapes.append(outcome)

    def row(self) -> dict[str, Any]:
        """One line of the table."""
        num_cases = self.verdicts.total()
        return {
            "kind": self.kind,
            "cases": f"{num_cases:,}",
            "accepted": f"{self.verdicts['accepted']:,}",
            "refused with a message": f"{self.verdicts['refused']:,}",
            "escapes": f"{self.verdicts[ESCAPE]:,}",
            "cases/s": f"{num_cases / self.seconds:.0f}" if self.seconds else "–",
            "slowest s": f"{self.slowest:.1f}",
            "most MB": f"{self.memory_mb:.0f}",
        }

    def causes(self) -> list[str]:
        """The escapes by cause, the most frequent first, one line each."""
        cases: dict[str, list[str]] = {}
        for escape in self.escapes:
            cases.setdefault(escape.summary, []).append(escape.case)
        ordered = sorted(cases.items(), key=lambda item: -len(item[1]))
        return [
            f"{len(found)} × {summary} ({', '.join(found[:_NUM_CASES_NAMED])})"
            for summary, found in ordered
        ]

    def as_json(self) -> dict[str, Any]:
        """All that is known, for a file."""
        return {
            "kind": self.kind,
            "verdicts": dict(self.verdicts),
            "remarks": dict(self.remarks),
            "seconds": self.seconds,
            "slowest": self.slowest,
            "memory_mb": self.memory_mb,
            "escapes": [vars(escape) for escape in self.escapes],
        }
