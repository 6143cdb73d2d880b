import json

import pytest

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.formats.coco_json import read_coco_json

IMAGE = {"id": 7, "file_name": "a.jpg", "width": 40, "height": 20}
CATEGORY = {"id": 3, "name": " dog "}
ANNOTATION = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [4, 2, 16, 10]}


@pytest.fixture
def read(tmp_path):
    def read_values(values):
        path = tmp_path / "a.json"
        path.write_text(values if isinstance(values, str) else json.dumps(values))
        return read_coco_json(path)

    return read_values


def values_of(images=(IMAGE,), annotations=(ANNOTATION,), categories=(CATEGORY,)):
    return {"images": images, "annotations": annotations, "categories": categories}


@pytest.mark.parametrize("order", [1, -1])
def test_an_object_by_hand(read, order):
    annotation = {**ANNOTATION, "iscrowd": 1, "area": 80.5, "score": 1, "segmentation": []}
    content = read(dict(list(values_of(annotations=[annotation]).items())[::order]))
    (image,) = content.images()
    assert (image.file_name, image.declared_hw) == ("a.jpg", (20, 40))
    assert image.objects == (
        AnnotatedObject(1, "dog", (4, 2, 20, 12), is_crowd=True, area_px=80.5),
    )
    assert content.categories == {3: "dog"}
    assert content.rows.num_by_category == {3: 1}
    assert (content.faults, content.warnings) == ([], [])


def test_objects_keep_their_order_and_images_without_any_stay(read):
    images = [IMAGE, {"id": "x", "file_name": "b.jpg"}, {**IMAGE, "id": 8, "height": 0}]
    annotations = [
        {**ANNOTATION, "id": None, "image_id": image, "bbox": [number, 0, 1, 1]}
        for number, image in enumerate([7, "x", 7])
    ]
    content = read(values_of(images, annotations))
    lefts = [[one.box_xyxy_px[0] for one in image.objects] for image in content.images()]
    assert lefts == [[0, 2], [1], []]
    assert [one.number for one in next(content.images()).objects] == [1, 2]
    assert [image.declared_hw for image in content.images()] == [(20, 40), None, None]


def test_a_polygon_without_a_box(read):
    annotation = {**ANNOTATION, "segmentation": [[1, 2, 9, 2, 9, 6.5]]}
    del annotation["bbox"]
    (image,) = read(values_of(annotations=[annotation])).images()
    assert image.objects[0].box_xyxy_px == (1, 2, 9, 6.5)


def test_captions_are_counted(read):
    captions = [{"id": 1, "image_id": 7, "caption": "A dog."}] * 2
    content = read(values_of(annotations=captions))
    assert (content.num_without_box, content.rows.num_by_category) == (2, {})
    assert content.faults == []


def test_keypoints_are_told(read):
    annotations = [
        {**ANNOTATION, "id": number, "keypoints": keypoints}
        for number, keypoints in enumerate([[1, 2, 2], [], None, [0, 0, 0]])
    ]
    content = read(values_of(annotations=annotations))
    assert content.warnings == ["2 annotations have keypoints, which are not read"]
    assert len(next(content.images()).objects) == 4


def test_repeated_annotation_ids_are_told(read):
    content = read(values_of(annotations=[ANNOTATION] * 3))
    assert content.warnings == ["2 annotations have the id of another one; all of them are taken"]
    assert len(next(content.images()).objects) == 3


BOX = ANNOTATION["bbox"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"bbox": None}, "annotations[0].bbox is None, a list"),
        ({"bbox": "1 2 3 4"}, "annotations[0].bbox is '1 2 3 4', a list"),
        ({"bbox": [1, 2, 3]}, "annotations[0].bbox has 3 numbers, expected x, y, width, height"),
        ({"bbox": [*BOX[:3], "4"]}, "annotations[0].bbox[3] is '4', a number"),
        ({"bbox": [*BOX[:3], float("nan")]}, "annotations[0].bbox[3] is nan, a finite"),
        ({"bbox": [*BOX[:3], 10**400]}, "annotations[0].bbox[3] is 1000"),
        ({"bbox": [1e308, 0, 1e308, 1]}, "annotations[0].bbox reaches beyond all numbers"),
        ({"image_id": None}, "annotations[0].image_id is None, a whole number"),
        ({"image_id": 7.5}, "annotations[0].image_id is 7.5, a whole number"),
        ({"image_id": 8}, "1 annotation is of images that are not among the file's images"),
        ({"category_id": 4}, "1 annotation has the category_id 4, which is not among"),
        ({"category_id": [3]}, "annotations[0].category_id is [3]"),
        ({"iscrowd": 2}, "annotations[0].iscrowd is 2, 0 or 1"),
        ({"area": "large"}, "annotations[0].area is 'large', a number"),
        ({"segmentation": "rle"}, "annotations[0].segmentation is 'rle'"),
        ({"id": True}, "annotations[0].id is True"),
    ],
)  # fmt: skip
def test_faults_of_annotations(read, change, fault):
    content = read(values_of(annotations=[{**ANNOTATION, **change}]))
    (line,) = (*content.faults, *next(content.images()).faults)
    assert line.startswith(fault)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        (values_of(images=[IMAGE, IMAGE]), "images[1].id is 7, which another image has too"),
        (values_of(images=[IMAGE, {"id": 8}]), "the entry images[1].file_name is missing"),
        (values_of(images=[IMAGE, 5]), "images[1] is 5, an object { } was expected"),
        (values_of(images=[IMAGE, {**IMAGE, "id": 8, "width": "9"}]), "images[1].width is '9'"),
        (values_of(categories=[CATEGORY, {"id": 4}]), "the entry categories[1].name is missing"),
        (values_of(categories=[CATEGORY, {"id": 4, "name": " "}]), "categories[1].name is '', the"),
        (
            values_of(categories=[CATEGORY, {"id": 4, "name": "\ud800"}]),
            "categories[1].name is '\\ud800', which holds half a character",
        ),
        (
            values_of(categories=[CATEGORY, {"id": 4, "name": "a\nb"}]),
            "categories[1].name is 'a\\nb', which holds a control character",
        ),
        (
            values_of(categories=[CATEGORY, {"id": 3, "name": "cat"}]),
            "categories[1].id is 3, which 'dog' has too",
        ),
        ('{"images": [{"id": 1}, ', "it is not JSON, see line 1, column"),
        ('{"annotations": [' + '{"a":' * 1_000_000, "it is not JSON that can be read, see line 1"),
        ('{"annotations": [{"id": ' + "9" * 5000 + "}]}", "it is not JSON that can be read"),
    ],
)
def test_faults_of_files(read, values, fault):
    content = read(values)
    (line,) = (*content.faults, *(line for image in content.images() for line in image.faults))
    assert line.startswith(fault)


def test_equal_faults_are_one_line(read):
    annotations = [{**ANNOTATION, "id": n, "category_id": 9 if n < 300 else 3} for n in range(900)]
    content = read(values_of(annotations=annotations))
    assert content.faults == []
    assert next(content.images()).faults == (
        "300 annotations have the category_id 9, which is not among the categories",
    )


def test_a_faulty_annotation_of_an_unknown_image(read):
    annotations = [{**ANNOTATION, "image_id": 8, "area": "large"}, {**ANNOTATION, "image_id": 8}]
    assert read(values_of(annotations=annotations)).faults == [
        "annotations[0].area is 'large', a number was expected",
        "2 annotations are of images that are not among the file's images: image_id 8",
    ]


def test_a_file_that_is_gone(tmp_path):
    content = read_coco_json(tmp_path / "a.json")
    assert content.faults == ["it cannot be read: No such file or directory"]
