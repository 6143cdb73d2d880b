"""Paths as workers see them: a bucket that is mounted here has an address of its own there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.errors import OptionError

__all__ = ["WorkerPaths"]


@dataclass(frozen=True)
class WorkerPaths:
    """Folders of this machine, and what workers call them.

    Attributes:
        pairs: a folder of this machine, absolute, and the workers' path or address of it.
    """

    pairs: tuple[tuple[Path, str], ...] = ()

    @classmethod
    def parse(cls, values: Sequence[str]) -> "WorkerPaths":
        """Takes them as the command line has them: `/mnt/bucket=gs://bucket`.

        Raises:
            OptionError: one of them lacks a side.
        """
        pairs = []
        for value in values:
            here, sign, there = value.partition("=")
            if not sign or not here or not there.strip("/"):
                raise OptionError(
                    "worker_path", f"is {value!r}; HERE=THERE was expected: /mnt/data=gs://bucket."
                )
            pairs.append((Path(here).absolute(), there.rstrip("/")))
        return cls(tuple(pairs))

    def seen_by_workers(self, path: Path) -> str:
        """A path of this machine as workers have it; the most specific pair decides."""
        absolute = path.absolute()
        fitting = [pair for pair in self.pairs if absolute.is_relative_to(pair[0])]
        if not fitting:
            return str(absolute)
        here, there = max(fitting, key=lambda pair: len(pair[0].parts))
        return f"{there}/{absolute.relative_to(here).as_posix()}".removesuffix("/.")
