"""Counts the records of a file without reading their data.

It walks from length to length, so it is quick for any size. `reader` verifies the data.
"""

import mmap
import os
from pathlib import Path

from odapi_ssd.data.records.framing import (
    FOOTER_BYTES,
    HEADER_BYTES,
    UnreadableRecordsError,
    cut_short,
    parse_header,
)

__all__ = ["count_records"]


def count_records(path: str) -> int:
    """Counts the records of a local file.

    Raises:
        UnreadableRecordsError: the file is not a sequence of whole records, or cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                return 0
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _count(data, size, path)
    except OSError as error:
        raise UnreadableRecordsError(f"{path} cannot be read: {error.strerror}") from error


def _count(data: mmap.mmap, size: int, path: str) -> int:
    count = offset = 0
    while offset < size:
        header = data[offset : offset + HEADER_BYTES]
        length = parse_header(header, path, count, offset)
        offset += HEADER_BYTES + length + FOOTER_BYTES
        if offset > size:
            raise cut_short(path, count, size)
        count += 1
    return count
