"""A case: which kind of input, which seed, which number. The three make the same input again."""

import random
import re
from dataclasses import dataclass

__all__ = ["CaseId", "parse_case"]

_CASE = re.compile(r"([a-z_]+):(\d+):(\d+)")


@dataclass(frozen=True)
class CaseId:
    """What identifies a case; its text is `images:7:1234`."""

    kind: str
    seed: int
    number: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.seed}:{self.number}"

    def generator(self) -> random.Random:
        """The source of all that is random in the case, the same on every machine."""
        return random.Random(str(self))


def parse_case(text: str) -> CaseId:
    """A case from its text; raises ValueError."""
    match = _CASE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a case; one such as images:7:1234 was expected")
    return CaseId(match[1], int(match[2]), int(match[3]))
