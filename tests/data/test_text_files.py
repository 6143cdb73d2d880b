"""Text files that people edit."""

import pytest

from odapi_ssd.data.text_files import decode_text, read_text
from odapi_ssd.errors import OdapiError


def test_a_byte_order_mark_goes_and_line_ends_stay(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfL\xc3\xb6we\r\n")
    assert read_text(tmp_path / "a.txt") == "Löwe\r\n"


def test_another_encoding_is_named_with_its_line(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"dog\nL\xf6we\n")
    with pytest.raises(OdapiError) as caught:
        read_text(tmp_path / "a.txt")
    assert caught.value.problem == (
        f"{tmp_path / 'a.txt'} cannot be read: it is not UTF-8 text (the byte 0xf6 in line 2)."
    )


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(OdapiError, match=r"a\.txt cannot be read: No such file"):
        read_text(tmp_path / "a.txt")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_known_by_its_mark(tmp_path, encoding):
    text = "Löwe\r\n" if encoding == "utf-16" else "\ufeffLöwe\r\n"
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    assert read_text(tmp_path / "a.txt") == "Löwe\r\n"


def test_half_a_character_of_utf_16(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfea")
    with pytest.raises(OdapiError, match=r"a\.txt: cannot be read: it is not UTF-16 text"):
        read_text(tmp_path / "a.txt", "a.txt")


def test_what_is_not_text_may_be_left_out():
    assert decode_text(b"L\xc3\xb6we \xc3", "ignore") == "Löwe "
