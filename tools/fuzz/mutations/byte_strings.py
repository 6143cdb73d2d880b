"""Damages bytes without knowing what they mean."""

import random
from collections.abc import Callable, Sequence

__all__ = ["INTEGERS", "mutate_bytes"]

INTEGERS = (
    0, 1, 2, 7, 8, 16, 127, 128, 255, 256, 4095, 32767, 32768, 65535, 65536, 2**24, 2**31 - 1,
    2**31, 2**32 - 1, 2**32, 2**40, 2**63 - 1, 2**63, 2**64 - 1,
)  # fmt: skip
_BYTES = (0x00, 0x01, 0x0A, 0x20, 0x22, 0x3C, 0x7F, 0x80, 0xC0, 0xFE, 0xFF)


def mutate_bytes(
    generator: random.Random, data: bytes, others: Sequence[bytes] = (), most: int = 4
) -> bytes:
    """Damages some bytes, once to a few times.

    Args:
        generator: decides what is done.
        data: what is damaged; may be empty.
        others: valid data of the same sort, parts of which are put in.
        most: how many changes at most.
    """
    changed = bytearray(data)
    for _ in range(generator.randint(1, most)):
        generator.choice(_CHANGES)(generator, changed, others)
    return bytes(changed)


def _place(generator: random.Random, data: bytearray) -> int:
    """A place in data: near the start more often than not, where headers are."""
    size = max(len(data), 1)
    return generator.randrange(min(size, 64) if generator.random() < 0.4 else size)


def _length(generator: random.Random) -> int:
    return 2 ** generator.randint(0, 11) - generator.randint(0, 1)


def _flip(generator: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    for _ in range(generator.choice((1, 1, 2, 8)) if data else 0):
        data[_place(generator, data)] ^= 1 << generator.randrange(8)


def _set(generator: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    start = _place(generator, data)
    data[start : start + 1] = bytes([generator.choice((*_BYTES, generator.randrange(256)))])


def _truncate(generator: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    del data[generator.randrange(len(data) + 1) :]


def _delete(generator: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    start = _place(generator, data)
    del data[start : start + _length(generator)]


def _duplicate(generator: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    start, place = _place(generator, data), _place(generator, data)
    data[place:place] = data[start : start + _length(generator)] * generator.choice((1, 1, 2, 20))


def _overwrite(generator: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    start, place, length = _place(generator, data), _place(generator, data), _length(generator)
    data[place : place + length] = data[start : start + length]


def _splice(generator: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    other = generator.choice(others) if others else bytes(data)
    start, place = generator.randrange(len(other) + 1), _place(generator, data)
    end = len(data) if generator.random() < 0.5 else place + _length(generator)
    data[place:end] = other[start : start + (end - place)]


def _integer(generator: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    width = generator.choice((1, 2, 4, 8))
    value = generator.choice(INTEGERS) % 2 ** (8 * width)
    start = _place(generator, data)
    end = start if generator.random() < 0.2 else start + width
    data[start:end] = value.to_bytes(width, generator.choice(("little", "big")))


def _fill(generator: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    start = _place(generator, data)
    length = min(_length(generator), len(data) - start)
    data[start : start + length] = bytes([generator.choice(_BYTES)]) * length


def _scramble(generator: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    start = _place(generator, data)
    length = min(_length(generator), len(data) - start)
    data[start : start + length] = generator.randbytes(length)


_CHANGES: tuple[Callable[[random.Random, bytearray, Sequence[bytes]], None], ...] = (
    _flip, _flip, _set, _set, _truncate, _delete, _duplicate, _overwrite, _splice, _integer,
    _integer, _fill, _scramble,
)  # fmt: skip
