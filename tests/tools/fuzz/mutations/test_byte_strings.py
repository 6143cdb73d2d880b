"""Damaged bytes."""

import random

from tools.fuzz.mutations.byte_strings import mutate_bytes


def test_most_cases_differ_and_each_is_the_same_again():
    data = bytes(range(200))
    first, second = (
        [mutate_bytes(random.Random(number), data, [b"other" * 9]) for number in range(200)]
        for _ in range(2)
    )
    assert first == second
    assert sum(changed != data for changed in first) > 190
    assert any(len(changed) < len(data) for changed in first)
    assert any(len(changed) > len(data) for changed in first)


def test_nothing_at_all_can_be_damaged():
    for number in range(200):
        mutate_bytes(random.Random(number), b"")
