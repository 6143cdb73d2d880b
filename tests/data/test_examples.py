import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.box_findings import BoxFinding
from odapi_ssd.data.examples import (
    ExampleFault,
    ExampleOptions,
    PlacedObject,
    check_example,
)


@pytest.fixture
def check(tmp_path):
    """Checks an image of 40x20 pixels with some boxes (xyxy in pixels)."""
    path = tmp_path / "a.png"
    Image.new("RGB", (40, 20)).save(path)

    def run(*boxes_xyxy_px, declared_hw=None, path=path, verify=None):
        objects = [
            AnnotatedObject(number, "dog", box) for number, box in enumerate(boxes_xyxy_px, start=1)
        ]
        annotation = Annotation("a.txt", declared_hw, tuple(objects))
        return check_example(AnnotatedImage("a", path, annotation), ExampleOptions(verify=verify))

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


# From an upright photo to how a camera stores it with that orientation.
STORING = {
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", STORING)
def test_boxes_on_the_rotated_image_are_rotated_back(check, tmp_path, orientation):
    """A photo of 64x96 pixels as it is shown, red in a corner, stored on its side."""
    upright = Image.new("RGB", (64, 96), "navy")
    ImageDraw.Draw(upright).rectangle((4, 8, 27, 39), fill="red")
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo.jpg"
    upright.transpose(STORING[orientation]).save(path, exif=exif, quality=95)
    red, clipped = (4, 8, 28, 40), (-9, 90, 70, 99)
    example = check(red, clipped, declared_hw=(96, 64), path=path)
    assert example.has_rotated_boxes
    assert example.size_conflict == ""
    assert example.image.image_hw == (64, 96)
    assert example.image.encoded == path.read_bytes()
    assert "64x96 image" in example.clipped[0].reason

    pixels = np.asarray(Image.open(io.BytesIO(example.image.encoded))).astype(int)
    is_red = pixels[..., 0] - pixels[..., 2] > 60
    ymin, xmin, ymax, xmax = np.round(np.array(example.objects[0].box_yxyx) * [64, 96, 64, 96])
    inside = np.zeros((64, 96), bool)
    inside[int(ymin) : int(ymax), int(xmin) : int(xmax)] = True
    assert np.mean(is_red == inside) > 0.99


@pytest.mark.parametrize("declared_hw", [None, (64, 96), (64, 64)])
def test_boxes_stay_where_nothing_is_proven(check, tmp_path, declared_hw):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (96, 64)).save(path, exif=exif)
    example = check((0, 0, 48, 16), declared_hw=declared_hw, path=path)
    assert example.objects[0].box_yxyx == (0, 0, 0.25, 0.5)
    assert not example.has_rotated_boxes


def test_an_image_that_cannot_be_read(check):
    fault = check(path=Path("gone.jpg"))
    assert isinstance(fault, ExampleFault)
    assert fault.message.startswith("a.txt: image gone.jpg: cannot be read")


def test_an_image_that_a_further_check_refuses(check):
    seen = []

    def verify(encoded, image_hw):
        seen.append((encoded[:4], image_hw))
        return "it is not wanted"

    assert check(verify=verify) == ExampleFault("a.txt", "a.txt: image a.png: it is not wanted")
    assert seen == [(b"\x89PNG", (20, 40))]
    assert check(verify=lambda encoded, image_hw: None).filename == "a.png"


def test_boxes_are_those_of_the_image_before_it_was_made_smaller(tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGB", (400, 200)).save(path)
    box = AnnotatedObject(1, "dog", (100, 50, 500, 100))
    annotation = Annotation("a.txt", (200, 400), (box,))
    example = check_example(AnnotatedImage("a", path, annotation), ExampleOptions(max_side=50))
    assert example.image.image_hw == (25, 50)
    assert [placed.box_yxyx for placed in example.objects] == [(0.25, 0.25, 0.5, 1)]
    assert (len(example.clipped), example.size_conflict) == (1, "")
    facts = example.facts()
    assert (facts.is_resized, facts.image_hw) == (True, (25, 50))
    annotation = Annotation("a.txt", (25, 50), (box,))
    example = check_example(AnnotatedImage("a", path, annotation), ExampleOptions(max_side=50))
    assert example.size_conflict == "a.txt (says 50x25, is 400x200)"
