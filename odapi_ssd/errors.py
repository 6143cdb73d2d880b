"""The errors that a user may see.

Everything that is wrong with what a user gave (files, flags, configs, environment) is raised as an
`OdapiError`; the command line prints it as one message and exits with status 1. Any other
exception is a fault of the program.
"""

import functools
from collections.abc import Iterable
from typing import Any

__all__ = ["OdapiError"]


class OdapiError(Exception):
    """One message that says what is wrong, where, and what to do.

    Attributes:
        problem: what is wrong and where, with what was received and what was expected.
        details: the offenders, all of them, one line each; empty if the problem names the only one.
        hint: what the user can do next; None if the problem makes it plain.
    """

    def __init__(self, problem: str, *, details: Iterable[str] = (), hint: str | None = None):
        self.problem = problem
        self.details = tuple(details)
        self.hint = hint
        super().__init__(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        # For its way out of a worker process: by default only the text would be kept, as `problem`.
        return functools.partial(OdapiError, details=self.details, hint=self.hint), (self.problem,)

    def __str__(self) -> str:
        lines = [self.problem]
        lines += [f"  - {detail}" for detail in self.details]
        if self.hint:
            lines.append(f"What to do: {self.hint}")
        return "\n".join(lines)
