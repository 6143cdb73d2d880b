"""Findings of a check: problems, warnings and facts, in the order in which they are found."""

from dataclasses import dataclass, field

from odapi_ssd.errors import printable_lines

__all__ = ["Finding", "Findings"]


@dataclass(frozen=True)
class Finding:
    """One problem or warning.

    Attributes:
        path: the config's field, dotted, as `--set` takes it.
        problem: what was found, and what was expected.
        remedy: what to do about it; empty if the problem makes it plain.
    """

    path: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        text = f"{self.path}: {self.problem}" + (f"; {self.remedy}" if self.remedy else "")
        return printable_lines(text)


@dataclass
class Findings:
    """Collects the findings of all parts of a check.

    Attributes:
        problems: faults that would stop the work, or silently make it differ from the config.
        warnings: settings that work but are rarely meant.
        facts: names and values worth knowing, for a table.
    """

    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)

    def problem(self, path: str, problem: str, remedy: str = "") -> None:
        """Adds a problem: something that must be put right."""
        self.problems.append(Finding(path, problem, remedy))

    def warning(self, path: str, problem: str, remedy: str = "") -> None:
        """Adds a warning: something that is probably not meant."""
        self.warnings.append(Finding(path, problem, remedy))

    def has_problem_in(self, path: str) -> bool:
        """Whether a problem was found with a field or with one below it."""
        return any(
            problem.path == path or problem.path.startswith((f"{path}.", f"{path}["))
            for problem in self.problems
        )

    def fact(self, name: str, value: object) -> None:
        """Adds a fact: something worth knowing."""
        self.facts.append((name, str(value)))

    def add(self, other: "Findings", *, as_warnings: bool = False) -> None:
        """Adds all findings of another collection; with `as_warnings`, its problems as warnings."""
        (self.warnings if as_warnings else self.problems).extend(other.problems)
        self.warnings.extend(other.warnings)
        self.facts.extend(other.facts)
