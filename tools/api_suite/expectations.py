"""Cases that cannot pass, each with its reason: `expectations.json`.

An entry has a file, some of its cases, a part of the message that they fail with, the kind of
reason (a key of `REASONS`) and why. `shown_by` names a test of this project that shows the tested
code to be right; it is required where the reason is a fault of the API's test itself.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.api_suite.suite import FileResult

__all__ = ["REASONS", "Expectation", "find_surprises", "read_expectations"]

REASONS = {
    "file": "needs a data file that the package does not ship",
    "network": "needs the network",
    "tool": "needs a tool that is not a dependency",
    "test": "the fault is in the test itself",
}

_PATH = Path(__file__).with_name("expectations.json")


@dataclass(frozen=True)
class Expectation:
    """Cases of one file that fail for one reason; `shown_by` is a pytest node id."""

    file: str
    cases: tuple[str, ...]
    message: str
    reason: str
    why: str
    shown_by: str = ""

    def __post_init__(self) -> None:
        """Rejects an entry without cases or a reason, or without proof that the test is wrong."""
        if self.reason not in REASONS:
            raise ValueError(f"{self.file}: {self.reason!r} is not one of {', '.join(REASONS)}")
        if not (self.cases and self.message and self.why):
            raise ValueError(f"{self.file}: an expectation needs cases, a message and a why")
        if self.reason == "test" and not self.shown_by:
            raise ValueError(f"{self.file}: shown_by must name our test that shows the fault")


def read_expectations(path: Path = _PATH) -> list[Expectation]:
    """All entries of the file.

    Raises:
        ValueError: an entry is incomplete, or a case is listed twice.
    """
    entries = json.loads(path.read_text(encoding="utf-8"))
    expectations = [Expectation(**{**entry, "cases": tuple(entry["cases"])}) for entry in entries]
    seen: set[tuple[str, str]] = set()
    for expectation in expectations:
        for case in expectation.cases:
            if (expectation.file, case) in seen:
                raise ValueError(f"{path}: {expectation.file} {case} is listed twice")
            seen.add((expectation.file, case))
    return expectations


def find_surprises(results: Iterable[FileResult], expectations: Iterable[Expectation]) -> list[str]:
    """One line per unexpected failure, other error message, and missing expected failure."""
    expected: dict[str, dict[str, str]] = {}
    for item in expectations:
        expected.setdefault(item.file, {}).update(dict.fromkeys(item.cases, item.message))
    surprises = []
    for result in results:
        may_fail = expected.get(result.name, {})
        if result.error and not any(message in result.error for message in may_fail.values()):
            surprises.append(f"{result.name}: {result.error}")
            continue
        surprises += [
            f"{result.name} {case.name} failed: {case.message}"
            for case in result.cases
            if case.outcome == "failed"
            and not (case.name in may_fail and may_fail[case.name] in case.message)
        ]
        outcomes = {case.name: case.outcome for case in result.cases}
        surprises += [
            f"{result.name} {case} {outcomes.get(case, 'does not exist')}: "
            "remove it from tools/api_suite/expectations.json"
            for case in sorted(may_fail)
            if outcomes.get(case) != "failed"
        ]
    return surprises
