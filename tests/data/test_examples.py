from pathlib import Path

import pytest
from PIL import Image

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.examples import BoxFinding, ExampleFault, PlacedObject, check_example


@pytest.fixture
def check(tmp_path):
    """Checks an image of 40x20 pixels with some boxes (xyxy in pixels)."""
    path = tmp_path / "a.png"
    Image.new("RGB", (40, 20)).save(path)

    def run(*boxes_xyxy_px, declared_hw=None, path=path):
        objects = [
            AnnotatedObject(number, "dog", box) for number, box in enumerate(boxes_xyxy_px, start=1)
        ]
        annotation = Annotation("a.txt", declared_hw, tuple(objects))
        return check_example(AnnotatedImage("a", path, annotation))

    return run


def test_objects_get_normalized_boxes_in_the_order_yxyx(check):
    example = check((10, 5, 20, 10))
    assert example.filename == "a.png"
    assert example.image.image_hw == (20, 40)
    dog = AnnotatedObject(1, "dog", (10, 5, 20, 10))
    assert example.objects == (PlacedObject(dog, (0.25, 0.25, 0.5, 0.5)),)
    assert (example.dropped, example.clipped, example.size_conflict) == ((), (), "")


def test_an_image_without_objects(check):
    assert check().objects == ()


def test_boxes_are_clipped_or_dropped(check):
    example = check((-10, 0, 10, 10), (5, 5, 5, 10), (0, 0, 40, 20))
    assert [placed.annotated.number for placed in example.objects] == [1, 3]
    assert [placed.box_yxyx for placed in example.objects] == [(0, 0, 0.5, 0.25), (0, 0, 1, 1)]
    (clipped,), (dropped,) = example.clipped, example.dropped
    assert (clipped.file, clipped.object, clipped.name) == ("a.txt", 1, "dog")
    assert dropped == BoxFinding("a.txt", 2, "dog", dropped.reason)


@pytest.mark.parametrize(
    ("declared_hw", "expected"),
    [
        ((20, 40), ""),
        ((21, 40), "a.txt (says 40x21, is 40x20)"),
        ((40, 20), "a.txt (says 20x40, is 40x20: width and height are swapped, perhaps the image "
                   "was rotated)"),
    ],
)  # fmt: skip
def test_declared_size(check, declared_hw, expected):
    assert check(declared_hw=declared_hw).size_conflict == expected


def test_an_image_that_cannot_be_read(check):
    fault = check(path=Path("gone.jpg"))
    assert isinstance(fault, ExampleFault)
    assert fault.message.startswith("a.txt: image gone.jpg: cannot be read")
