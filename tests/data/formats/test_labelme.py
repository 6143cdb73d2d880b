"""LabelMe datasets, whole."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.formats.labelme import recognize
from odapi_ssd.data.masks import PolygonMask
from odapi_ssd.errors import OdapiError
from tests.support import supervision_dataset
from tests.support.dataset_files import write_text
from tests.support.random_datasets import as_drawn, by_file_name, datasets, write_drawn_image


def write_image(path, size_wh=(40, 20)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size_wh).save(path)


def shape(points, kind="rectangle", label="dog", **more):
    return {"label": label, "points": points, "group_id": None, "shape_type": kind, **more}


def write_json(path, shapes, image_name="a.jpg", **more):
    values = {"version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": image_name,
              "imageData": None, "imageHeight": 20, "imageWidth": 40, **more}  # fmt: skip
    write_text(path, json.dumps(values))


def objects_of(folder):
    (image,) = read_dataset(folder).images.values()
    return image.annotation.objects


def test_shapes(tmp_path):
    write_image(tmp_path / "a.jpg")
    write_json(
        tmp_path / "a.json",
        [
            shape([[30, 15], [1, 2]]),
            shape([[1, 2], [9, 2], [9, 12.5]], "polygon", "cat"),
            shape([[20, 10], [23, 14]], "circle"),
            shape([[0, 0]], "point"),
            shape([[1, 1], [2, 2]], "line", "way"),
        ],
    )
    dataset = read_dataset(tmp_path)
    found = dataset.images["a"].annotation.objects
    assert [(one.number, one.name, one.box_xyxy_px) for one in found] == [
        (1, "dog", (1, 2, 30, 15)), (2, "cat", (1, 2, 9, 12.5)), (3, "dog", (15, 5, 25, 15)),
    ]  # fmt: skip
    assert [one.mask for one in found] == [None, PolygonMask(((1, 2, 9, 2, 9, 12.5),)), None]
    assert dataset.images["a"].annotation.declared_hw == (20, 40)
    assert dataset.warnings == (
        "Left out, as they are no boxes or areas: 1 line shapes, 1 point shapes.",
    )
    assert dataset.class_names() == {"dog", "cat"}


def test_a_group_of_one_class_is_one_object(tmp_path):
    write_image(tmp_path / "a.jpg")
    first, second = [[1, 1], [5, 1], [5, 5]], [[20, 10], [30, 10], [30, 18]]
    write_json(
        tmp_path / "a.json",
        [
            shape(first, "polygon", group_id=1),
            shape([[0, 0], [2, 2]], label="cat", group_id=1),
            shape(second, "polygon", group_id=1),
        ],
    )
    dog, cat = objects_of(tmp_path)
    assert (dog.number, dog.box_xyxy_px) == (1, (1, 1, 30, 18))
    assert dog.mask == PolygonMask(((1, 1, 5, 1, 5, 5), (20, 10, 30, 10, 30, 18)))
    assert (cat.number, cat.name) == (2, "cat")


def test_flags(tmp_path):
    write_image(tmp_path / "a.jpg")
    box = [[1, 2], [3, 4]]
    write_json(
        tmp_path / "a.json",
        [shape(box, flags={"difficult": True}), shape(box, flags={"truncated": True}),
         shape(box, difficult=True), shape(box, flags={"difficult": False})],
    )  # fmt: skip
    flags = [(one.is_difficult, one.is_truncated) for one in objects_of(tmp_path)]
    assert flags == [(True, False), (False, True), (True, False), (False, False)]


class TestImages:
    @pytest.mark.parametrize(
        "name", ["../images/a.jpg", "..\\images\\a.jpg", "/home/me/a.jpg", "a.jpg", "A.JPG"]
    )
    def test_beside_their_folder(self, tmp_path, name):
        write_image(tmp_path / "images/a.jpg")
        write_json(tmp_path / "json/a.json", [], name)
        assert [one.path.name for one in read_dataset(tmp_path).images.values()] == ["a.jpg"]

    @pytest.mark.parametrize("name", ["", "renamed.jpg"])
    def test_one_that_has_the_name_of_the_file(self, tmp_path, name):
        write_image(tmp_path / "a.png")
        write_json(tmp_path / "a.json", [], name)
        assert list(read_dataset(tmp_path).images) == ["a"]

    def test_equal_names_in_folders_of_splits(self, tmp_path):
        for split in ("train", "val"):
            write_image(tmp_path / split / "a.jpg")
            write_json(tmp_path / split / "a.json", [shape([[1, 2], [3, 4]])])
        dataset = read_dataset(tmp_path)
        assert {key: one.name for key, one in dataset.images.items()} == {
            "train/a": "train/a.jpg", "val/a": "val/a.jpg",
        }  # fmt: skip
        assert list(dataset.splits) == ["train", "val"]

    def test_one_that_is_in_the_json_file_alone(self, tmp_path):
        write_json(tmp_path / "a.json", [], "../../etc/a.jpg", imageData="aGVsbG8=")
        (missing,) = read_dataset(tmp_path).missing_images.values()
        assert missing.problem.startswith("a.json: no image named 'a.jpg', nor 'a' with one of")
        assert missing.problem.endswith("holds a copy of it, which `labelme_export_json` saves")

    def test_two_files_for_one(self, tmp_path):
        write_image(tmp_path / "a.jpg")
        write_json(tmp_path / "a.json", [])
        write_json(tmp_path / "b.json", [])
        assert read_dataset(tmp_path).fault_lines() == [
            "b.json: its image a.jpg is that of a.json too, expected one annotation for an image; "
            "remove the one that is out of date"
        ]

    def test_other_json_files_are_left_out(self, tmp_path):
        write_image(tmp_path / "a.jpg")
        write_json(tmp_path / "a.json", [])
        write_text(tmp_path / "settings.json", "{}")
        dataset = read_dataset(tmp_path)
        assert dataset.warnings == ("1 JSON file is not of LabelMe and left out: settings.json",)
        assert dataset.keys == ("a",)


@pytest.mark.parametrize("with_masks", [False, True])
def test_what_supervision_writes(tmp_path, with_masks):
    supervision_dataset.write_supervision_dataset(tmp_path, "labelme", with_masks=with_masks)
    dataset = read_dataset(tmp_path)
    assert dataset.fault_lines() == []
    assert len(dataset.images) == len(supervision_dataset.OBJECTS_XYXY_PX)
    for image in dataset.images.values():
        objects = supervision_dataset.OBJECTS_XYXY_PX[image.path.name]
        found = image.annotation.objects
        assert [one.name for one in found] == [one for one, _ in objects]
        for one, (_, box) in zip(found, objects, strict=True):
            # Its outlines of masks go through the centers of pixels.
            np.testing.assert_allclose(one.box_xyxy_px, box, atol=1 if with_masks else 0)
            assert (one.mask is not None) == with_masks


def test_what_globox_writes(tmp_path):
    from globox import Annotation, AnnotationSet, BoundingBox

    boxes = [BoundingBox(label="b", xmin=4.5, ymin=2, xmax=20, ymax=12.25)]
    write_image(tmp_path / "a.jpg")
    AnnotationSet([Annotation("a.jpg", (40, 20), boxes)]).save_labelme(tmp_path)
    (found,) = objects_of(tmp_path)
    assert (found.name, found.box_xyxy_px) == ("b", (4.5, 2, 20, 12.25))


@settings(max_examples=60, deadline=None)
@given(images=datasets())
def test_random_datasets(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("labelme")
    for number, image in enumerate(images):
        write_drawn_image(folder, image)
        shapes = [
            shape([one.box_xyxy_px[:2], one.box_xyxy_px[2:]], label=one.name)
            for one in image.objects
        ]
        write_json(folder / f"{number}.json", shapes, image.name)
    dataset = read_dataset(folder)
    assert dataset.fault_lines() == []
    assert by_file_name(dataset) == as_drawn(images)


BOX = [[1, 2], [3, 4]]
FAULTS = {
    "NaN": (shape([[1, 2], [float("nan"), 4]]), "shapes[0].points[1] is not two finite numbers"),
    "infinity": (shape([[1, 2], [3, -float("inf")]]), "shapes[0].points[1] is not two finite"),
    "hundreds of digits": (shape([[1, 2], [3, 10**400]]), "shapes[0].points[1] is not two fini"),
    "texts": (shape([["1", 2], [3, 4]]), "shapes[0].points[0] is not two finite numbers"),
    "three numbers": (shape([[1, 2, 3], [3, 4]]), "shapes[0].points[0] is not two finite num"),
    "one point": (shape([[1, 2]]), "shapes[0] has the shape_type 'rectangle' and 1 points, exp"),
    "no points": (shape([]), "shapes[0] has the shape_type 'rectangle' and 0 points, expected"),
    "two of a polygon": (shape(BOX, "polygon"), "shapes[0] has the shape_type 'polygon' and 2"),
    "another kind": (shape(BOX, "star"), "shapes[0] has the shape_type 'star' and 2 points"),
    "an empty label": (shape(BOX, label=" "), "shapes[0].label is empty, the class was expected"),
    "a label that is no text": (shape(BOX, label=[]), "shapes[0].label is [], a text was expected"),
    "a list as group": (shape(BOX, group_id=[1]), "shapes[0].group_id is not a number, one or nu"),
    "no object": ([], "shapes[0] is [], an object { } was expected"),
}


class TestHostileFiles:
    @pytest.mark.parametrize("name", FAULTS)
    def test_shapes(self, tmp_path, name):
        write_image(tmp_path / "a.jpg")
        write_json(tmp_path / "a.json", [FAULTS[name][0]])
        (line,) = read_dataset(tmp_path).fault_lines()
        assert line.startswith(f"a.json: {FAULTS[name][1]}")

    @pytest.mark.parametrize(
        ("content", "line"),
        [
            (b'{"shapes": ' + b"[" * 1_000_000, "a.json: it is not JSON that can be read"),
            (b'{"shapes": [], "x": 1' + b"0" * 5000 + b"}", "a.json: it is not JSON that can be"),
            (b'{"shapes": [], "x": "\xff"}', "a.json: it is not UTF-8 text (the byte 0xff in li"),
            (b'{"shapes": [},', "a.json: it is not JSON, see line 1, column 13"),
            (b'{"shapes": {}}', "a.json: shapes is {}, a list [ ] was expected"),
            (b'{"shapes": [], "imagePath": 3}', "a.json: imagePath is 3, a text was expected"),
        ],
        ids=["a million lists", "a long number", "bytes", "no JSON", "an object", "a number"],
    )
    def test_files(self, tmp_path, content, line):
        (tmp_path / "a.json").write_bytes(content)
        (found,) = read_dataset(tmp_path, "labelme").fault_lines()
        assert found.startswith(line)

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_byte_order_marks(self, tmp_path, encoding):
        write_image(tmp_path / "ä.jpg")
        text = json.dumps({"shapes": [shape(BOX)], "imagePath": "ä.jpg"}, ensure_ascii=False)
        (tmp_path / "a.json").write_text(text.replace(",", ",\r\n"), encoding=encoding)
        assert len(objects_of(tmp_path)) == 1

    @pytest.mark.parametrize("size", [(0, 40), (-1, 40), ("20", 40), (1e300, 40), (None, None)])
    def test_sizes_that_are_none(self, tmp_path, size):
        write_image(tmp_path / "a.jpg")
        write_json(tmp_path / "a.json", [], imageHeight=size[0], imageWidth=size[1])
        assert read_dataset(tmp_path).images["a"].annotation.declared_hw is None

    def test_ten_thousand_objects(self, tmp_path):
        write_image(tmp_path / "a.jpg")
        write_json(tmp_path / "a.json", [shape(BOX)] * 10_000)
        assert len(objects_of(tmp_path)) == 10_000


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.json": '{"version": "5", "shapes": []}'}, True),
        ({"json/train/a.json": '{"shapes": []}'}, True),
        ({"a.json": '{"images": [], "annotations": []}'}, False),
        ({"a.json": '["shapes"]'}, False),
        ({"a.txt": '{"shapes": []}'}, False),
        ({}, False),
    ],
)
def test_recognize(tmp_path, files, expected):
    for name, text in files.items():
        write_text(tmp_path / name, text)
    assert recognize(tmp_path) is expected


def test_a_folder_without_any(tmp_path):
    with pytest.raises(OdapiError, match="No JSON file of LabelMe in"):
        read_dataset(tmp_path, "labelme")
