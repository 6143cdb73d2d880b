"""Damaged variants of a file's content, reproducible from a seed."""

import random
from collections.abc import Iterator

# Bytes that lengths, signs and ends of text are made of.
_SPECIAL = (0x00, 0x01, 0x2E, 0x7F, 0x80, 0xFE, 0xFF)


def mutations(content: bytes, seed: int, number: int) -> Iterator[bytes]:
    """So many variants: truncated, overwritten, with parts removed, repeated or moved.

    Args:
        content: of an intact file; not empty.
        seed: the same seed gives the same variants.
        number: how many.
    """
    generator = random.Random(seed)
    for _ in range(number):
        mutated = bytearray(content)
        for _ in range(generator.choice((1, 1, 1, 2, 4, 16))):
            generator.choice(_CHANGES)(mutated, generator)
            if not mutated:
                break
        yield bytes(mutated)


def _truncate(content: bytearray, generator: random.Random) -> None:
    del content[generator.randrange(len(content)) :]


def _flip_bit(content: bytearray, generator: random.Random) -> None:
    content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)


def _set_byte(content: bytearray, generator: random.Random) -> None:
    content[generator.randrange(len(content))] = generator.choice(_SPECIAL)


def _set_integer(content: bytearray, generator: random.Random) -> None:
    """A little-endian integer that a length or an offset may be read from."""
    width = generator.choice((2, 4, 8))
    value = generator.choice((0, 1, 2**31 - 1, 2**32 - 1, 2**40, 2**63 - 1, 2**64 - 1))
    start = generator.randrange(len(content))
    content[start : start + width] = (value % 2 ** (8 * width)).to_bytes(width, "little")


def _remove(content: bytearray, generator: random.Random) -> None:
    start = generator.randrange(len(content))
    del content[start : start + generator.randrange(1, 64)]


def _repeat(content: bytearray, generator: random.Random) -> None:
    start, place = generator.randrange(len(content)), generator.randrange(len(content))
    content[place:place] = content[start : start + generator.randrange(1, 512)]


def _move(content: bytearray, generator: random.Random) -> None:
    start, place = generator.randrange(len(content)), generator.randrange(len(content))
    part = content[start : start + generator.randrange(1, 256)]
    content[place : place + len(part)] = part


_CHANGES = (_flip_bit, _flip_bit, _set_byte, _set_integer, _set_integer, _truncate, _remove,
            _repeat, _move)  # fmt: skip
