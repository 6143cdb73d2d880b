"""Faults that are injected into running commands, and what must hold after each.

A trial runs a command, ends it at some moment, looks at what has survived and what is left, and
runs the same command again. The moments are seeded; they are spread evenly over the processor time
that an undisturbed run takes, so that they hit start-up, checks, tracing, the work and the writing
on any machine. One in five waits for the command to write its results instead.
"""

import contextlib
import hashlib
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from odapi_ssd.outputs.leftovers import WORK_PREFIX
from odapi_ssd.outputs.manifest import MANIFEST_NAME
from tests.support.watched_process import Ended

__all__ = ["USER_FILES", "Job", "Outcome", "Tree", "Trial", "message_faults", "tree_of"]

KILL, TERM, HANG_UP, PIPE = "SIGKILL", "SIGTERM", "SIGHUP", "closed pipe"
CTRL_C_TWICE, FULL_DISK = "Ctrl-C twice", "full disk"
READ_ONLY, TWO = "read-only folder", "two at once"
_ENDINGS = re.compile(r"(Interrupted|Error|Usage)\b")
USER_FILES = ("notes.txt", ".incomplete-mine/", ".incomplete-mine/kept.txt")

Tree = Mapping[str, str]
"""Digests of files by path; folders end with a slash. Empty for a folder that is not there."""


@dataclass(frozen=True)
class Trial:
    """One fault that is injected once.

    Attributes:
        fault: its kind.
        number: from 0.
        num_trials: how many of the kind there are; they share the moments among them.
    """

    fault: str
    number: int = 0
    num_trials: int = 1

    @property
    def is_aimed(self) -> bool:
        """Whether it strikes while results are written, instead of at a random moment."""
        return self.fault in (KILL, TERM, CTRL_C_TWICE) and self.number % 5 == 3

    @property
    def has_earlier(self) -> bool:
        """Whether the output folder holds an earlier result and files of the user."""
        return self.number % 2 == 0

    def __str__(self) -> str:
        return f"{self.fault} {self.number + 1}"

    def random(self, command: str) -> random.Random:
        """The trial's own random numbers."""
        return random.Random(f"{command} {self.fault} {self.number}")


@dataclass
class Outcome:
    """What a trial has shown; lists of complaints, which should be empty.

    Attributes:
        command: the command's name.
        fault: the kind of fault.
        has_struck: False if the command had ended before.
        num_done: how many results were finished just before.
        lost: what has not survived, or was not said as it should be.
        left: what the ended command left behind that it should not.
        expected_left: what a killed one may leave, for the next run to clear.
        rerun: what was wrong with the same command's next run; None if it was not run again.
    """

    command: str
    fault: str
    has_struck: bool = True
    num_done: int = 0
    lost: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    expected_left: list[str] = field(default_factory=list)
    rerun: list[str] | None = None

    def complaints(self) -> list[str]:
        """All that is wrong."""
        return [*self.lost, *self.left, *(self.rerun or [])]


class Job(ABC):
    """A command with inputs: how it is run, and what must be in its output folder.

    Attributes:
        command: its name.
        lock_name: of its lock file in the output folder.
        work_seconds: the processor time of an undisturbed run.
        disk_bytes: the size of a disk that is too small for it.
    """

    command: str
    lock_name = ".odapi-ssd.lock"
    work_seconds: float = 0.0
    disk_bytes: int = 0

    @abstractmethod
    def arguments(self, out: Path) -> list[object]:
        """The command with all its options."""

    @abstractmethod
    def add_earlier(self, out: Path) -> None:
        """Puts an earlier result of the command into the output folder."""

    @abstractmethod
    def lost(self, before: Tree, out: Path, ended: Ended, outcome: Outcome) -> list[str]:
        """What should be in the output folder after a fault and is not."""

    @abstractmethod
    def own_leftovers(self, before: Tree, out: Path) -> list[str]:
        """What is in the output folder and should not, after an end of any kind."""

    @abstractmethod
    def wrong_result(self, out: Path) -> list[str]:
        """What is wrong with the output folder of a run that was not disturbed."""

    def num_done(self, out: Path) -> int:
        """How many results are finished, of a command that keeps them when it is ended."""
        return 0

    def is_writing(self, out: Path) -> bool:
        """Whether the command is putting its results in place."""
        return any(
            (work / name).exists()
            for work in out.glob(f"{WORK_PREFIX}*")
            for name in ("publishing.json", f"new/{MANIFEST_NAME}")
        )


def tree_of(folder: Path) -> dict[str, str]:
    """All files and folders below one, with the files' digests."""
    if not folder.exists():
        return {}
    found = {"./": ""}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        with contextlib.suppress(FileNotFoundError):  # a living process may remove it
            found[f"{name}/" if path.is_dir() else name] = (
                "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
            )
    return found


def message_faults(ended: Ended, status: int) -> list[str]:
    """What is wrong with how a command has ended: its status, and that it says why once."""
    faults = []
    if ended.status != status:
        faults.append(f"status {ended.status}, expected {status}: {ended.errors[-600:]}")
    text = ended.errors or ended.output
    if "Traceback" in text or "{{" in text:
        faults.append(f"not in plain words: {text[-1500:]}")
    says = [line for line in ended.errors.splitlines() if _ENDINGS.match(line)]
    if status and ended.errors and len(says) != 1:
        faults.append(f"not one clear message: {ended.errors[-600:]!r}")
    return faults
