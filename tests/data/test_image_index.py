import os

import pytest

from odapi_ssd.data.image_index import ImageIndex
from odapi_ssd.errors import OdapiError


@pytest.fixture
def index_of(tmp_path):
    """An index of a folder with empty files of the names given."""

    def make(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        return ImageIndex(tmp_path)

    return make


@pytest.mark.parametrize(
    ("files", "filename", "stem", "expected"),
    [
        (["b.jpg", "a.jpg"], "b.jpg", "a", "b.jpg"),
        (["B.JPG"], "b.jpg", "a", "B.JPG"),
        (["b.jpg", "B.jpg"], "b.jpg", "a", "b.jpg"),
        (["b.jpg"], "b", "a", "b.jpg"),
        (["b.v2.jpg"], "b.v2", "a", "b.v2.jpg"),
        (["B.Png"], "b", "a", "B.Png"),
        (["a.jpg"], "gone.jpg", "a", "a.jpg"),
        (["a.JPEG"], None, "a", "a.JPEG"),
        (["A.png"], None, "a", "A.png"),
        (["ä b.bmp"], None, "ä b", "ä b.bmp"),
        (["a.xml", "a.txt", "a.gif"], None, "a", "a.gif"),
    ],
)
def test_find(index_of, files, filename, stem, expected):
    assert index_of(*files).find(filename, stem).name == expected


@pytest.mark.parametrize(
    ("files", "filename", "message"),
    [
        ([], "b.jpg", "no image named 'b.jpg', nor 'a'"),
        (["a.txt", ".a.jpg"], None, "no image named 'a'"),
        (["a.jpg", "a.png"], None, "several images fit, expected one: a.jpg, a.png"),
        (["B.jpg", "b.JPG"], "b.jpg", "several images fit"),
    ],
)
def test_find_fails(index_of, files, filename, message):
    with pytest.raises(OdapiError, match=message):
        index_of(*files).find(filename, "a")


def test_names_in_another_encoding_are_left_out_and_told(index_of):
    index = index_of(*map(os.fsdecode, (b"\xff.jpg", b"\xfe/a.png", b"\xff.txt")))
    assert index.image_paths() == []
    assert index.left_out() == [r"'\udcff.jpg'", r"'\udcfe/a.png'"]


@pytest.mark.parametrize(
    ("files", "filename", "stem", "expected"),
    [
        (["x/a.jpg", "a.jpg"], None, "x/a", "x/a.jpg"),
        (["x/a.jpg", "a.jpg"], "a.jpg", "a", "a.jpg"),
        (["a.jpg"], "a.jpg", "x/a", "a.jpg"),
        (["x/b.jpg", "a.jpg"], "b.jpg", "x/a", "x/b.jpg"),
        (["x/c.txt", "a.jpg"], None, "x/a", "a.jpg"),
    ],
)
def test_an_image_in_the_annotations_own_subfolder_goes_first(
    index_of, files, filename, stem, expected
):
    index = index_of(*files)
    assert index.name_of(index.find(filename, stem)) == expected


def test_an_image_in_another_subfolder_is_not_taken(index_of):
    index = index_of("y/a.jpg")
    with pytest.raises(OdapiError, match=r"no image named 'a' .*/x or above"):
        index.find(None, "x/a")
    with pytest.raises(OdapiError, match=r"no image named 'a'"):
        index.find(None, "a")


@pytest.mark.parametrize(
    ("files", "filename", "stem", "expected"),
    [
        (["y/a.jpg"], None, "a", "y/a.jpg"),
        (["y/a.jpg"], None, "x/a", "y/a.jpg"),
        (["y/b.jpg"], "b.jpg", "a", "y/b.jpg"),
        (["y/a.jpg", "a.jpg"], None, "x/a", "a.jpg"),
        (["y/a.jpg", "z/a.png"], "a.jpg", "a", "y/a.jpg"),
        (["y/a.jpg", "z/A.jpg"], "a.jpg", "a", "y/a.jpg"),
    ],
)
def test_an_image_elsewhere(index_of, files, filename, stem, expected):
    index = index_of(*files)
    assert index.name_of(index.find(filename, stem, also_elsewhere=True)) == expected


@pytest.mark.parametrize(
    ("files", "stem", "message"),
    [
        (["y/a.jpg", "z/a.jpg"], "a", "several images fit, expected one: y/a.jpg, z/a.jpg"),
        (["x/b.jpg", "y/a.jpg"], "x/a", "no image named 'a'"),
        (["y/b.jpg"], "x/a", "no image named 'a'"),
    ],
)
def test_no_single_image_elsewhere(index_of, files, stem, message):
    with pytest.raises(OdapiError, match=message):
        index_of(*files).find(None, stem, also_elsewhere=True)


def test_image_paths(index_of, tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    paths = index_of("b.PNG", "a.jpg", "a.xml", ".hidden.jpg").image_paths()
    assert [path.name for path in paths] == ["a.jpg", "b.PNG"]


@pytest.mark.parametrize(
    ("files", "name", "expected"),
    [
        (["1.jpg"], "1.jpg", "1.jpg"),
        (["1.jpg"], "train/1.jpg", "1.jpg"),
        (["train/1.jpg"], "1.jpg", "train/1.jpg"),
        (["train/1.jpg", "val/1.jpg"], "val/1.jpg", "val/1.jpg"),
        (["train/1.jpg", "val/1.jpg"], r"images\VAL\1.JPG", "val/1.jpg"),
        (["train/1.jpg", "val/1.jpg"], r"C:\data\val\1.jpg", "val/1.jpg"),
        (["a/1.jpg"], "/home/bob/1.jpg", "a/1.jpg"),
        (["a/1.jpg"], "../elsewhere/1.jpg", "a/1.jpg"),
        (["a/ä 1.jpg"], "https://host/b/%C3%A4%201.jpg?size=l#top", "a/ä 1.jpg"),
        (["a.jpg", "A.jpg"], "A.jpg", "A.jpg"),
        (["a.jpg"], "./A.JPG", "a.jpg"),
        (["images/3.jpg"], "3", "images/3.jpg"),
        (["a/Eve.1.png", "b/3.jpg"], "a/eve.1", "a/Eve.1.png"),
        (["3", "3.txt", "a/3.jpg"], "/home/3", "a/3.jpg"),
    ],
)
def test_find_by_path(index_of, tmp_path, files, name, expected):
    index = index_of(*files)
    assert index.name_of(index.find_by_path(name)) == expected


@pytest.mark.parametrize(
    ("files", "name", "message"),
    [
        (["a/1.jpg"], "b/1.jpg", "no image 'b/1.jpg' in"),
        (["a/1.jpg", "b/1.jpg"], "1.jpg", "several images fit '1.jpg', expected one: a/1.jpg, b/"),
        (["a.jpg", "A.jpg"], "x/a.JPG", "several images fit"),
        (["passwd", "1.jpg"], "../../etc/passwd", "no image"),
        (["3.jpg", "3.png"], "3", "several images fit '3', expected one: 3.jpg, 3.png"),
        (["3.jpg"], "3.png", "no image '3.png' in"),
        (["1.jpg"], "..", "not the name of an image"),
        (["1.jpg"], "", "not the name of an image"),
        (["1.jpg"], "https://host", "not the name of an image"),
        (["1.jpg"], "1.jpg\0.png", "no image"),
    ],
)
def test_find_by_path_fails(index_of, files, name, message):
    with pytest.raises(OdapiError, match=message):
        index_of(*files).find_by_path(name)


@pytest.mark.parametrize(
    ("files", "filename", "stem", "expected"),
    [
        (["0.jpg", "1.jpg"], "images/0.jpg", "1", "0.jpg"),
        (["0.jpg", "1.jpg"], r"C:\Users\me\1.jpg", "0", "1.jpg"),
        (["0.jpg", "1.jpg"], "/home/me/gone.jpg", "0", "0.jpg"),
        (["0.jpg", "1.jpg"], "/home/me/1", "0", "1.jpg"),
        (["a/1.jpg", "b/1.jpg"], "pets/b/1.jpg", "1", "b/1.jpg"),
        (["1.jpg", "a/1.jpg"], "a/1.jpg", "1", "a/1.jpg"),
        (["night/1.jpg", "day/1.jpg", "1.jpg"], "/x/day/1.jpg", "night/1", "night/1.jpg"),
        (["1.jpg", "2.jpg"], "pets/../..", "2", "2.jpg"),
        (["a/0.jpg"], "b/0.jpg", "1", "a/0.jpg"),
    ],
)
def test_a_path_in_place_of_a_file_name(index_of, files, filename, stem, expected):
    assert index_of(*files).find_name(filename, stem, also_elsewhere=True) == expected
