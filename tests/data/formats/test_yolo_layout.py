import pytest
from PIL import Image

from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.formats.yolo_config import YoloConfig
from odapi_ssd.data.formats.yolo_layout import (
    LabelFiles,
    SplitResolver,
    has_labels,
    record_names,
    without_layout,
)
from odapi_ssd.data.image_index import ImageIndex
from tests.support.dataset_files import write_text


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("images/train/a.jpg", "labels/train/a.txt"),
        ("train/images/a.jpg", "train/labels/a.txt"),
        ("data/Images/images/a.jpg", "data/Images/labels/a.txt"),
        ("data/Images/images/a.jpg", "data/labels/images/a.txt"),
        ("JPEGImages/a.b.jpg", "labels/a.b.txt"),
        ("a.jpg", "labels/a.txt"),
        ("train/a.jpg", "train/labels/a.txt"),
        ("train/a.jpg", "train/a.txt"),
    ],
)
def test_labels_of_an_image(tmp_path, image, label):
    touch(tmp_path, label, "other/a.txt")
    assert LabelFiles(tmp_path).find(image) == label


def test_a_folder_of_labels_goes_first(tmp_path):
    touch(tmp_path, "images/a.txt", "labels/a.txt")
    assert LabelFiles(tmp_path).find("images/a.jpg") == "labels/a.txt"


def test_labels_of_no_image(tmp_path):
    touch(tmp_path, "labels/a.txt", "labels/b.txt", "labels/classes.txt", "notes.txt",
          "labels/README.txt", "labels/train/train.txt", "labels/c.xml")  # fmt: skip
    unused = LabelFiles(tmp_path).unused(["labels/a.txt"])
    assert unused == ["labels/b.txt", "labels/train/train.txt"]


class TestSplitResolver:
    def resolve(self, folder, splits, base=""):
        touch(folder, "images/a/1.jpg", "images/a/2.jpg", "images/b/1.jpg", "c/3.jpg")
        config = YoloConfig("data.yaml", {0: "dog"}, base, splits)
        resolver = SplitResolver(config, ImageIndex(folder), LabelFiles(folder))
        found = {
            split: [one.key for one in entries] for split, entries in resolver.resolve().items()
        }
        return found, resolver.unresolved

    @pytest.mark.parametrize(
        ("base", "entry", "keys"),
        [
            ("", "images/a", ["images/a/1.jpg", "images/a/2.jpg"]),
            ("", "./images/a/", ["images/a/1.jpg", "images/a/2.jpg"]),
            ("", "images", ["images/a/1.jpg", "images/a/2.jpg", "images/b/1.jpg"]),
            ("/home/me/pets", "images/b", ["images/b/1.jpg"]),
            ("../pets", "/elsewhere/pets/images/b", ["images/b/1.jpg"]),
            ("images", "b", ["images/b/1.jpg"]),
            ("images", "c", ["c/3.jpg"]),
            ("", r"C:\pets\c", ["c/3.jpg"]),
            ("", "../c", ["c/3.jpg"]),
            ("images/a", ".", ["images/a/1.jpg", "images/a/2.jpg"]),
            (
                "/home/me/pets",
                "./",
                ["c/3.jpg", "images/a/1.jpg", "images/a/2.jpg", "images/b/1.jpg"],
            ),
        ],
    )
    def test_folders(self, tmp_path, base, entry, keys):
        found, unresolved = self.resolve(tmp_path, {"train": (entry,)}, base)
        assert {split: sorted(found[split]) for split in found} == {"train": keys}
        assert unresolved == {}

    @pytest.mark.parametrize("entry", ["..", "../../../", "/", "images/../.."])
    def test_folders_around_this_one(self, tmp_path, entry):
        found, unresolved = self.resolve(tmp_path, {"val": (entry,)})
        assert found == {"val": []}
        assert unresolved == {"val": f"data.yaml: val is {entry!r}, which is not in this folder"}

    def test_several_entries(self, tmp_path):
        found, unresolved = self.resolve(tmp_path, {"train": ("images/b", "gone"), "val": ("c",)})
        assert found == {"train": ["images/b/1.jpg"], "val": ["c/3.jpg"]}
        assert unresolved == {"train": "data.yaml: train is 'gone', which is not in this folder"}

    def test_a_list_that_is_not_text(self, tmp_path):
        (tmp_path / "train.txt").write_bytes(b"\xff")
        config = YoloConfig("data.yaml", {0: "dog"}, "", {"train": ("train.txt",)})
        resolver = SplitResolver(config, ImageIndex(tmp_path), LabelFiles(tmp_path))
        (entry,) = resolver.resolve()["train"]
        assert entry.fault.startswith("train.txt: cannot be read: it is not UTF-8 text")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("labels/a.txt", b"0 0.1 0.1 0.1 0.1", True),
        ("labels/a.txt", "0 0.1 0.1 0.1 0.1".encode("utf-16"), True),
        ("labels/a.txt", b"dog 0.1 0.1 0.1 0.1", False),
        ("labels/a.txt", b"0 1 2", False),
        ("labels/a.txt", b"\xff\xd8\xff", False),
        ("labels/a.txt", b"", False),
        ("a.txt", b"0 0.1 0.1 0.1 0.1", False),
    ],
)
def test_has_labels(tmp_path, name, content, expected):
    touch(tmp_path, name)
    (tmp_path / name).write_bytes(content)
    assert has_labels(tmp_path) is expected


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("images/train/night/1.jpg", "night/1.jpg"),
        ("valid/images/1.jpg", "1.jpg"),
        ("night/images/1.jpg", "night/images/1.jpg"),
        ("old/1.jpg", "1.jpg"),
        ("1.jpg", "1.jpg"),
    ],
)
def test_paths_without_the_layout(path, name):
    assert without_layout(path, ["old"]) == name


def test_equal_names_keep_their_paths():
    paths = ["images/train/1.jpg", "images/val/1.JPG", "images/val/2.jpg"]
    assert list(record_names(paths).values()) == [*paths[:2], "2.jpg"]


BAD_ROWS = (
    "0 nan 0.5 0.1 0.1", "0 1e400 0.5 0.1 0.1", "0 0.5 0.5 0.1", "cat 0.5 0.5 0.1 0.1",
    "0,0.5,0.5,0.1,0.1", "0_5 0.5 0.5 0.1 0.1", f"{'9' * 5000} 0.5 0.5 0.1 0.1",
)  # fmt: skip


@pytest.mark.parametrize("row", BAD_ROWS)
@pytest.mark.parametrize("label", ["labels/a.txt", "images/a.txt"])
def test_a_faulty_row_is_told_by_its_line(tmp_path, row, label):
    (tmp_path / "images").mkdir()
    Image.new("RGB", (4, 2)).save(tmp_path / "images/a.jpg")
    write_text(tmp_path / label, f"{row}\n0 0.5 0.5 0.1 0.1\n")
    write_text(tmp_path / "classes.txt", "dog\n")
    (line,) = read_dataset(tmp_path).fault_lines()
    assert line.startswith(f"{label}, line 1: ")


def test_a_faulty_row_of_labels_without_names_of_classes(tmp_path):
    write_text(tmp_path / "labels/a.txt", BAD_ROWS[0])
    assert not has_labels(tmp_path)
    write_text(tmp_path / "labels/b.txt", "0 0.5 0.5 0.1 0.1")
    assert has_labels(tmp_path)


def test_texts_beside_a_list_of_classes_are_labels_by_the_name_of_an_image(tmp_path):
    write_text(tmp_path / "classes.txt", "dog\n")
    write_text(tmp_path / "notes.txt", "of no image")
    Image.new("RGB", (4, 2)).save(tmp_path / "a.jpg")
    assert not has_labels(tmp_path)
    write_text(tmp_path / "a.txt", "")
    assert has_labels(tmp_path)
