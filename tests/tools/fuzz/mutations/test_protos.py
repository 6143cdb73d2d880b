"""Damaged messages: most of them still parse, with another content."""

import random

import pytest

from odapi_ssd.data.protos import Example
from tools.fuzz.mutations.protos import mutate_message, read_varint, to_varint


@pytest.mark.parametrize(("value", "expected"), [(0, b"\0"), (127, b"\x7f"), (300, b"\xac\x02")])
def test_varints(value, expected):
    assert to_varint(value) == expected
    assert read_varint(b"?" + expected + b"?", 1) == (value, 1 + len(expected))


def test_lengths_around_a_change_are_put_right():
    message = Example()
    message.features.feature["image/height"].int64_list.value.append(7)
    message.features.feature["image/format"].bytes_list.value.append(b"jpeg")
    data = message.SerializeToString(deterministic=True)
    changed = set()
    for number in range(300):
        try:
            parsed = Example.FromString(mutate_message(random.Random(number), data))
        except Exception:  # protobuf's DecodeError; its class depends on the implementation
            continue
        changed.add(parsed.SerializeToString(deterministic=True))
    assert len(changed) > 60
