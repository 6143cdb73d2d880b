"""What writing a dataset in a format takes, and the formats that can be written."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from odapi_ssd.data.details import EVERYTHING, Detail, find_lost
from odapi_ssd.data.examples import Example
from odapi_ssd.errors import OptionError

__all__ = [
    "EVERYTHING",
    "DatasetWriter",
    "Detail",
    "SplitWriter",
    "WriterContext",
    "find_lost",
    "find_writer",
    "register_writer",
    "writer_names",
]


@dataclass(frozen=True)
class WriterContext:
    """What a writer is made with.

    Attributes:
        folder: the staging folder, which is empty; its content is moved in place at the end.
        label_map: ids by class name, in the order of ids; it knows all classes of the examples.
        num_shards: files per split, where the format has several; None to choose by size.
    """

    folder: Path
    label_map: Mapping[str, int]
    num_shards: int | None = None


class SplitWriter(Protocol):
    """Writes the examples of one split, in order.

    Attributes:
        num_shards: over how many files the split is spread, for `dataset.json`; it counts once the
            split is closed.
    """

    num_shards: int

    def write(self, payload: Any, /) -> None:
        """Writes what the dataset writer's `encode` made of one example.

        Raises:
            OdapiError: the disk is full or not writable.
        """

    def close(self) -> None:
        """Completes the split; called also after a failure. Raises OdapiError as `write` does."""


class DatasetWriter(Protocol):
    """Writes a dataset in one format.

    Attributes:
        keeps_other_splits: whether splits of an earlier conversion into the same folder stay beside
            those that are written now. If not, `target_names` names the whole output.
    """

    keeps_other_splits: bool

    def __init__(self, context: WriterContext):
        """Prepares to write; writes nothing yet."""

    @staticmethod
    def target_names(output_dir: Path, splits: Collection[str]) -> list[str]:
        """The files and folders in the output folder that will be replaced or removed.

        `label_map.pbtxt` and `dataset.json`, which every conversion writes, are not among them.

        Args:
            output_dir: where the output goes; it may hold that of an earlier conversion.
            splits: the splits that are written.
        """

    @property
    def encode(self) -> Callable[[Example], Any]:
        """A function that makes of an example what `SplitWriter.write` takes.

        It runs in worker processes and does as much of the work as it can; it pickles, and so does
        what it returns.
        """

    @property
    def lost(self) -> Callable[[Example], Mapping[str, int]]:
        """A function that counts what the format cannot hold of an example, for a warning.

        It returns how many there are of each kind, by the kind's plural such as "crowd flags";
        empty for nothing. `find_lost` does so for the details of objects:
        `functools.partial(find_lost, holds={Detail.DIFFICULT})`. It runs in workers, as `encode`.
        """

    def open_split(self, split: str, num_examples: int, num_bytes: int) -> SplitWriter:
        """Begins a split.

        Args:
            split: its name.
            num_examples: how many examples will be written, at least 1; fewer, even none, where
                images turn out to be faulty and are skipped.
            num_bytes: the size of their images as they are in the dataset.
        """

    def finish(self) -> Sequence[str]:
        """Writes what the dataset has beside its splits, after the last of them.

        Returns:
            What is not as it was before, of the dataset as a whole; one line each.
        """


_writers: dict[str, type[DatasetWriter]] = {}


def register_writer(name: str, writer: type[DatasetWriter]) -> None:
    """Makes a format known that can be written, by the name that `--to` takes."""
    _writers[name] = writer


def writer_names() -> tuple[str, ...]:
    """The formats that can be written."""
    return tuple(_writers)


def find_writer(name: str) -> type[DatasetWriter]:
    """The class of a format's writer.

    Raises:
        OptionError: there is no such format.
    """
    if name not in _writers:
        raise OptionError("to", f"is {name!r}; expected one of {', '.join(_writers)}.")
    return _writers[name]
