import gzip

import pytest
from PIL import Image

from odapi_ssd.data.formats.tfrecord_layout import (
    compression_of,
    find_record_files,
    is_record_folder,
)
from odapi_ssd.errors import OdapiError
from tests.support.record_files import write_records

ITEM = 'item { id: 1 name: "cat" }\n'


@pytest.fixture
def folder(tmp_path):
    """Makes files in a folder: records by their ending, else text."""

    def make(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".pbtxt":
                path.write_text(ITEM)
            elif "record" in path.name:
                write_records(path, [b"data"])
            else:
                path.write_text("text")
        return tmp_path

    return make


def splits_of(data_dir):
    return {file.name: file.split for file in find_record_files(data_dir)}


@pytest.mark.parametrize(
    ("expected", "names"),
    [
        ({"train.record": "train", "val.record": "val"}, ["label_map.pbtxt"]),
        ({"pascal_train.record": "train", "pascal_val.record": "val"}, []),
        ({"coco_testing.record-00000-of-00001": "test"}, []),
        ({"train/Cells.tfrecord": "train", "valid/Cells.tfrecord": "val"}, ["README.dataset.txt"]),
        ({"day_train.record": "day_train", "night_train.record": "night_train"}, []),
        ({"day.record": "day", "night.record": "night"}, []),
        ({"night.record": ""}, []),
        ({"a/night.record": "", "b/night.record": ""}, []),
        ({"train-00000-of-00001.tfrecord": "train"}, []),
        ({"shapes-train.tfrecord-00000-of-00001": "train"}, []),
        ({"night.record": "night"}, ["dataset.json"]),
        ({"day_train.record-00000-of-00001": "day_train"}, ["dataset.json"]),
        ({"eval.record": "eval", "train.record": "train"}, ["pipeline.config", "README.md"]),
    ],
)
def test_recognized_with_its_splits(folder, expected, names):
    data_dir = folder(*expected, *names)
    assert is_record_folder(data_dir)
    assert splits_of(data_dir) == expected


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["label_map.pbtxt"],
        ["train.record", "Annotations/1.xml", "JPEGImages/1.jpg"],
        ["train.record", "train_labels.csv"],
        ["train.record", "instances.json"],
        ["records/train.record", "data.yaml", "images/1.webp"],
    ],
)
def test_not_recognized(folder, names):
    assert not is_record_folder(folder(*names))


def test_records_beside_another_dataset_are_read_when_asked_for(folder):
    data_dir = folder("records/train.record", "Annotations/1.xml")
    assert splits_of(data_dir) == {"records/train.record": "train"}


@pytest.mark.parametrize(
    ("content", "is_taken"),
    [(b"", True), (gzip.compress(b"data", mtime=0), True), (b"text", False), (b"text" * 9, False)],
)
def test_one_file_is_looked_into(tmp_path, content, is_taken):
    (tmp_path / "train.record").write_bytes(content)
    assert is_record_folder(tmp_path) is is_taken
    assert is_record_folder(tmp_path / "train.record") is is_taken


def test_a_single_file(folder):
    data_dir = folder("train.record", "val.record", "label_map.pbtxt", "1.jpg")
    (file,) = find_record_files(data_dir / "val.record")
    assert (file.name, file.split) == ("val.record", "val")
    assert file.label_map_path == data_dir / "label_map.pbtxt"
    Image.new("RGB", (1, 1)).save(data_dir / "1.jpg")
    assert not is_record_folder(data_dir / "1.jpg")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], None),
        (["a/label_map.pbtxt"], "a/label_map.pbtxt"),
        (["object-detection.pbtxt"], "object-detection.pbtxt"),
        (["a/x.pbtxt", "label_map.pbtxt"], "a/x.pbtxt"),
        (["a/x.pbtxt", "a/label_map.pbtxt"], "a/label_map.pbtxt"),
        (["a/Cells_label_map.pbtxt", "a/other_label_map.pbtxt"], "a/Cells_label_map.pbtxt"),
        (["a/graph.pbtxt", "a/labelmap.pbtxt"], "a/labelmap.pbtxt"),
        (["b/label_map.pbtxt"], None),
    ],
)
def test_the_label_map_beside_records_or_above(folder, names, expected):
    data_dir = folder("a/Cells.tfrecord", *names)
    (file,) = find_record_files(data_dir)
    assert file.label_map_path == (None if expected is None else data_dir / expected)


def test_several_label_maps_are_refused(folder):
    data_dir = folder("a.record", "x_label_map.pbtxt", "y_label_map.pbtxt")
    with pytest.raises(OdapiError, match=r"2 label maps .*: x_label_map.pbtxt, y_label_map.pbtxt"):
        find_record_files(data_dir)


def test_shards_of_two_conversions_are_refused(folder):
    shards = [f"train.record-00000-of-0000{num}" for num in (1, 2)]
    with pytest.raises(OdapiError, match="several conversions are mixed") as caught:
        find_record_files(folder(*shards))
    assert caught.value.details == ("train.record: shards of 1 and of 2",)


def test_no_records(tmp_path):
    with pytest.raises(OdapiError, match=r"No record file in .*, expected \*\.record"):
        find_record_files(tmp_path)


def test_names_that_are_not_unicode_are_left_out(folder):
    data_dir = folder("train.record")
    write_records(data_dir / "\udcff.record", [b"data"])
    assert splits_of(data_dir) == {"train.record": "train"}


def test_compression(tmp_path):
    write_records(tmp_path / "plain.record", [b"data"])
    # The length of this record begins with GZIP's mark.
    write_records(tmp_path / "lucky.record", [bytes(0x8B1F)])
    (tmp_path / "gzip.record").write_bytes(gzip.compress(b"data", mtime=0))
    found = {path.stem: compression_of(path) for path in tmp_path.iterdir()}
    assert found == {"plain": None, "lucky": None, "gzip": "GZIP"}
