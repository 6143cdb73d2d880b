import dataclasses
from pathlib import Path

import pytest

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.box_findings import BoxFinding
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.examples import ExampleFacts
from odapi_ssd.data.findings import ConversionFindings, describe_dataset, describe_splits
from odapi_ssd.data.summary import SplitBoxFinding


def example(
    filename="a.jpg", dropped=(), clipped=(), size_conflict="", orientation=1, rotated=False
):
    return ExampleFacts(
        filename, (20, 40), orientation, (), dropped, clipped, size_conflict, rotated
    )


def findings_of(*examples):
    findings = ConversionFindings()
    for one in examples:
        findings.add("train", one)
    return findings


def box(number):
    return BoxFinding("a.xml", number, "dog", "no area")


def dataset(paths, names=(), warnings=()):
    objects = (AnnotatedObject(1, name, (0, 0, 1, 1)) for name in names)
    annotation = Annotation("a.xml", None, tuple(objects))
    images = {key: AnnotatedImage(key, Path(path), annotation) for key, path in paths.items()}
    return Dataset(Path(), tuple(paths), images, warnings=warnings)


def test_nothing_to_warn_of():
    assert findings_of().warnings() == []
    assert findings_of(example()).warnings() == []


def test_dropped_boxes_are_named_up_to_five():
    findings = findings_of(example(dropped=(box(1),)))
    assert findings.dropped == [SplitBoxFinding("a.xml", 1, "dog", "no area", "train")]
    assert findings.warnings() == ["1 box without area dropped: a.xml, object 1 (dog): no area"]
    (warning,) = findings_of(example(dropped=tuple(map(box, range(1, 7))))).warnings()
    assert warning.startswith("6 boxes without area dropped")
    assert "object 5" in warning
    assert "object 6" not in warning
    assert warning.endswith("; all are listed in dataset.json")


def test_clipped_boxes():
    findings = findings_of(example(clipped=(box(1), box(2))))
    assert findings.warnings() == ["2 boxes clipped to the image: a.xml, object 1, a.xml, object 2"]


def test_an_image_in_two_splits_is_named_once():
    conflict, rotated = example(size_conflict="a.xml (…)"), example(orientation=6)
    warnings = findings_of(conflict, conflict, rotated, rotated).warnings()
    assert warnings[0].startswith("1 annotation disagrees with the image's size")
    assert warnings[1].startswith("1 image carries an EXIF rotation")


def test_images_with_rotated_boxes_are_no_longer_doubtful():
    rotated = [example(f"{name}.jpg", orientation=6, rotated=True) for name in "ab"]
    (warning,) = findings_of(*rotated).warnings()
    assert warning.startswith("2 images are annotated as their EXIF orientation shows them")
    assert "their boxes were rotated accordingly" in warning
    assert warning.endswith("a.jpg, b.jpg")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("dog", "cat"), []),
        (("dog", "Dog", "d og"), ["'Dog', 'd og', 'dog'"]),
    ],
)
def test_classes_that_look_alike(names, expected):
    lines = describe_dataset(dataset({"a": "a.jpg"}, names))
    assert [line.rpartition(": ")[2] for line in lines] == expected


def test_warnings_of_the_format_come_along():
    assert describe_dataset(dataset({}, warnings=("careful",))) == ["careful"]


def test_one_image_in_two_splits():
    data = dataset({"a": "x/a.jpg", "b": "x/b.jpg", "c": "y/a.jpg"})
    assert describe_splits(data, {"train": ("a",), "val": ("b", "c")}) == []
    (line,) = describe_splits(data, {"val": ("a", "b"), "train": ("a",)})
    assert line == (
        "1 image is in more than one split, so scores will be too good: a.jpg (train, val)"
    )


def test_one_image_with_two_annotations_in_a_split():
    data = dataset({"a": "x/a.jpg", "again": "x/a.jpg"})
    (line,) = describe_splits(data, {"train": ("a", "again")})
    assert line == "In split 'train', 1 image is named by several annotations: a.jpg"


def test_what_the_output_cannot_hold_is_one_line():
    findings = ConversionFindings()
    assert findings.lost_warnings("voc") == []
    for lost in ({"masks": 1200, "crowd flags": 1}, {}, {"masks": 1}):
        findings.add_lost(lost)
    assert findings.lost_warnings("voc") == [
        "The output does not have what voc cannot hold: 1 crowd flags of 1 image; "
        "1,201 masks of 2 images"
    ]


def test_how_images_differ_from_their_files():
    changes = {"is_resized": True, "is_first_frame": True, "had_transparency": True}
    changed = [
        dataclasses.replace(example(name), **changes) for name in ("b.gif", "b.gif", "c.gif")
    ]
    smaller, animations, transparent = findings_of(example(), *changed).warnings()
    assert smaller == "2 images were made smaller, as --max_side asks: b.gif, c.gif"
    assert animations == (
        "2 images are animations, of which the first frame is taken: b.gif, c.gif"
    )
    assert transparent.startswith("2 images have transparent pixels, which become the color that")
    (empty,) = findings_of(dataclasses.replace(example(), has_empty_masks=True)).warnings()
    assert empty.startswith("1 image has objects whose mask has no pixel")
    assert empty.endswith(": a.jpg")
    (one,) = findings_of(dataclasses.replace(example(), is_resized=True)).warnings()
    assert one.startswith("1 image was made smaller")


def test_images_in_one_file_are_told_apart_by_their_place():
    annotation = Annotation("a", None, ())
    images = {
        key: AnnotatedImage(key, Path("r.record"), annotation, key, (place, 10))
        for key, place in (("a.jpg", 0), ("b.jpg", 10), ("b again.jpg", 10))
    }
    dataset = Dataset(Path(), tuple(images), images)
    assert describe_splits(dataset, {"train": ("a.jpg", "b.jpg")}) == []
    assert describe_splits(dataset, {"train": ("a.jpg", "b.jpg", "b again.jpg")}) == [
        "In split 'train', 1 image is named by several annotations: b again.jpg"
    ]
    assert describe_splits(dataset, {"train": ("a.jpg", "b.jpg"), "val": ("b.jpg",)}) == [
        "1 image is in more than one split, so scores will be too good: b.jpg (train, val)"
    ]
