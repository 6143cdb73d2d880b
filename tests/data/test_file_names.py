import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.data.file_names import is_plain_file_name, is_unicode, path_parts


@given(st.text())
def test_plain_names_stay_in_their_folder(name):
    if is_plain_file_name(name):
        assert (Path("folder") / name).parent == Path("folder")


@pytest.mark.parametrize("name", ["a.jpg", "ä b.jpg", "...", "~"])
def test_plain(name):
    assert is_plain_file_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a", "a\\b", "a\0"])
def test_not_plain(name):
    assert not is_plain_file_name(name)


def test_names_in_another_encoding():
    assert is_unicode("ä")
    assert not is_unicode(os.fsdecode(b"\xff.jpg"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b.jpg", (False, ["a", "b.jpg"])),
        ("./a//b.jpg", (False, ["a", "b.jpg"])),
        (r"a\b.jpg", (False, ["a", "b.jpg"])),
        ("/a/b.jpg", (True, ["a", "b.jpg"])),
        (r"C:\a\b.jpg", (True, ["C:", "a", "b.jpg"])),
        ("a/../../b/c.jpg", (True, ["b", "c.jpg"])),
        ("..", (True, [])),
        ("https://host/a/b%20c.jpg?d=e", (True, ["a", "b c.jpg"])),
        ("", (True, [])),
    ],
)
def test_path_parts(name, expected):
    assert path_parts(name) == expected


@given(st.text("./\\aC:", max_size=20))
def test_parts_never_lead_upward(name):
    assert not {"", ".", ".."} & set(path_parts(name)[1])
