"""CSV datasets, whole."""

import csv

import pytest
from hypothesis import given, settings
from PIL import Image

from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.formats.csv_boxes import recognize
from tests.support.dataset_files import write_text
from tests.support.random_datasets import as_drawn, by_file_name, datasets, write_drawn_image

HEADER = "filename,width,height,class,xmin,ymin,xmax,ymax\n"


def write_image(path, size_wh=(40, 20)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size_wh).save(path)


def keys_of(dataset):
    return {split: [one.key for one in entries] for split, entries in dataset.splits.items()}


@pytest.fixture
def folder(tmp_path):
    """The tutorials' layout: a CSV for each split, images in folders of the same names."""
    for split in ("train", "test"):
        write_image(tmp_path / "images" / split / "a.jpg")
        write_text(
            tmp_path / f"{split}_labels.csv",
            f"{HEADER}a.jpg,40,20,dog,1,2,30,15\na.jpg,40,20,cat,5,5,10,10\n",
        )
    return tmp_path


class TestTutorials:
    def test_files_of_splits(self, folder):
        dataset = read_dataset(folder)
        assert keys_of(dataset) == {
            "test": ["images/test/a.jpg"], "train": ["images/train/a.jpg"],
        }  # fmt: skip
        annotation = dataset.images["images/train/a.jpg"].annotation
        assert annotation.source == "train_labels.csv, a.jpg"
        assert annotation.declared_hw == (20, 40)
        assert [(one.number, one.name, one.box_xyxy_px) for one in annotation.objects] == [
            (1, "dog", (1, 2, 30, 15)), (2, "cat", (5, 5, 10, 10)),
        ]  # fmt: skip
        assert convert_dataset(folder, folder / "records").splits["test"].num_objects == 2

    def test_names_without_an_ending(self, folder):
        write_image(folder / "images/train/b.jpg")
        write_text(
            folder / "train_labels.csv",
            f"{HEADER}a,40,20,dog,1,2,30,15\nb,40,20,cat,5,5,10,10\na.jpg,40,20,cat,5,5,10,10\n",
        )
        dataset = read_dataset(folder)
        assert keys_of(dataset)["train"] == ["images/train/a.jpg", "images/train/b.jpg"]
        assert dataset.fault_lines() == []

    def test_a_file_of_all_images_beside_those_of_splits_repeats_them(self, folder):
        write_text(folder / "all_labels.csv", f"{HEADER}a.jpg,40,20,dog,1,2,30,15\n")
        dataset = read_dataset(folder)
        assert dataset.warnings == (
            "all_labels.csv: left out, as other CSV files are those of splits.",
        )
        assert len(dataset.images) == 2

    def test_one_file_given_by_its_path(self, folder):
        dataset = read_dataset(folder / "test_labels.csv")
        assert keys_of(dataset) == {"test": ["images/test/a.jpg"]}

    def test_roboflow(self, tmp_path):
        for split in ("train", "valid"):
            write_image(tmp_path / split / f"{split}_png.rf.0123.jpg")
            write_text(
                tmp_path / split / "_annotations.csv",
                f"{HEADER}{split}_png.rf.0123.jpg,40,20,dog,1,2,30,15\n",
            )
        assert keys_of(read_dataset(tmp_path)) == {
            "train": ["train/train_png.rf.0123.jpg"], "val": ["valid/valid_png.rf.0123.jpg"],
        }  # fmt: skip

    def test_an_image_in_two_splits_is_annotated_once(self, tmp_path):
        write_image(tmp_path / "a.jpg")
        for split in ("train", "val"):
            write_text(tmp_path / f"{split}.csv", f"{HEADER}a.jpg,40,20,dog,1,2,30,15\n")
        dataset = read_dataset(tmp_path)
        assert keys_of(dataset) == {"train": ["a.jpg"], "val": ["a.jpg"]}
        assert len(dataset.images["a.jpg"].annotation.objects) == 1
        write_text(tmp_path / "val.csv", f"{HEADER}a.jpg,40,20,dog,1,2,30,16\n")
        assert read_dataset(tmp_path).fault_lines() == [
            "val.csv, a.jpg: is in train.csv too, with other boxes"
        ]


class TestOneFile:
    def test_a_column_of_splits(self, tmp_path):
        for name in "abc":
            write_image(tmp_path / "images" / f"{name}.jpg")
        write_text(
            tmp_path / "all.csv",
            "set;image_path;label;x1;y1;x2;y2\nTRAIN;C:\\me\\images\\a.jpg;dog;1;2;3;4\n"
            "Validation;./images/b.jpg;dog;1;2;3;4\nholdout;/c.jpg;dog;1;2;3;4\n",
        )
        assert keys_of(read_dataset(tmp_path)) == {
            "train": ["images/a.jpg"], "val": ["images/b.jpg"], "holdout": ["images/c.jpg"],
        }  # fmt: skip

    def test_keras_retinanet_with_negatives(self, tmp_path):
        for name in "ab":
            write_image(tmp_path / f"{name}.jpg")
        write_text(tmp_path / "boxes.csv", "a.jpg,1,2,30,15,dog\na.jpg,1,2,3,4,cat\nb.jpg,,,,,\n")
        dataset = read_dataset(tmp_path)
        assert dataset.splits == {}
        assert [len(one.annotation.objects) for one in dataset.images.values()] == [2, 0]

    def test_boxes_with_a_width_and_a_height(self, tmp_path):
        write_image(tmp_path / "a.jpg")
        write_text(
            tmp_path / "labels.csv",
            "label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height\n"
            "dog,4,2,10,5,a.jpg,40,20\n",
        )
        (image,) = read_dataset(tmp_path).images.values()
        assert image.annotation.objects[0].box_xyxy_px == (4, 2, 14, 7)
        assert image.annotation.declared_hw == (20, 40)

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("line_end", ["\r\n", "\r"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_what_spreadsheets_save(self, tmp_path, encoding, line_end, delimiter):
        write_image(tmp_path / "ä, b; c.jpg")
        rows = [HEADER.strip().split(","), ["ä, b; c.jpg", 40, 20, 'the "Löwe"', 1, 2, 30, 15]]
        with (tmp_path / "a.csv").open("w", encoding=encoding, newline="") as file:
            csv.writer(file, delimiter=delimiter, lineterminator=line_end).writerows(rows)
        (image,) = read_dataset(tmp_path).images.values()
        assert image.annotation.objects[0].name == 'the "Löwe"'


@settings(max_examples=60, deadline=None)
@given(images=datasets())
def test_random_datasets(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("csv")
    with (folder / "annotations.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ymax", "class", "xmin", "id", "ymin", "xmax", "File Name"])
        for number, image in enumerate(images):
            write_drawn_image(folder / "pictures", image)
            if not image.objects:
                writer.writerow(["", "", "", number, "", "", image.name])
            for one in image.objects:
                xmin, ymin, xmax, ymax = one.box_xyxy_px
                writer.writerow([ymax, one.name, xmin, number, ymin, xmax, image.name])
    dataset = read_dataset(folder)
    largest = [value for image in images for one in image.objects for value in one.box_xyxy_px]
    if 0 < max(largest, default=0) <= 1:
        assert "expected pixels" in dataset.fault_lines()[0]
    else:
        assert dataset.fault_lines() == []
    assert by_file_name(dataset) == as_drawn(images)


class TestFaults:
    @pytest.mark.parametrize(
        ("row", "line"),
        [
            ("a.jpg,40,20,dog,nan,2,30,15", "xmin is 'nan', expected a finite number of pixels"),
            ("a.jpg,40,20,dog,1,1e999,30,15", "ymin is '1e999', expected a finite number of pi"),
            ("a.jpg,40,20,dog,1,2,,15", "xmax is '', expected a finite number of pixels"),
            ("a.jpg,40,20,dog,1,2", "xmax is '', expected a finite number of pixels"),
            ("a.jpg,40,20,dog,1,2,30,1_5", "ymax is '1_5', expected a finite number of pixels"),
            (f"a.jpg,40,20,dog,1,2,30,{'9' * 1000}", f"ymax is '{'9' * 39}…, expected a finite"),
            ("a.jpg,40,20,,1,2,30,15", "the class is empty"),
            (",40,20,dog,1,2,30,15", "there is no name of an image"),
        ],
    )
    def test_a_row(self, tmp_path, row, line):
        write_image(tmp_path / "a.jpg")
        write_text(tmp_path / "a.csv", f"{HEADER}\n{row}\n")
        (fault,) = read_dataset(tmp_path).fault_lines()
        assert fault.startswith(f"a.csv, line 3: {line}")

    def test_numbers_that_are_none_of_the_sizes(self, tmp_path):
        write_image(tmp_path / "a.jpg")
        write_text(tmp_path / "a.csv", f"{HEADER}a.jpg,1e99,nan,dog,1,2,-3,1e300\n")
        (image,) = read_dataset(tmp_path).images.values()
        assert image.annotation.declared_hw is None
        assert image.annotation.objects[0].box_xyxy_px == (1, 2, -3, 1e300)

    @pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "gone.jpg", "\\\\x\\y"])
    def test_images_that_are_not_there(self, tmp_path, name):
        write_text(tmp_path / "a.csv", f"{HEADER}{name},40,20,dog,1,2,30,15\n")
        (missing,) = read_dataset(tmp_path).missing_images.values()
        assert missing.problem == f"a.csv, {name}: no image {name!r} in {tmp_path.name}"

    @pytest.mark.parametrize("split", ["../up", "a/b", "..", "x" * 101, "a\0b"])
    def test_a_split_that_is_no_name(self, tmp_path, split):
        write_image(tmp_path / "a.jpg")
        write_text(tmp_path / "a.csv", f"image,label,x1,y1,x2,y2,split\na.jpg,d,1,2,3,4,{split}\n")
        dataset = read_dataset(tmp_path)
        assert "expected a name such as train" in dataset.fault_lines()[0]
        assert dataset.splits == {}

    def test_shares_of_the_size(self, tmp_path):
        write_image(tmp_path / "a.jpg")
        write_text(tmp_path / "a.csv", f"{HEADER}a.jpg,40,20,dog,0.1,0.2,0.9,1\n")
        assert read_dataset(tmp_path).fault_lines() == [
            "a.csv: all corners are numbers from 0 to 1, expected pixels; multiply them by the "
            "image's width and height"
        ]

    @pytest.mark.parametrize(
        ("content", "line"),
        [
            (b'"' + b"x" * 200_000, "a.csv: is not CSV, as a cell is too long or a quote is never"),
            (b"a.jpg,40,20,d\xf6g,1,2,30,15\n", "a.csv: cannot be read: it is not UTF-8 text (the"),
        ],
    )
    def test_a_file_that_is_not_csv(self, tmp_path, content, line):
        (tmp_path / "a.csv").write_bytes(HEADER.encode() + content)
        (fault,) = read_dataset(tmp_path).fault_lines()
        assert fault.startswith(line)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.csv": HEADER}, True),
        ({"data/train_labels.csv": HEADER}, True),
        ({"a.csv": HEADER, "annotations/a.xml": "<annotation/>"}, False),
        ({"a.csv": "name,id\ndog,1\n"}, False),
        ({"a.csv": "a.jpg,1,2,3,4,dog\n"}, True),
        ({"a.csv": "a.jpg,,,,,\n"}, True),
        ({"a.csv": "a,b,c,d,e,f\n"}, False),
        ({"a.csv": "1,2,3,4,5,6\n"}, True),
        ({"a.csv": ""}, False),
        ({"a.csv": "\x89PNG\r\n\x1a\n\0\0"}, False),
        ({"a.txt": HEADER}, False),
    ],
)
def test_recognize(tmp_path, files, expected):
    for name, text in files.items():
        write_text(tmp_path / name, text)
    assert recognize(tmp_path) is expected
