import pytest

from odapi_ssd.messages import count_of, first_line, list_some, one_line, printable


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0 faults"), (1, "1 fault"), (2, "2 faults"), (1234, "1,234 faults")],
)
def test_a_regular_noun(number, expected):
    assert count_of(number, "fault") == expected


def test_a_noun_with_its_verb():
    assert count_of(1, "box lies", "boxes lie") == "1 box lies"
    assert count_of(2, "box lies", "boxes lie") == "2 boxes lie"


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], ""),
        ([1], "1"),
        (range(5), "0, 1, 2, 3, 4"),
        (range(6), "0, 1, 2, 3, 4 and 1 more"),
        (iter("abcdefgh"), "a, b, c, d, e and 3 more"),
    ],
)
def test_lists_are_cut_short(items, expected):
    assert list_some(items) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("one\ntwo"), "one"),
        (ValueError("\n  one \ntwo"), "one "),
        (EOFError(), "EOFError"),
        (ValueError(" \n"), "ValueError"),
    ],
)
def test_the_first_line_of_an_error(error, expected):
    assert first_line(error) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("one\n  two\tthree\n"), "one two three"),
        (EOFError(), "EOFError"),
        (ValueError(" \n"), "ValueError"),
    ],
)
def test_an_error_in_one_line(error, expected):
    assert one_line(error) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Löwe 狮.jpg", "Löwe 狮.jpg"),
        ("a\nb\t\x1b[2J", r"a\nb\t\x1b[2J"),
        (b"caf\xe9".decode("utf-8", "surrogateescape"), r"caf\udce9"),
        (3, "3"),
    ],
)
def test_printable(text, expected):
    assert printable(text) == expected
    printable(text).encode()
