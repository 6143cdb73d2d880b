"""What a check finds: problems, warnings and facts, in the order in which they are met."""

from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["CONFIGURE", "PLACEHOLDER", "Finding", "Findings", "where_paths_start"]

# What the API's sample configs hold where a path must be filled in.
PLACEHOLDER = "PATH_TO_BE_CONFIGURED"
CONFIGURE = "`odapi-ssd configure` fills in the paths of a converted dataset"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or may be.

    Attributes:
        path: the config's field, dotted, as `--set` takes it.
        problem: what is there, and what was expected.
        remedy: what to do about it.
    """

    path: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" + (f"; {self.remedy}" if self.remedy else "")


@dataclass
class Findings:
    """Collects what the parts of a check find.

    Attributes:
        problems: what would fail, or silently do something else than the config says.
        warnings: what works but is rarely meant.
        facts: name and value of what is worth knowing, for a table.
    """

    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)

    def problem(self, path: str, problem: str, remedy: str = "") -> None:
        """Notes something that must be put right."""
        self.problems.append(Finding(path, problem, remedy))

    def warning(self, path: str, problem: str, remedy: str = "") -> None:
        """Notes something that is probably not meant."""
        self.warnings.append(Finding(path, problem, remedy))

    def fact(self, name: str, value: object) -> None:
        """Notes something worth knowing."""
        self.facts.append((name, str(value)))

    def add(self, other: "Findings", *, as_warnings: bool = False) -> None:
        """Takes over another collection; its problems become warnings if `as_warnings`."""
        (self.warnings if as_warnings else self.problems).extend(other.problems)
        self.warnings.extend(other.warnings)
        self.facts.extend(other.facts)


def where_paths_start() -> str:
    """A remedy for a path that leads nowhere."""
    return f"relative paths count from the current folder, {Path.cwd()}"
