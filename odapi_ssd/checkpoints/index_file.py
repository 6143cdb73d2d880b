"""The index of a checkpoint, `ckpt-7.index`: how many data files it has, and how long they are.

It is a sorted table of LevelDB's format: blocks of entries, and a footer that says where the block
is that lists the others. The entry without a key is a `BundleHeaderProto`, each other one a
`BundleEntryProto`: the place of a tensor in the data files. No TensorFlow is needed: its own reader
says little about what is wrong with a file, and nothing of what the file should have been.
Sources: tensorflow/core/lib/io/format.cc, tensorflow/core/protobuf/tensor_bundle.proto.
"""

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from odapi_ssd.data.records.framing import masked_checksum

__all__ = ["BundleIndex", "DamagedIndexError", "parse_entries", "parse_index"]

_FOOTER_BYTES = 48
_MAGIC = bytes.fromhex("57fb808b247547db")
_TRAILER_BYTES = 5  # the kind of compression, and a checksum of the block and of that byte
# Keys share their beginnings: a few bytes could stand for as many long ones as fill the memory.
_MAX_KEY_BYTES = 4096
_MAX_SHIFT = 63
_MAX_SHARDS = 99_999  # names of data files have five digits
_NUM_SHARDS = 1  # fields of the header
_SHARD, _OFFSET, _SIZE = 3, 4, 5  # fields of an entry
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # protobuf's wire types


class DamagedIndexError(Exception):
    """The bytes are not those of a whole index; the text says why."""


@dataclass(frozen=True)
class BundleIndex:
    """The contents of an index.

    Attributes:
        num_shards: how many data files there are.
        shard_sizes: the size in bytes of each data file; None if the index is compressed, which
            TensorFlow's own never are.
        shard_of: the data file of each tensor, by name; empty if the index is compressed.
    """

    num_shards: int
    shard_sizes: tuple[int, ...] | None
    shard_of: dict[str, int]


def parse_index(content: bytes, num_shards_by_name: int) -> BundleIndex:
    """Reads the content of an index file.

    Args:
        content: all of it.
        num_shards_by_name: how many data files their names promise (`-of-00002`), for an index that
            is compressed.
    Raises:
        DamagedIndexError: it is not a whole index.
    """
    try:
        entries = parse_entries(content)
        return BundleIndex(*_summary(entries))
    except _CompressedError:
        return BundleIndex(num_shards_by_name, None, {})
    except (LookupError, ValueError) as error:
        raise DamagedIndexError("damaged") from error


def parse_entries(content: bytes) -> dict[bytes, bytes]:
    """The entries of an index, not decoded, by their keys.

    Args:
        content: of the index file, all of it.
    Returns:
        A `BundleHeaderProto` without a key, and a `BundleEntryProto` by each tensor's name.
    Raises:
        DamagedIndexError: it is not a whole index, or is compressed.
    """
    if content[-len(_MAGIC) :] != _MAGIC or len(content) < _FOOTER_BYTES:
        raise DamagedIndexError(_describe_headless(content))
    try:
        return _parse_table(content)
    except (LookupError, struct.error, ValueError) as error:
        raise DamagedIndexError("damaged") from error


class _CompressedError(DamagedIndexError):
    """A block is compressed, which TensorFlow's own never are."""

    def __init__(self) -> None:
        super().__init__("compressed, which TensorFlow never writes")


def _describe_headless(content: bytes) -> str:
    """What a file is that does not end as an index does."""
    size = f"{len(content):,} bytes"
    if not content:
        return "empty"
    if not any(content):
        return f"damaged ({size}, all of them zero)"
    # An index starts with the header: an empty key, the header's length, its field num_shards.
    if content[:2] == b"\0\0" and content[3:4] == bytes([_NUM_SHARDS << 3]):
        return f"truncated (its end is missing after {size})"
    return "not the index of a checkpoint"


def _parse_table(content: bytes) -> dict[bytes, bytes]:
    footer = content[-_FOOTER_BYTES:]
    _, position = _varint(footer, 0)  # of a block without a use here: its place
    _, position = _varint(footer, position)  # and its size
    entries: list[tuple[bytes, bytes]] = []
    block_end = 0
    for _, handle in _entries(_block(content, footer, position)):
        start, _ = _varint(handle, 0)
        if start < block_end:
            raise ValueError("a block is listed twice, or overlaps another")
        block = _block(content, handle, 0)
        block_end = start + len(block)
        entries += _entries(block)
    # TensorFlow would read the same name twice, of which we see the last.
    if not all(key < following for (key, _), (following, _) in itertools.pairwise(entries)):
        raise ValueError("names that are not in order")
    return dict(entries)


def _summary(
    entries: dict[bytes, bytes],
) -> tuple[int, tuple[int, ...], dict[str, int]]:
    """How many data files there are, their sizes, and which one each tensor is in."""
    header = _fields(entries.pop(b""))
    num_shards = header[_NUM_SHARDS]
    if not 0 < num_shards <= _MAX_SHARDS:
        raise ValueError(f"{num_shards} data files")
    sizes, shard_of = [0] * num_shards, {}
    for name, entry in entries.items():
        fields = _fields(entry)
        shard = fields.get(_SHARD, 0)
        sizes[shard] = max(sizes[shard], fields.get(_OFFSET, 0) + fields.get(_SIZE, 0))
        shard_of[name.decode("utf-8", "replace")] = shard
    return num_shards, tuple(sizes), shard_of


def _block(content: bytes, handle: bytes, position: int) -> bytes:
    """The block whose place and size a handle holds at a position."""
    offset, position = _varint(handle, position)
    size, _ = _varint(handle, position)
    block = content[offset : offset + size]
    trailer = content[offset + size : offset + size + _TRAILER_BYTES]
    if masked_checksum(block + trailer[:1]) != trailer[1:]:
        raise ValueError("the checksum does not match")
    if trailer[0]:
        raise _CompressedError
    return block


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values; a key shares its first bytes with the one before it."""
    (num_restarts,) = struct.unpack("<I", block[-4:])
    end, position, key = len(block) - 4 * (num_restarts + 1), 0, b""
    while position < end:
        num_shared, position = _varint(block, position)
        num_own, position = _varint(block, position)
        value_size, position = _varint(block, position)
        key = key[:num_shared] + block[position : position + num_own]
        if len(key) > _MAX_KEY_BYTES:
            raise ValueError(f"a key of {len(key):,} bytes")
        position += num_own
        yield key, block[position : position + value_size]
        position += value_size


def _fields(message: bytes) -> dict[int, int]:
    """The integers of a protobuf message by the number of their field."""
    fields, position = {}, 0
    while position < len(message):
        tag, position = _varint(message, position)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            fields[number], position = _varint(message, position)
        elif wire_type == _BYTES:
            size, position = _varint(message, position)
            position += size
        elif wire_type in (_FIXED32, _FIXED64):
            position += 4 if wire_type == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire_type}")
    return fields


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and the position behind it."""
    number = shift = 0
    while True:
        byte = data[position]
        number |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return number, position
        if shift > _MAX_SHIFT:
            raise ValueError("a number of more than 64 bits")
