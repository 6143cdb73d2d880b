"""Faults of a dataset: what is wrong with one of its files, for the user."""

from dataclasses import dataclass

__all__ = ["Fault", "fault_of_line"]


@dataclass(frozen=True)
class Fault:
    """A fault.

    Attributes:
        file: the annotation that it is in, as messages name it, or what else has the fault, such as
            an entry of a split.
        line: what is wrong and what was expected; mostly it begins with `file`.
        key: the image that cannot be used because of it; None if there is none.
    """

    file: str
    line: str
    key: str | None = None

    @property
    def reason(self) -> str:
        """The line without the file."""
        if not self.line.startswith(self.file):
            return self.line
        return self.line[len(self.file) :].lstrip(":, ") or self.line


def fault_of_line(line: str, key: str | None = None) -> Fault:
    """A fault of a line as formats write them: `a.xml: is empty`, `a.xml, object 1: has no name`.

    Args:
        line: the line.
        key: the image's key; the file's name may contain it, with a colon of its own.
    """
    name_end = line.find(key) + len(key) if key and key in line else 0
    ends = [line.find(mark, name_end) for mark in (": ", ", object ")]
    found = [end for end in ends if end >= 0]
    return Fault(line[: min(found)] if found else key or line, line, key)
