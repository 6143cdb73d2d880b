"""Records by hand, read as annotations."""

import io
import struct

import pytest
from PIL import Image

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.formats.tfrecord_classes import RecordClasses
from odapi_ssd.data.formats.tfrecord_record import RecordReader, image_suffix, plain_name
from odapi_ssd.data.label_map import LabelMapItem
from odapi_ssd.data.masks import PngMask
from odapi_ssd.data.records.reader import Record
from odapi_ssd.errors import OdapiError
from tests.support.record_files import serialize_example


def image_file(image_format="PNG", size_wh=(40, 20)):
    content = io.BytesIO()
    Image.new("RGB", size_wh).save(content, image_format)
    return content.getvalue()


BOX = {"ymin": [0.5], "xmin": [0.25], "ymax": [1.0], "xmax": [0.5]}


IMAGE = image_file()


def features(sides=BOX, encoded=(IMAGE,), **lists):
    """Features of a record: of objects by their short names, of the image by theirs."""
    of_objects = {f"image/object/bbox/{side}": values for side, values in sides.items()}
    named = {key.replace("__", "/"): values for key, values in lists.items()}
    return {"image/encoded": encoded, **of_objects, **named}


def read(values, items=None):
    reader = RecordReader(RecordClasses(items))
    annotation = reader.read(Record(serialize_example(values), "r, record 0"), "r, record 0")
    return annotation, reader.warnings()


TEXT = {"image__object__class__text": [b"cat"]}


def test_all_that_a_record_holds():
    annotation, warnings = read(
        features(
            **TEXT,
            image__object__class__label=[3],
            image__object__difficult=[1],
            image__object__truncated=[1],
            image__object__is_crowd=[1],
            image__object__view=[b"Left"],
            image__object__mask=[b"png"],
            image__height=[20],
            image__width=[40],
        )
    )
    cat = AnnotatedObject(
        1, "cat", (10.0, 10.0, 20.0, 20.0), "Left", True, True, True, PngMask(b"png")
    )
    assert annotation.objects == (cat,)
    assert (annotation.declared_hw, annotation.source) == ((20, 40), "r, record 0")
    assert warnings == []


def test_the_least_that_a_record_holds():
    annotation, warnings = read(
        features(image__object__class__label=[3]), [LabelMapItem(3, "a", "a")]
    )
    assert annotation.objects == (AnnotatedObject(1, "a", (10.0, 10.0, 20.0, 20.0)),)
    annotation, _ = read(features({}))
    assert (annotation.objects, annotation.declared_hw, warnings) == ((), (20, 40), [])


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "BMP", "GIF", "WEBP"])
def test_boxes_are_pixels_of_the_image_itself(image_format):
    encoded = [image_file(image_format, (80, 60))]
    annotation, warnings = read(
        features(encoded=encoded, image__height=[20], image__width=[40], **TEXT)
    )
    assert annotation.declared_hw == (60, 80)
    assert annotation.objects[0].box_xyxy_px == (20.0, 30.0, 40.0, 60.0)
    assert warnings == ["1 record gives another size than its image has; the image's is taken."]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (features(encoded=()), "has nothing under the key image/encoded, expected one image"),
        (features(encoded=(b"",)), "has nothing under the key image/encoded"),
        (features(encoded=(b"a", b"b")), "has 2 values under the key image/encoded"),
        (features(encoded=(b"text",)), "has an image that is no whole JPEG, PNG, BMP, GIF or WebP"),
        (features(encoded=(image_file()[:20],)), "has an image that is no whole"),
        (features({**BOX, "xmin": []}), "has 1, 0, 1, 1 values of ymin, xmin, ymax, xmax"),
        (features({**BOX, "xmin": [float("nan")]}, **TEXT), "object 1 has the box nan, 10, 20, 20"),
        (features({**BOX, "ymax": [float("inf")]}, **TEXT), "object 1 has the box 10, 10, 20, inf"),
        (features(image__object__class__text=[b"a", b"b"]), "has 2 class texts for 1 boxes"),
        (features(image__object__class__label=[1, 2]), "has 2 class ids for 1 boxes"),
        (features(), "object 1 has neither class text nor class id"),
        (features(image__object__class__label=[1]), "the class id 1 and no text, expected a label"),
        (features(image__object__class__text=[b"\xff"]), r"the class text b'\\xff', which is not"),
        (features(image__object__class__text=[b" "]), "neither class text nor class id"),
    ],
)
def test_records_that_the_api_could_not_use(values, words):
    with pytest.raises(OdapiError, match=words):
        read(values)


def test_an_id_that_the_label_map_lacks():
    with pytest.raises(OdapiError, match="has the class id 7, which is not in the label map"):
        read(features(image__object__class__label=[7]), [LabelMapItem(1, "a", "a")])


def test_coordinates_beyond_the_image_stay_finite():
    annotation, _ = read(features({**BOX, "xmin": [-3.4e38], "xmax": [3.4e38]}, **TEXT))
    assert annotation.objects[0].box_xyxy_px[2] > 1e39


def test_what_is_not_read_is_told():
    _, warnings = read(
        features(
            **TEXT,
            image__object__weight=[1.0],
            image__object__difficult=[1, 0],
            image__object__mask=[0.0, 1.0],
            image__channels=[3],
        )
    )
    assert warnings == [
        "Features of records that are not read, with the number of records: "
        "image/object/difficult (1), image/object/mask (1), image/object/weight (1)"
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jpg", "a.jpg"),
        ("night/a b'\"ü日.jpg", "night/a b'\"ü日.jpg"),
        ("12:30.jpg", "12:30.jpg"),
        ("night\\a.jpg", "night/a.jpg"),
        ("/home/me/a.jpg", "a.jpg"),
        ("C:\\images\\a.jpg", "a.jpg"),
        ("../a.jpg", "a.jpg"),
        ("a/../../b.jpg", "b.jpg"),
        ("a//b.jpg", "b.jpg"),
        ("..", ""),
        ("a/", ""),
        ("", ""),
        (" ", ""),
        (".hidden.jpg", ""),
        ("a\0.jpg", ""),
        ("a\n.jpg", ""),
        ("x" * 300, ""),
        ("x" * 150 + "/" + "y" * 150, "y" * 150),
    ],
)
def test_names_never_lead_out_of_a_folder(name, expected):
    record = Record(serialize_example({"image/filename": [name.encode()]}), "r")
    assert plain_name(record) == expected


def test_a_name_by_the_id_or_none():
    by_id = Record(serialize_example({"image/source_id": [b"17"]}), "r")
    assert plain_name(by_id) == "17"
    assert plain_name(Record(serialize_example({"image/filename": [b"\xff.jpg"]}), "r")) == ""
    assert plain_name(Record(b"", "r")) == ""
    assert [image_suffix(image_file(kind)) for kind in ("JPEG", "PNG")] == [".jpg", ".png"]


@pytest.mark.parametrize("side", [1, 3, 375, 500, 4095, 65_500])
def test_a_box_divided_again_is_the_same_in_single_precision(side):
    for step in range(1, 1000):
        (value,) = struct.unpack("f", struct.pack("f", step / 1000))
        assert value * side / side == value


def test_keys_of_strangers_are_printable_and_not_endless():
    strange = {f"\x1b[2J{number}": [1] for number in range(100)}
    _, (warning,) = read({**features(**TEXT), **strange})
    assert warning.isprintable()
    assert warning.endswith(" and 95 more")
