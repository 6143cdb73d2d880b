"""Damages the index of a checkpoint, a sorted string table, below its checksums.

A table is blocks, each followed by a byte for its compression and a masked CRC-32C; its last 48
bytes say where the block is that lists the others. Source: tensorflow/core/lib/io/format.cc.
"""

import random
import struct

import google_crc32c

from tools.fuzz.mutations.byte_strings import mutate_bytes
from tools.fuzz.mutations.protos import mutate_message, read_varint, to_varint

__all__ = ["mutate_table"]

_FOOTER, _MAGIC = 48, struct.pack("<Q", 0xDB4775248B80FB57)
_Entries = list[tuple[bytes, bytes]]


def mutate_table(generator: random.Random, data: bytes) -> bytes:
    """Changes keys and values of a table and writes it anew, checksums right.

    Args:
        generator: decides what is done.
        data: a table of uncompressed blocks, as TensorFlow writes it.
    """
    if generator.random() < 0.3:
        return mutate_bytes(generator, data)
    entries = _read(data)
    for _ in range(generator.choice((1, 1, 2))):
        if not entries:
            break
        index = generator.randrange(len(entries))
        key, value = entries[index]
        action = generator.randrange(12)
        if action == 0:
            del entries[index]
        elif action == 1:
            entries.insert(generator.randrange(len(entries) + 1), (key, value))
        elif action == 2:
            entries[index] = (mutate_bytes(generator, key, most=1), value)
        elif action == 3:
            entries[index] = (key, generator.choice(entries)[1])
        elif action == 4:
            entries[index] = (key, mutate_bytes(generator, value, most=2))
        else:
            entries[index] = (key, mutate_message(generator, value))
    return _write(generator, entries)


def _read(data: bytes) -> _Entries:
    """All entries of a table, in order."""
    footer = data[-_FOOTER:]
    _, place = _handle(footer, 0)
    index_handle, _ = _handle(footer, place)
    entries: _Entries = []
    for _, value in _entries(data, index_handle):
        entries += _entries(data, _handle(value, 0)[0])
    return entries


def _handle(data: bytes, place: int) -> tuple[tuple[int, int], int]:
    offset, place = read_varint(data, place)
    size, place = read_varint(data, place)
    return (offset, size), place


def _entries(data: bytes, handle: tuple[int, int]) -> _Entries:
    """The entries of a block, whose keys share their beginnings with the key before."""
    offset, size = handle
    block = data[offset : offset + size]
    (num_restarts,) = struct.unpack("<I", block[-4:])
    end, place, key = size - 4 * (num_restarts + 1), 0, b""
    entries: _Entries = []
    while place < end:
        shared, place = read_varint(block, place)
        fresh, place = read_varint(block, place)
        length, place = read_varint(block, place)
        key = key[:shared] + block[place : place + fresh]
        place += fresh
        entries.append((key, block[place : place + length]))
        place += length
    return entries


def _write(generator: random.Random, entries: _Entries) -> bytes:
    out = bytearray()
    handle = _append_block(generator, out, entries)
    last = entries[-1][0] if entries else b""
    index = _append_block(generator, out, [(last, handle)])
    meta = _append_block(generator, out, [])
    footer = (meta + index).ljust(_FOOTER - len(_MAGIC), b"\0") + _MAGIC
    return bytes(out) + footer


def _append_block(generator: random.Random, out: bytearray, entries: _Entries) -> bytes:
    """Appends a block without shared beginnings; returns its handle."""
    block = b"".join(
        to_varint(0) + to_varint(len(key)) + to_varint(len(value)) + key + value
        for key, value in entries
    )
    block += struct.pack("<II", 0, 1)
    if generator.random() < 0.03:
        block = mutate_bytes(generator, block, most=1)
    compression = b"\0" if generator.random() > 0.02 else generator.choice((b"\1", b"\2", b"\xff"))
    handle = to_varint(len(out)) + to_varint(len(block))
    crc = google_crc32c.value(block + compression)
    masked = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    out += block + compression + struct.pack("<I", masked)
    return handle
