"""TFRecord files as files: which ones a pattern means, which shards are absent, how many records.

A TFRecord file is a sequence of: length (uint64), masked CRC-32C of the length, data, masked CRC of
the data. Counting walks from length to length without reading the data, so it is quick for any
size; the data's own checksums are verified by whoever reads them (`record_contents`).
"""

import fnmatch
import mmap
import os
import re
import struct
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

__all__ = [
    "DamagedRecordsError",
    "count_records",
    "expand_pattern",
    "missing_shards",
    "shard_counts",
]

_SHARD = re.compile(r"(?P<prefix>.*)-(?P<index>\d{4,})-of-(?P<total>\d{4,})(?P<suffix>.*)", re.S)
_HEADER = struct.Struct("<QI")
_CRC_BYTES = 4
_CASTAGNOLI = 0x82F63B78
_CRC_MASK_DELTA = 0xA282EAD8


class DamagedRecordsError(Exception):
    """A file is no TFRecord file, or is cut short; the message says where."""


def expand_pattern(pattern: str) -> list[str]:
    """The files that the API would read for one `input_path`, sorted."""
    from odapi_ssd import compat

    tf = compat.import_tensorflow()
    try:
        return sorted(tf.io.gfile.glob(pattern))
    except tf.errors.OpError:
        return []


def missing_shards(pattern: str, paths: Iterable[str]) -> list[str]:
    """Shards that the pattern means and that `-of-N` in the names promises, but that are absent."""
    paths = list(paths)
    missing = []
    for (prefix, total, suffix), (found, digits) in _shards_by_set(paths).items():
        for index in range(total):
            name = f"{prefix}-{index:0{digits}d}-of-{total:0{digits}d}{suffix}"
            if index not in found and fnmatch.fnmatch(name, pattern):
                missing.append(name)
    return missing


def shard_counts(paths: Iterable[str]) -> dict[str, list[int]]:
    """The different `-of-N` among files of one name; more than one N means mixed conversions."""
    counts: dict[str, set[int]] = defaultdict(set)
    for prefix, total, suffix in _shards_by_set(paths):
        counts[prefix + suffix].add(total)
    return {name: sorted(totals) for name, totals in counts.items()}


def count_records(path: str) -> int:
    """Counts the records of a local file.

    Raises:
        DamagedRecordsError: the file is not a sequence of whole records.
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            return 0
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _count(data, size)


def _count(data: mmap.mmap, size: int) -> int:
    count = offset = 0
    while offset < size:
        if offset + _HEADER.size > size:
            raise DamagedRecordsError(f"it ends within record {count}, at byte {size}")
        length, length_crc = _HEADER.unpack_from(data, offset)
        if _masked_crc(data[offset : offset + 8]) != length_crc:
            if count == 0:
                raise DamagedRecordsError(
                    "it is not a TFRecord file, or a compressed or damaged one"
                )
            raise DamagedRecordsError(f"record {count} is damaged, at byte {offset}")
        offset += _HEADER.size + length + _CRC_BYTES
        if offset > size:
            raise DamagedRecordsError(f"it is cut short within record {count}, at byte {size}")
        count += 1
    return count


def _shards_by_set(
    paths: Iterable[str],
) -> dict[tuple[str, int, str], tuple[set[int], int]]:
    """Indices found and digits used, by (prefix, number of shards, suffix)."""
    found: dict[tuple[str, int, str], tuple[set[int], int]] = {}
    for path in paths:
        match = _SHARD.fullmatch(path)
        if match:
            key = (match["prefix"], int(match["total"]), match["suffix"])
            indices, _ = found.setdefault(key, (set(), len(match["total"])))
            indices.add(int(match["index"]))
    return found


def _make_crc_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (_CASTAGNOLI if value & 1 else 0)
        table.append(value)
    return table


_CRC_TABLE = _make_crc_table()


def _masked_crc(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + _CRC_MASK_DELTA) & 0xFFFFFFFF
