"""The cases that cannot pass, each with its reason, in `expectations.json`.

An entry names a file, some of its cases, a part of the message that they fail with, the kind of
reason (`REASONS`) and why. `shown_by` names a test of ours that shows the code under test to be
right; it is needed where the fault is said to lie in the API's test itself.
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
    """Cases of one file that fail for one reason; `shown_by` is what pytest takes."""

    file: str
    cases: tuple[str, ...]
    message: str
    reason: str
    why: str
    shown_by: str = ""

    def __post_init__(self) -> None:
        """Refuses what could hide a failure: no cases, no reason, a fault that nothing shows."""
        if self.reason not in REASONS:
            raise ValueError(f"{self.file}: {self.reason!r} is none of {', '.join(REASONS)}")
        if not (self.cases and self.message and self.why):
            raise ValueError(f"{self.file}: an expectation needs cases, a message and a why")
        if self.reason == "test" and not self.shown_by:
            raise ValueError(f"{self.file}: which test of ours shows that the test is at fault?")


def read_expectations(path: Path = _PATH) -> list[Expectation]:
    """All entries of the file.

    Raises:
        ValueError: an entry is incomplete, or a case stands there twice.
    """
    entries = json.loads(path.read_text(encoding="utf-8"))
    expectations = [Expectation(**{**entry, "cases": tuple(entry["cases"])}) for entry in entries]
    seen: set[tuple[str, str]] = set()
    for expectation in expectations:
        for case in expectation.cases:
            if (expectation.file, case) in seen:
                raise ValueError(f"{path}: {expectation.file} {case} stands there twice")
            seen.add((expectation.file, case))
    return expectations


def find_surprises(results: Iterable[FileResult], expectations: Iterable[Expectation]) -> list[str]:
    """A line for each case that fails and should not, or not so, or should fail and does not."""
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
            f"{result.name} {case} {outcomes.get(case, 'is not there')}: "
            "take it off tools/api_suite/expectations.json"
            for case in sorted(may_fail)
            if outcomes.get(case) != "failed"
        ]
    return surprises
