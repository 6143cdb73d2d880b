"""Damaged text."""

import random

from tools.fuzz.mutations.texts import encode_oddly, mutate_text

_TEXT = 'item {\n  id: 1\n  name: "dog"\n}\n'


def test_numbers_and_words_change_and_each_case_is_the_same_again():
    first, second = (
        [mutate_text(random.Random(number), _TEXT, ["a b\n"]) for number in range(300)]
        for _ in range(2)
    )
    assert first == second
    assert any("nan" in text for text in first)
    assert any("dog" not in text and "item" in text for text in first)


def test_nothing_at_all_can_be_damaged():
    for number in range(200):
        mutate_text(random.Random(number), "")


def test_an_odd_encoding_is_not_plain_utf8():
    for number in range(50):
        encode_oddly(random.Random(number), _TEXT)
    assert encode_oddly(random.Random(0), _TEXT) != _TEXT.encode()
