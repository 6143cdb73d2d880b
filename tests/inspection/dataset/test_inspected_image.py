import hashlib

import pytest
from PIL import Image

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.box_findings import OddBoxes
from odapi_ssd.data.examples import ExampleFault
from odapi_ssd.data.image_store import pack_image
from odapi_ssd.inspection.dataset.inspected_image import inspect_image, inspect_packed_image
from tests.support.faulty_dataset import write_noise


@pytest.fixture
def inspect(tmp_path):
    """Inspects an image of 80×50 pixels with some boxes of the class dog, or with objects."""

    def inspect(*boxes, objects=None):
        path = tmp_path / "a.png"
        write_noise(path, seed=1)
        if objects is None:
            objects = [AnnotatedObject(n, "dog", box) for n, box in enumerate(boxes, start=1)]
        annotated = AnnotatedImage("a", path, Annotation("a.xml", None, tuple(objects)))
        return inspect_image(annotated)

    return inspect


def test_boxes_as_they_go_into_records(inspect):
    image = inspect((8, 5, 40, 25))
    (one,) = image.objects
    assert (one.number, one.name) == (1, "dog")
    assert one.box_yxyx == pytest.approx((0.1, 0.1, 0.5, 0.5))
    assert image.image_hw == (50, 80)
    assert (image.inverted, image.dropped, image.clipped) == ((), (), ())
    assert image.odd == OddBoxes()


def test_every_wrong_box_is_told_apart(inspect):
    image = inspect((40, 5, 8, 25), (5, 5, 5, 9), (200, 1, 210, 9), (-4, 5, 9, 9), (9, 30, 12, 20))
    assert [one.object for one in image.inverted] == [1, 5]
    assert [one.object for one in image.dropped] == [2, 3]
    assert [one.object for one in image.clipped] == [4]
    assert [one.number for one in image.objects] == [4]
    assert image.shares_outside == {4: pytest.approx(4 / 13)}


def test_repeated_boxes_are_of_the_same_class(inspect):
    box = (8, 5, 40, 25)
    names = ("dog", "cat", "dog", "dog")
    objects = [AnnotatedObject(n, name, box) for n, name in enumerate(names, start=1)]
    odd = inspect(objects=objects).odd
    assert [one.object for one in odd.repeated] == [3, 4]
    assert [one.object for one in odd.reclassified] == [2]
    assert inspect(box, (8, 5, 40, 26)).odd == OddBoxes()


def test_the_same_bytes_have_the_same_key(inspect, tmp_path):
    first = inspect().content_key
    assert inspect((8, 5, 40, 25)).content_key == first
    content = (tmp_path / "a.png").read_bytes()
    assert first == hashlib.sha256(content).digest()[:16]


def test_an_image_that_does_not_decode(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"no image")
    found = inspect_image(AnnotatedImage("a", tmp_path / "a.jpg", Annotation("a.xml", None, ())))
    assert isinstance(found, ExampleFault)


def test_an_image_as_workers_get_it(tmp_path):
    write_noise(tmp_path / "a.png", seed=1)
    objects = (AnnotatedObject(1, "dog", (8, 5, 40, 25)),)
    annotated = AnnotatedImage("a", tmp_path / "a.png", Annotation("a.xml", None, objects))
    assert inspect_packed_image(pack_image(annotated)) == inspect_image(annotated)


def test_the_share_outside_is_that_of_the_image_as_it_was_annotated(tmp_path):
    """Stored as 80×50 pixels, annotated as 50×80."""
    exif = Image.Exif()
    exif[0x0112] = 6
    write_noise(tmp_path / "a.jpg", seed=1, exif=exif)
    objects = (AnnotatedObject(1, "dog", (0, 60, 10, 100)),)
    annotated = AnnotatedImage("a", tmp_path / "a.jpg", Annotation("a.xml", (80, 50), objects))
    assert inspect_image(annotated).shares_outside == {1: 0.5}
