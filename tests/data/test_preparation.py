import pytest
from PIL import Image

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.examples import ExampleFault, ExampleOptions
from odapi_ssd.data.preparation import prepare_example


@pytest.fixture
def annotated(tmp_path):
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    objects = (AnnotatedObject(1, "dog", (0, 0, 10, 10)), AnnotatedObject(2, "cat", (5, 5, 5, 9)))
    return AnnotatedImage("a", tmp_path / "a.png", Annotation("a.xml", None, objects))


def test_facts_and_payload(annotated):
    prepared = prepare_example(annotated, ExampleOptions(), lambda example: example.filename)
    assert prepared.payload == "a.png"
    assert prepared.facts.class_names == ("dog",)
    assert [one.name for one in prepared.facts.dropped] == ["cat"]
    assert prepared.lost == {}


def test_what_the_payload_does_not_hold(annotated):
    prepared = prepare_example(
        annotated, ExampleOptions(), lambda example: b"", lambda example: {example.filename: 3}
    )
    assert prepared.lost == {"a.png": 3}


def test_an_image_that_is_checked_only(annotated):
    assert prepare_example(annotated, ExampleOptions(), None).payload is None


def test_a_fault_is_not_encoded(annotated):
    annotated.path.write_bytes(b"")
    fault = prepare_example(annotated, ExampleOptions(), lambda example: pytest.fail("encoded"))
    assert fault == ExampleFault(
        "a.xml", "a.xml: image a.png: is not a JPEG, PNG, BMP, GIF or WebP file"
    )
