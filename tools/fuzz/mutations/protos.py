"""Damages serialized protobuf messages by their wire format, without a schema."""

import random

from tools.fuzz.mutations.byte_strings import INTEGERS, mutate_bytes

__all__ = ["mutate_message", "read_varint", "to_varint"]

_Field = tuple[int, int, int | bytes]  # number, wire type, value
_MAX_DEPTH = 6


def mutate_message(generator: random.Random, data: bytes, depth: int = 0) -> bytes:
    """Changes one place of a message, mostly deep inside; lengths around it are put right."""
    fields = _parse(data)
    if not fields or generator.random() < 0.08:
        return mutate_bytes(generator, data, most=2)
    index = generator.randrange(len(fields))
    number, wire_type, value = fields[index]
    action = generator.randrange(10)
    if action == 0:
        del fields[index]
    elif action == 1:
        fields[index:index] = [fields[index]] * generator.choice((1, 1, 1000))
    elif action == 2:
        new_number = generator.choice((1, 2, 3, number + 1, 2**29 - 1))
        fields[index] = (new_number, wire_type, value)
    elif isinstance(value, int):
        fields[index] = (number, wire_type, generator.choice((*INTEGERS, 2**64 - 5)))
    elif action < 8 and depth < _MAX_DEPTH:
        fields[index] = (number, wire_type, mutate_message(generator, value, depth + 1))
    elif action == 8:
        fields[index] = (number, 2, _nested(generator))
    else:
        fields[index] = (number, wire_type, mutate_bytes(generator, value, most=2))
    return _odd_end(generator) + b"".join(_field(generator, *one) for one in fields)


def to_varint(value: int) -> bytes:
    """A number below 2**64 as protobuf writes it."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def read_varint(data: bytes, place: int) -> tuple[int, int]:
    """A number as protobuf writes it, and the place after it.

    Raises:
        IndexError: the data ends before it does, or it has more than ten bytes.
    """
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, place
        if shift > 63:
            raise IndexError


def _parse(data: bytes) -> list[_Field]:
    """The fields of a message; none if it is not one."""
    fields: list[_Field] = []
    place = 0
    try:
        while place < len(data):
            key, place = read_varint(data, place)
            number, wire_type = key >> 3, key & 7
            if wire_type == 0:
                value, place = read_varint(data, place)
                fields.append((number, 0, value))
                continue
            if wire_type == 2:
                size, place = read_varint(data, place)
            else:
                size = {1: 8, 5: 4}[wire_type]
            if place + size > len(data) or not number:
                return []
            fields.append((number, wire_type, data[place : place + size]))
            place += size
    except (IndexError, KeyError):
        return []
    return fields


def _field(generator: random.Random, number: int, wire_type: int, value: int | bytes) -> bytes:
    if generator.random() < 0.01:
        wire_type = generator.randrange(8)
    key = to_varint(number << 3 | wire_type)
    if isinstance(value, int):
        odd = generator.random() < 0.02
        return key + (b"\xff" * generator.choice((9, 10, 11)) + b"\x7f" if odd else
                      to_varint(value % 2**64))  # fmt: skip
    if wire_type in (1, 5):
        return key + value
    length = len(value)
    if generator.random() < 0.01:
        length = generator.choice(INTEGERS)
    return key + to_varint(length) + value


def _nested(generator: random.Random) -> bytes:
    """Messages within messages, deeper than parsers like."""
    data = b""
    for _ in range(generator.choice((5, 90, 110, 2000))):
        data = to_varint(1 << 3 | 2) + to_varint(len(data)) + data
    return data


def _odd_end(generator: random.Random) -> bytes:
    """Rarely, an unknown field before all others: a group that does not end, a large number."""
    if generator.random() > 0.03:
        return b""
    return generator.choice((b"\x0b", b"\x0b\x0c", b"\xf8\xff\xff\xff\x0f\x01", b"\x00", b"\x07"))
