import codecs
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odapi_ssd.data import json_stream
from odapi_ssd.data.json_stream import JsonLists
from odapi_ssd.data.json_values import WrongJsonError

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.json"


def read(path, max_bytes=None):
    """Lists by key; None in place of other values."""
    with JsonLists(path, max_bytes) as lists:
        return {key: None if items is None else list(items) for key, items in lists}


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.text(), _VALUES, max_size=5),
    st.sampled_from([None, 1]),
    st.sampled_from([1, 2, 3, 7, 1024]),
)
def test_the_lists_are_those_of_the_file(tmp_path_factory, values, indent, block_bytes):
    path = tmp_path_factory.getbasetemp() / "lists.json"
    path.write_text(json.dumps(values, indent=indent, ensure_ascii=False), encoding="utf-8")
    expected = {key: one if isinstance(one, list) else None for key, one in values.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_BLOCK_BYTES", block_bytes)
        assert read(path) == expected


def test_items_that_are_not_taken_are_skipped(path):
    path.write_text('{"a": [1, 2, [3]], "b": {"c": 1}, "d": [4]}')
    with JsonLists(path) as lists:
        firsts = [(key, None if items is None else next(items)) for key, items in lists]
    assert firsts == [("a", 1), ("b", None), ("d", 4)]


@pytest.mark.parametrize("content", [b"{}", b" {\n}\n", b"\xef\xbb\xbf{}"])
def test_an_empty_object(path, content):
    path.write_bytes(content)
    assert read(path) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "its content is not an object"),
        (b"[1]", "its content is not an object"),
        (b'{"a": [1, 2', "it is not JSON, see line 1, column 12"),
        (b'{"a": [1 2]}', "it is not JSON, see line 1, column 10"),
        (b'{"a":\r\n [1,]}', "it is not JSON, see line 2, column 5"),
        (b'{"a": 1,}', "it is not JSON, see line 1, column 9"),
        (b"{a: 1}", "it is not JSON, see line 1, column 2"),
        (b'{"a": 1} x', "it is not JSON, see line 1, column 10"),
        (b'{"a": "\x01"}', "it is not JSON, see line 1"),
        (b'{"a":\n "\xff"}', "it is not UTF-8 text"),
        ('{"a": [1]}'.encode("utf-16")[:-1], "it is not UTF-16 text"),
        ('{"a": [1]}'.encode("utf-16-le"), "it is not JSON, see line 1"),
        (b'{"a": [' + b"[" * 1_000_000, "it is not JSON that can be read, see line 1, column 8"),
        (b'{"a": ' + b"9" * 5000 + b"}", "it is not JSON that can be read, see line 1"),
    ],
)
def test_other_files_are_refused_in_a_line(path, content, message):
    path.write_bytes(content)
    with pytest.raises(WrongJsonError) as caught:
        read(path)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
@pytest.mark.parametrize("max_bytes", [None, 10_000])
def test_utf16_with_its_mark(path, monkeypatch, mark, max_bytes):
    monkeypatch.setattr(json_stream, "_BLOCK_BYTES", 7)
    encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    path.write_bytes(mark + '{"ä": [{"b": "👩"}, 2.5]}'.encode(encoding))
    assert read(path, max_bytes) == {"ä": [{"b": "👩"}, 2.5]}


def test_the_place_of_a_fault_counts_from_the_files_start(path, monkeypatch):
    monkeypatch.setattr(json_stream, "_BLOCK_BYTES", 8)
    path.write_text('{"a": [{"b": 1},\n {"b": 2}, {"b": 3}, x]}')
    with pytest.raises(WrongJsonError, match="see line 2, column 22"):
        read(path)


def test_a_value_without_end_does_not_fill_the_memory(path, monkeypatch):
    monkeypatch.setattr(json_stream, "_BLOCK_BYTES", 64)
    monkeypatch.setattr(json_stream, "_MAX_VALUE_CHARS", 1000)
    path.write_text('{"a": ["' + "x" * 10_000)
    with pytest.raises(WrongJsonError, match="a value is too long, see line 1, column 8"):
        read(path)


def test_a_part_of_a_file(path):
    path.write_text('{"a": [1, 2], "ä": [{"c": 3}, {"d": 4}]}', encoding="utf-8")
    with JsonLists(path, 31) as lists:
        entries = iter(lists)
        for expected in (("a", 1), ("ä", {"c": 3})):
            key, items = next(entries)
            assert (key, next(items)) == expected
        with pytest.raises(WrongJsonError):
            next(entries)
