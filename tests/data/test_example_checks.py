"""The checks of whole conversions of real folders."""

import json

import pytest
from PIL import Image

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.example_checks import describe_missing_classes
from odapi_ssd.data.summary import DatasetSummary, SplitSummary

DOG = ("dog", (4, 2, 20, 12))


@pytest.fixture
def convert(voc_dir, tmp_path):
    """Converts what is in `voc_dir`; every image is another one."""

    def run(**options):
        for number, path in enumerate(sorted(voc_dir.images.iterdir())):
            if path.name[0] != "=":
                Image.new("RGB", (40, 20), (number * 20, 90, 60)).save(path)
        return convert_dataset(voc_dir.root, tmp_path / "records", ConversionOptions(**options))

    return run


def lines_with(summary, text):
    return [line for line in summary.warnings if text in line]


def test_nothing_is_odd(voc_dir, convert):
    for stem in "abc":
        voc_dir.add(stem)
    voc_dir.add_splits(train="ab", val="c")
    summary = convert()
    assert summary.warnings == ()
    assert set(summary.checks.values()) == {0}


def test_repeated_boxes(voc_dir, convert, tmp_path):
    cat = ("cat", DOG[1])
    voc_dir.add("a", [DOG, DOG, cat, ("cat", (5, 5, 9, 9))])
    voc_dir.add("b", [cat, cat])
    voc_dir.add_splits(train="ab")
    summary = convert()
    assert lines_with(summary, "repeat") == [
        "2 objects repeat class and box of an earlier one of the image: "
        "Annotations/a.xml, object 2 (dog), Annotations/b.xml, object 2 (cat)"
    ]
    assert lines_with(summary, "another class") == [
        "1 object has the box of an object of another class: Annotations/a.xml, object 3 (cat)"
    ]
    written = json.loads((tmp_path / "records" / "dataset.json").read_text())
    assert written["checks"] == {
        "tiny_boxes": 0,
        "repeated_boxes": 2,
        "boxes_of_two_classes": 1,
        "images_without_objects": 0,
    }
    assert written["splits"]["train"]["num_objects"] == 6  # They are used all the same.
    assert DatasetSummary.load(tmp_path / "records") == summary


def test_tiny_boxes(voc_dir, convert):
    """Images are 40 wide and 20 high: a pixel of 300 is 0.13 wide and 0.07 high."""
    boxes = [(4, 2, 4.14, 12), (4, 2, 4.1, 12), (4, 2, 20, 2.1), (4, 2, 20, 2.05)]
    voc_dir.add("a", [("dog", box) for box in boxes])
    voc_dir.add_splits(train="a")
    (line,) = lines_with(convert(), "too small")
    assert line.startswith("2 boxes are less than a pixel wide or high at an input of 300x300")
    assert line.endswith("Annotations/a.xml, object 2 (dog), Annotations/a.xml, object 4 (dog)")


def test_images_without_objects(voc_dir, convert):
    for number in range(9):
        voc_dir.add(str(number), [DOG] if number < 2 else [])
    voc_dir.add_splits(train="0234567", val="18")
    summary = convert()
    assert lines_with(summary, "no objects") == [
        "7 images have no objects and can only teach what is background (train 6, val 1): "
        "2.jpg, 3.jpg, 4.jpg, 5.jpg, 6.jpg and 2 more"
    ]
    assert summary.splits["train"].num_examples == 7


def test_the_same_image_in_two_splits_by_its_content(voc_dir, convert):
    for stem in ("a", "b", "c", "=1", "=2", "=3", "=4"):
        voc_dir.add(stem)
    voc_dir.add_splits(train=["a", "=1", "=3"], val=["b", "c", "=2", "=4"])
    other = Image.new("RGB", (40, 20), "white")
    for name in ("=3.jpg", "=4.jpg"):
        other.save(voc_dir.images / name)
    (line,) = lines_with(convert(), "under different names")
    assert line == (
        "2 images are in more than one split under different names, so scores will be too good: "
        "=1.jpg (train) = =2.jpg (val), =3.jpg (train) = =4.jpg (val)"
    )


def test_copies_in_one_split_and_an_image_listed_twice_are_no_leak_by_content(voc_dir, convert):
    for stem in ("a", "=1", "=2"):
        voc_dir.add(stem)
    voc_dir.add_splits(train=["a", "=1", "=2"], val=["a"])
    summary = convert()
    assert lines_with(summary, "under different names") == []
    assert len(lines_with(summary, "1 image is in more than one split, so")) == 1


def test_a_skipped_image_is_not_compared(voc_dir, convert):
    for stem in ("a", "b", "=1", "=2", "=3"):
        voc_dir.add(stem)
    for name in ("=1.jpg", "=2.jpg"):
        (voc_dir.images / name).write_text("the same, but no image")
    voc_dir.add_splits(train=["=1", "a"], val=["=2", "=3", "b"])
    assert lines_with(convert(on_error="skip"), "under different names") == []


def test_missing_classes():
    def split(**counts):
        return SplitSummary(1, sum(counts.values()), 1, counts)

    assert describe_missing_classes({"train": split(dog=3, cat=0)}) == []
    assert describe_missing_classes({
        "train": split(dog=3, cat=2, emu=0, cow=0), "val": split(dog=1, cat=0, emu=0, cow=4),
    }) == [
        "Split 'train' has no object of 1 class that other splits have: cow (4)",
        "Split 'val' has no object of 1 class that other splits have: cat (2)",
    ]  # fmt: skip


def test_names_with_a_typo(voc_dir, convert):
    voc_dir.add("a", [("helmet", (number, 1, 20, 20)) for number in range(19)])
    voc_dir.add("b", [("hemlet", (1, 1, 20, 20)), ("helmet", (1, 1, 20, 20))])
    voc_dir.add_splits(train="ab")
    assert lines_with(convert(), "typo") == [
        "Classes that may be the same, by a plural or a typo, are kept apart: "
        "'hemlet' (1) and 'helmet' (20). If so, use for example --rename hemlet=helmet."
    ]


class TestInvertedBoxes:
    BOXES = ((20, 12, 4, 2), (20, 2, 4, 12), (4, 2, 20, 12), (60, 2, 4, 12), (4, 2, 4, 12))

    def test_they_are_dropped_and_told(self, voc_dir, convert):
        voc_dir.add("a", [("dog", box) for box in self.BOXES])
        voc_dir.add_splits(train="a")
        summary = convert()
        assert len(summary.dropped) == 4
        assert lines_with(summary, "--fix_inverted") == [
            "3 boxes have swapped corners and no place in the output; --fix_inverted swaps them "
            "back: Annotations/a.xml, object 1, Annotations/a.xml, object 2, "
            "Annotations/a.xml, object 4"
        ]

    def test_they_are_put_right(self, voc_dir, convert, tmp_path):
        voc_dir.add("a", [("dog", box) for box in self.BOXES])
        voc_dir.add_splits(train="a")
        summary = convert(fix_inverted=True)
        assert [one.object for one in summary.dropped] == [5]
        assert [one.object for one in summary.clipped] == [4]
        assert [(one.object, one.split) for one in summary.fixed] == [
            (1, "train"), (2, "train"), (4, "train"),
        ]  # fmt: skip
        assert summary.fixed[0].reason == "corners were swapped: xmin=20 ymin=12 xmax=4 ymax=2"
        assert summary.splits["train"].num_objects == 4
        (line,) = lines_with(summary, "swapped")
        assert line.startswith("3 boxes with swapped corners put right, as --fix_inverted asks: ")
        assert DatasetSummary.load(tmp_path / "records") == summary
