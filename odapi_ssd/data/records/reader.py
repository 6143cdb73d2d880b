"""Reads TFRecords of `tf.train.Example`: checksums verified, each record parsed once."""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Protocol

from odapi_ssd.data.protos import Example
from odapi_ssd.data.records.framing import (
    FOOTER_BYTES,
    HEADER_BYTES,
    UnreadableRecordsError,
    cut_short,
    parse_header,
    verify_data,
)

__all__ = ["OpenFile", "ReadableFile", "Record", "open_local", "read_examples", "read_records"]


class ReadableFile(Protocol):
    """A binary file that is open for reading."""

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes; fewer at the end of the file. Raises OSError."""

    def close(self) -> None:
        """Closes the file."""


OpenFile = Callable[[str], ReadableFile]
"""Opens a file by its path; raises OSError. Files that are not local need one of their own."""


def open_local(path: str) -> BinaryIO:
    """Opens a file of this machine."""
    return open(path, "rb")


class Record:
    """One parsed record.

    Attributes:
        where: file and index from 0, for messages.
        is_example: whether it is a `tf.train.Example`; if not, all lists are empty.
    """

    def __init__(self, serialized: bytes, where: str):
        """Parses a record."""
        self.where = where
        self.is_example = True
        self._features: Any = {}
        try:
            self._features = Example.FromString(serialized).features.feature
        except Exception:  # protobuf's DecodeError; its class depends on the implementation.
            self.is_example = False

    def feature_names(self) -> list[str]:
        """The keys of the features, in no particular order."""
        return list(self._features)

    def byte_strings(self, key: str) -> Sequence[bytes]:
        """The values of a feature; empty if the record has none of this kind under the key."""
        feature = self._features.get(key)
        return () if feature is None else feature.bytes_list.value

    def texts(self, key: str) -> list[str]:
        """The values of a feature as text; what is not UTF-8 in them is replaced."""
        return [text.decode("utf-8", "replace") for text in self.byte_strings(key)]

    def floats(self, key: str) -> Sequence[float]:
        """As `byte_strings`, for floats."""
        feature = self._features.get(key)
        return () if feature is None else feature.float_list.value

    def integers(self, key: str) -> Sequence[int]:
        """As `byte_strings`, for integers."""
        feature = self._features.get(key)
        return () if feature is None else feature.int64_list.value


def read_examples(
    path: str, limit: int | None = None, open_file: OpenFile = open_local
) -> Iterator[Record]:
    """Yields the records of one file, parsed; see `read_records`."""
    for index, serialized in enumerate(read_records(path, limit, open_file)):
        yield Record(serialized, f"{path}, record {index}")


def read_records(
    path: str, limit: int | None = None, open_file: OpenFile = open_local
) -> Iterator[bytes]:
    """Yields the records of one file, checksums verified.

    Args:
        path: the file.
        limit: how many records to read from its start; None for all.
        open_file: opens the file.

    Raises:
        UnreadableRecordsError: the file is damaged or cannot be read; the message names it and the
            record.
    """
    try:
        with contextlib.closing(open_file(path)) as file:
            yield from itertools.islice(_read_frames(file, path), limit)
    except OSError as error:
        raise UnreadableRecordsError(f"{path} cannot be read: {error.strerror}") from error


def _read_frames(file: ReadableFile, path: str) -> Iterator[bytes]:
    offset = 0
    for index in itertools.count():
        header = file.read(HEADER_BYTES)
        if not header:
            return
        length = parse_header(header, path, index, offset)
        data, footer = file.read(length), file.read(FOOTER_BYTES)
        offset += HEADER_BYTES + len(data) + len(footer)
        if len(footer) < FOOTER_BYTES:
            raise cut_short(path, index, offset)
        verify_data(data, footer, path, index)
        yield data
