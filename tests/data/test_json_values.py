"""JSON files with entries of certain types."""

import pytest

from odapi_ssd.data.json_values import JsonObject, WrongJsonError, read_json

_ROOT = JsonObject({"n": 1, "b": True, "t": "x", "o": {"n": 2}, "l": [{"n": 3}, 4]})


def test_entries_and_defaults():
    assert (_ROOT.integer("n"), _ROOT.text("t")) == (1, "x")
    assert _ROOT.object("o").integer("n") == 2
    assert _ROOT.items("l") == [{"n": 3}, 4]
    assert (_ROOT.integer("gone", 5), _ROOT.text("gone", ""), _ROOT.objects("gone", ())) == (
        5, "", [],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda: _ROOT.integer("b"), "b is True, a whole number was expected"),
        (lambda: _ROOT.text("n"), "n is 1, a text was expected"),
        (lambda: _ROOT.object("o").integer("gone"), "the entry o.gone is missing"),
        (lambda: _ROOT.objects("l"), r"l\[1\] is 4, an object { } was expected"),
        (lambda: JsonObject(["x" * 99]), r"its content is \['x{38}…, an object"),
    ],
)
def test_a_wrong_entry_is_named(read, expected):
    with pytest.raises(WrongJsonError, match=expected):
        read()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "it is not JSON, see line 1, column 1"),
        (b'{\n "a": x}', "it is not JSON, see line 2, column 7"),
        (b"[]", "its content is [], an object"),
        (b"\n\xff", "not UTF-8 text (the byte 0xff in line 2)"),
        (b"[" * 100_000, "it is not JSON that can be read"),
        (b"1" * 5_000, "it is not JSON that can be read"),
    ],
)
def test_a_wrong_file(tmp_path, content, expected):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(WrongJsonError) as caught:
        read_json(tmp_path / "a.json")
    assert expected in str(caught.value)


def test_a_right_file(tmp_path):
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(tmp_path / "a.json").integer("a") == 1


_NUMBERS = JsonObject({
    "n": 1.5, "i": 2, "b": True, "nan": float("nan"), "huge": 10**400, "l": [1, 2.5],
    "mixed": [1, None], "null": None, "deep": [[[[[[[[1]]]]]]]],
})  # fmt: skip


def test_numbers_and_flags():
    assert (_NUMBERS.number("n"), _NUMBERS.number("i"), _NUMBERS.number("gone", 3)) == (1.5, 2, 3)
    assert _NUMBERS.numbers("l") == [1, 2.5]
    assert _NUMBERS.flag("b", default=False)
    assert _NUMBERS.flag("null", default=True)
    assert [_NUMBERS.has(key) for key in ("n", "null", "gone")] == [True, False, False]
    assert ["null" in _NUMBERS, "gone" in _NUMBERS] == [True, False]
    assert [_NUMBERS.kind(key) for key in ("n", "l", "gone")] == [float, list, type(None)]


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda: _NUMBERS.number("b"), "b is True, a number was expected"),
        (lambda: _NUMBERS.number("nan"), "nan is nan, a finite number"),
        (lambda: _NUMBERS.number("huge"), "huge is 10{39}…, a finite number"),
        (lambda: _NUMBERS.numbers("mixed"), r"mixed\[1\] is None, a number"),
        (lambda: _NUMBERS.numbers("n"), "n is 1.5, a list"),
        (lambda: _NUMBERS.flag("i", default=False), "i is 2, 0 or 1 was expected"),
        (lambda: _NUMBERS.number("deep"), r"deep is \[+\.\.\.\]+, a number"),
    ],
)
def test_a_wrong_number_is_named(read, expected):
    with pytest.raises(WrongJsonError, match=expected):
        read()


def test_an_entry_of_any_type():
    assert JsonObject({"a": [1]}).get("a") == [1]
    assert JsonObject({}).get("a") is None
