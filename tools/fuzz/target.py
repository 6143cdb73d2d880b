"""What a kind of input consists of: valid files, ways to damage them, the program's readers."""

import importlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

__all__ = ["KINDS", "Kind", "Observation", "Target", "load_target", "seed_writer"]


@dataclass(frozen=True)
class Kind:
    """A kind of input.

    Attributes:
        name: as `--kinds` takes it.
        module: where `write_seeds(folder)` and the class `Target` are.
        memory_mb: how much a case may need, on top of what the worker needs to begin with.
        needs_tensorflow: whether a worker imports TensorFlow.
    """

    name: str
    module: str
    memory_mb: int = 512
    needs_tensorflow: bool = False


# Pillow's limit, 179 million pixels, is above a gigabyte in four channels.
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("images", "tools.fuzz.kinds.images", memory_mb=2048),
        Kind("xml", "tools.fuzz.kinds.datasets"),
        Kind("records", "tools.fuzz.kinds.records"),
        Kind("checkpoints", "tools.fuzz.kinds.checkpoints", needs_tensorflow=True),
        Kind("configs", "tools.fuzz.kinds.configs", memory_mb=1024, needs_tensorflow=True),
    )
}


@dataclass
class Observation:
    """What came of a case that raised nothing.

    Attributes:
        messages: what the user would read; none if the input was accepted without a word.
        remarks: what is worth counting, such as a disagreement with TensorFlow.
        is_refused: whether the messages refuse the input, and are more than warnings.
    """

    messages: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    is_refused: bool = False

    def refuse(self, messages: Sequence[str]) -> None:
        """Adds messages that refuse the input, if there are any."""
        self.messages += messages
        self.is_refused = self.is_refused or bool(messages)


class Target(Protocol):
    """Makes cases of one kind and runs the program on them."""

    def __init__(self, seeds: Path, with_tensorflow: bool) -> None:
        """Takes what `write_seeds` wrote; with_tensorflow asks for comparisons with it."""

    def make(self, generator: random.Random) -> str:
        """Writes the files of a case to the current folder; returns in words what was done."""

    def run(self) -> Observation:
        """Runs the program on the files in the current folder.

        Raises:
            OdapiError: the program refuses them. All else that is raised is an escape.
        """


def load_target(kind: Kind, seeds: Path, with_tensorflow: bool) -> Target:
    """The target of a kind, from its module."""
    target: Target = importlib.import_module(kind.module).Target(seeds, with_tensorflow)
    return target


def seed_writer(kind: Kind) -> Callable[[Path], None]:
    """Writes the valid files of a kind to an empty folder, always the same."""
    writer: Callable[[Path], None] = importlib.import_module(kind.module).write_seeds
    return writer
