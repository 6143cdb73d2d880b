from pathlib import Path

import pytest

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.box_findings import BoxFinding, OddBoxes
from odapi_ssd.inspection.dataset.problem_kinds import KINDS
from odapi_ssd.inspection.dataset.problems import MAX_LISTED, ProblemCollector
from odapi_ssd.inspection.dataset.statistics import DatasetStatistics
from tests.support.inspected_images import inspected

_BOX = (0.0, 0.0, 0.5, 0.5)


class _Images:
    """Adds images to a collector and to figures, as an inspection does."""

    def __init__(self, *splits):
        self.collector, self.statistics = ProblemCollector(), DatasetStatistics(splits)
        self.splits_of = {}

    def add(self, key, splits, names, content=None, **others):
        objects = tuple(
            AnnotatedObject(number, name, (0, 0, 9, 9)) for number, name in enumerate(names, 1)
        )
        annotated = AnnotatedImage(key, Path(key), Annotation(f"{key}.xml", None, objects))
        boxes = [(name, _BOX) for name in names]
        image = inspected(boxes, content_key=content or key.encode(), **others)
        self.collector.add_image(annotated, image)
        self.splits_of[key] = splits
        self.statistics.add(key, splits, image)

    def problems(self):
        """Texts by kind."""
        self.collector.compare(self.statistics, self.splits_of)
        groups = self.collector.groups()
        return {group.kind.name: [one.text for one in group.listed] for group in groups}

    def views(self, kind):
        (group,) = (one for one in self.collector.groups() if one.kind.name == kind)
        return [dict(problem.views) for problem in group.listed]


@pytest.fixture
def images():
    return _Images("train", "val")


def test_a_good_dataset(images):
    images.add("a", ["train"], ["dog"])
    images.add("b", ["val"], ["dog", "dog"])
    assert images.problems() == {}


def test_problems_of_one_image_name_the_objects(images):
    finding = BoxFinding("a.xml", 2, "dog", "why")
    clipped = {"clipped": (finding,), "shares_outside": {2: 0.25}}
    odd = OddBoxes(repeated=(finding,), reclassified=(finding,), tiny=(finding,))
    others = {"odd": odd, "size_conflict": "sizes"}
    images.add("a", ["train"], ["dog"], inverted=(finding,), **clipped, **others)
    images.add("b", ["val"], ["dog"], exif_orientation=6, is_first_frame=True)
    images.add("c", ["val"], ["dog"], had_transparency=True)
    assert images.problems() == {
        "box_inverted": ["a.xml, object 2 (dog): why"],
        "box_clipped": ["a.xml, object 2 (dog): why, 25.0% of it outside"],
        "box_repeated": ["a.xml, object 2 (dog): why"],
        "box_of_two_classes": ["a.xml, object 2 (dog): why"],
        "box_tiny": ["a.xml, object 2 (dog): why"],
        "size_conflict": ["sizes"],
        "image_rotated": ["b.xml: EXIF orientation 6; boxes are taken as they are"],
        "image_animated": ["b.xml: the first frame is taken"],
        "image_transparent": ["c.xml: has transparent pixels"],
    }
    assert images.views("box_inverted") == [{"a": (2,)}]


def test_copies_within_a_split_and_across(images):
    for key, split in (("a", "train"), ("b", "train"), ("c", "val"), ("d", "val"), ("e", "val")):
        images.add(key, [split], ["dog"], content=b"same" if key in "abc" else None)
    assert images.problems() == {
        "image_in_two_splits": ["a = b = c: in train, val"],
        "image_repeated": ["a = b: in train"],
    }
    assert images.views("image_in_two_splits") == [{"a": (), "b": (), "c": ()}]


def test_one_image_that_two_splits_list(images):
    images.add("a", ["train", "val"], ["dog"])
    assert images.problems() == {"image_in_two_splits": ["a: in train, val"]}


def test_classes(images):
    images.add("a", ["train"], ["dog", "Dog", "cat"])
    images.add("b", ["val"], ["dog", "Dog"])
    images.add("c", ["val"], [])
    assert images.problems() == {
        "class_names_similar": ["'Dog', 'dog'"],
        "class_missing": ["'cat' is not in val (1 in all)"],
        "image_without_objects": ["c.xml: no objects"],
    }
    assert images.views("class_names_similar") == [{"a": (2, 1)}]


def test_names_that_may_be_the_same(images):
    for split in ("train", "val"):
        names = ["vehicle"] * 40 + ["vehicel", "dogs", "dog"]
        images.add(split, [split], names)
    assert images.problems() == {
        "class_names_near": ["'dog' (2) and 'dogs' (2)", "'vehicel' (2) and 'vehicle' (80)"],
    }
    assert images.views("class_names_near")[1] == {"train": (41, 1)}


def test_no_object_anywhere(images):
    images.add("a", ["train"], [])
    assert list(images.problems()) == ["no_objects", "image_without_objects"]


def test_the_gravest_come_first_and_all_are_counted():
    collector = ProblemCollector()
    for number in range(MAX_LISTED + 5):
        collector.add("remark", str(number))
    collector.add("image_missing", "gone")
    error, remark = collector.groups()
    assert (error.kind.severity, error.num) == ("error", 1)
    assert (remark.num, len(remark.listed)) == (MAX_LISTED + 5, MAX_LISTED)


def test_kinds_are_in_order_of_severity():
    ranks = [("error", "warning", "note").index(kind.severity) for kind in KINDS.values()]
    assert ranks == sorted(ranks)
