from pathlib import Path

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.conversion_faults import faults_error, find_faults
from odapi_ssd.data.dataset import Dataset, MissingImage
from odapi_ssd.data.faults import Fault
from odapi_ssd.data.splits import SplitPlan


def annotation(source, *names):
    objects = (AnnotatedObject(number, name, (0, 0, 1, 1)) for number, name in enumerate(names, 1))
    return Annotation(source, None, tuple(objects))


DATASET = Dataset(
    Path("d"),
    ("a", "b", "c"),
    {"a": AnnotatedImage("a", Path("a.png"), annotation("a.xml", "dog", "cat", "dog"))},
    {"b": MissingImage(annotation("b.xml", "bird"), "b.xml: no image")},
    {"c": ("c.xml: is not XML",)},
)


def test_faults_of_annotations_and_of_the_images_wanted():
    unknown = Fault("d", "split 'train': 'd' has no annotation")
    plan = SplitPlan({"train": ("a", "b")}, faults=(unknown,))
    expected = ["c.xml: is not XML", "split 'train': 'd' has no annotation"]
    found = find_faults(DATASET, plan, None)
    assert [one.line for one in found] == [*expected, "b.xml: no image"]
    assert [one.key for one in found] == ["c", None, "b"]
    (fault,) = find_faults(DATASET, SplitPlan({"train": ("a",)}), None)
    assert fault.line == expected[0]


def test_classes_that_a_given_label_map_lacks():
    found = find_faults(DATASET, SplitPlan({"train": ("a", "b")}), {"cat": 1})
    assert [one.line for one in found[2:]] == [
        "a.xml: class 'dog' (objects 1, 3) is not in the label map",
        "b.xml: class 'bird' (object 1) is not in the label map",
    ]
    assert [one.key for one in found[2:]] == ["a", "b"]


def test_the_error_names_each_once():
    error = faults_error(DATASET, [Fault("a", "a: 1"), Fault("b", "b: 2"), Fault("a", "a: 1")])
    assert error.problem == "Nothing was written: 2 faults in d:"
    assert error.details == ("a: 1", "b: 2")
