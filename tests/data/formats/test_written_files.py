import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.data.formats.written_files import (
    RenamedImages,
    WrittenFiles,
    safe_image_name,
    safe_part,
)


@pytest.mark.parametrize(
    ("name", "record_format", "expected"),
    [
        ("a.jpg", "jpeg", "a.jpg"),
        ("night/ä b.JPEG", "jpeg", "night/ä b.JPEG"),
        ("a.bmp", "png", "a.png"),
        ("a.jpg", "png", "a.png"),
        ("frame.001", "jpeg", "frame.001.jpg"),
        ("../../etc/passwd", "png", "etc/passwd.png"),
        ("/etc/./cron.d//x.png", "png", "etc/cron.d/x.png"),
        ("..", "jpeg", "image.jpg"),
        (r"..\x.jpg", "jpeg", "_.\\x.jpg".replace("\\", "_")),
        (".hidden/.a.jpg", "jpeg", "_hidden/_a.jpg"),
        (" a\n\x00.jpg", "jpeg", "_a__.jpg"),
        ("a\u2028b .jpg ", "jpeg", "a_b .jpg .jpg"),
        (".jpg", "jpeg", "_jpg.jpg"),
    ],
)
def test_safe_image_name(name, record_format, expected):
    assert safe_image_name(name, record_format) == expected


def test_renamed_images_are_counted_and_some_named():
    renamed = RenamedImages()
    renamed.add("a.jpg", "a.jpg")
    assert renamed.warnings() == []
    for number in range(5):
        renamed.add(f"{number}.jpg", f"{number}_2.jpg", 2)
    (line,) = renamed.warnings()
    assert line.startswith("10 images have another name when the output is read")
    assert line.endswith(": 0.jpg, 1.jpg, 2.jpg and 7 more")


def test_long_names_are_cut_and_stay_apart():
    first, second = (safe_part("ä" * 300 + end) for end in ("1.jpg", "2.jpg"))
    assert first != second
    assert all(len(name.encode()) <= 230 and name.endswith(".jpg") for name in (first, second))
    assert safe_part("x" * 230) == "x" * 230
    assert len(safe_part("x." + "y" * 300).encode()) <= 230


@given(st.text(st.characters(codec=None)), st.sampled_from(["jpeg", "png"]))
def test_any_name_is_safe(name, record_format):
    safe = safe_image_name(name, record_format)
    assert safe_image_name(safe, record_format) == safe
    for part in safe.split("/"):
        assert part == part.strip() == safe_part(part)
        assert part.splitlines() == [part]
        assert not part.startswith(".")
        assert 0 < len(part.encode()) <= 255
        assert not {"\\", "\0"} & set(part)


class TestWrittenFiles:
    @pytest.fixture
    def files(self, tmp_path):
        return WrittenFiles(tmp_path)

    def test_the_first_name_that_is_free(self, files, tmp_path):
        assert files.write(["x/a.txt", "x/b.txt"], b"1") == "x/a.txt"
        assert files.write(["x/a.txt", "x/b.txt"], b"2") == "x/b.txt"
        assert (tmp_path / "x" / "a.txt").read_bytes() == b"1"

    def test_the_same_content_is_written_once(self, files, tmp_path):
        for _ in range(2):
            assert files.write(["a.txt"], b"1") == "a.txt"
        assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]

    def test_all_names_taken(self, files, tmp_path):
        names = {files.write(["x/a.txt"], content) for content in (b"1", b"2", b"3", b"2")}
        assert len(names) == 3
        assert {(tmp_path / name).read_bytes() for name in names} == {b"1", b"2", b"3"}
        assert all(name.endswith(".txt") for name in names)

    def test_a_file_where_a_folder_is_wanted_and_the_reverse(self, files, tmp_path):
        assert files.write(["a.txt"], b"1") == "a.txt"
        inside = files.write(["a.txt/b.txt"], b"2")
        assert (tmp_path / inside).read_bytes() == b"2"
        assert files.write(["c/d.txt"], b"3") == "c/d.txt"
        beside = files.write(["c"], b"4")
        assert (tmp_path / beside).read_bytes() == b"4"
