"""The errors that a user may see.

Everything that is wrong with what a user gave (files, flags, configs, environment) is raised as an
`OdapiError`; the command line prints it as one message and exits with status 1, or with status 2
for an `OptionError`. Any other exception is a fault of the program.
"""

import unicodedata
from collections.abc import Iterable
from typing import Any

__all__ = [
    "OdapiError",
    "OptionError",
    "printable_lines",
    "require_at_least",
    "require_between",
    "require_not_empty",
]


_MAX_LINE = 2000


def printable_lines(text: str) -> str:
    r"""A message as a terminal may show it, with its line breaks.

    Files and their contents come from strangers: a class may be named by a sequence that clears
    the screen, or by a megabyte.

    Returns:
        The text with control characters and what is not Unicode as escapes, `\x1b`, and without
        the middle of lines of more than 2,000 characters.
    """
    return "\n".join(_shortened(_escaped(line)) for line in text.split("\n"))


def _escaped(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(
        # Spaces of other scripts are not printable by Python's definition.
        one if one.isprintable() or unicodedata.category(one) == "Zs"
        else one.encode("unicode_escape").decode()
        for one in line
    )  # fmt: skip


def _shortened(line: str) -> str:
    half = _MAX_LINE // 2
    if len(line) <= _MAX_LINE:
        return line
    return f"{line[:half]} … ({len(line) - 2 * half:,} more) … {line[-half:]}"


class OdapiError(Exception):
    """One message that says what is wrong, where, and what to do.

    Attributes:
        problem: what is wrong and where, with what was received and what was expected.
        details: the offenders, all of them, one line each; empty if the problem names the only one.
        hint: what the user can do next; None if the problem makes it plain.
    """

    def __init__(self, problem: str, *, details: Iterable[str] = (), hint: str | None = None):
        self.problem = printable_lines(problem)
        self.details = tuple(map(printable_lines, details))
        self.hint = None if hint is None else printable_lines(hint)
        super().__init__(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        # For its way out of a worker process: by default it is made anew, of its text alone.
        return type(self).__new__, (type(self), *self.args), self.__dict__

    def __str__(self) -> str:
        lines = [self.problem]
        lines += [f"  - {detail}" for detail in self.details]
        if self.hint:
            lines.append(f"What to do: {self.hint}")
        return "\n".join(lines)


class OptionError(OdapiError):
    """The call was wrong: a value that its option never takes, or options that exclude each other.

    Raised before any work is done; what is wrong with the files that an option names is an
    `OdapiError`.

    Attributes:
        option: the option, spelled as in Python: `num_shards` for `--num_shards`.
    """

    def __init__(self, option: str, problem: str, *, hint: str | None = None):
        """Makes the message `--option problem`.

        Args:
            option: the option.
            problem: what was received and what was expected: "is 0; 1 or more was expected".
            hint: what the user can do next.
        """
        self.option = option
        super().__init__(f"--{option} {problem}", hint=hint)


def require_at_least(option: str, value: float | None, least: float) -> None:
    """Makes sure that an option's number is not too small; None, an option not given, passes.

    Raises:
        OptionError: it is, or it is NaN.
    """
    if value is not None and not value >= least:
        raise OptionError(option, f"is {value}; {least} or more was expected.")


def require_between(option: str, value: float | None, least: float, most: float) -> None:
    """Makes sure that an option's number is in a range; None, an option not given, passes.

    Raises:
        OptionError: it is below least, above most, or NaN.
    """
    if value is not None and not least <= value <= most:
        raise OptionError(option, f"is {value}; a number from {least:,} to {most:,} was expected.")


def require_not_empty(option: str, value: str | None) -> None:
    """Makes sure that a path is not empty: it would be the current folder, or no file at all.

    Args:
        option: the option.
        value: the path; None, an option not given, passes.
    Raises:
        OptionError: it is empty, or only spaces.
    """
    if value is not None and not value.strip():
        raise OptionError(option, "is empty; a path was expected.")
