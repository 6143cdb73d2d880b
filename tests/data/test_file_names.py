import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.data.file_names import is_plain_file_name, is_unicode


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
