import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.data.near_names import find_near_names


@pytest.mark.parametrize(
    "names",
    [
        ("helmets", "helmet"),  # plurals
        ("bus", "buses"),
        ("boxes", "box"),
        ("berry", "berries"),
        ("Helmets", "helmet"),
        ("hemlet", "helmet"),  # neighbors exchanged
        ("helmt", "helmet"),  # a letter missing
        ("hellmet", "helmet"),  # one too many
        ("halmet", "helmet"),  # a wrong one
        ("helme", "helmet"),
        ("Hemlet", "helmet"),
    ],
)
def test_names_that_may_be_the_same(names):
    rare, frequent = names
    assert find_near_names({rare: 3, frequent: 60}) == [(rare, frequent)]
    assert find_near_names({frequent: 60, rare: 3}) == [(rare, frequent)]


@pytest.mark.parametrize(
    "names",
    [
        ("car", "cat"),  # short
        ("type1", "type2"),  # numbered
        ("class10", "class1"),
        ("sign-a", "sign_a"),
        ("helmet", "helmut one"),
        ("dog", "Dog"),  # told as similar names
        ("male", "female"),
        ("as", "a"),
        ("x" * 100 + "y", "x" * 100),
        ("", "a"),
    ],
)
def test_names_that_are_two(names):
    rare, frequent = names
    assert find_near_names({rare: 3, frequent: 10_000}) == []


def test_a_typo_is_rare():
    assert find_near_names({"horse": 50, "house": 1000}) == [("horse", "house")]
    assert find_near_names({"horse": 51, "house": 1000}) == []
    assert find_near_names({"helmet": 500, "helmets": 499}) == [("helmets", "helmet")]


def test_several_pairs_in_order():
    counts = {"person": 900, "persn": 2, "persom": 1, "wheel": 7, "wheels": 7}
    assert find_near_names(counts) == [
        ("persn", "person"), ("persom", "person"), ("wheel", "wheels"),
    ]  # fmt: skip


@given(st.text("abcdefgh", min_size=5, max_size=12), st.data())
def test_every_single_typo_is_found(name, data):
    idx = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("xyz"))
    changed = data.draw(
        st.sampled_from(
            [
                name[:idx] + letter + name[idx:],
                name[:idx] + letter + name[idx + 1 :],
            ]
        )
    )
    assert find_near_names({name: 100, changed: 1}) == [(changed, name)]


def test_many_classes_take_no_time():
    names = {f"{chr(0x4E00 + number)}thing {number:x}": number for number in range(10_000)}
    names |= {f"{chr(0x4E00 + number)}other": number for number in range(10_000)}
    started = time.process_time()
    find_near_names(names)
    assert time.process_time() - started < 10
