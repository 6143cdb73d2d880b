"""Records that the API's own scripts write, read as a dataset."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.masks import PngMask
from tests.support.dataset_files import (
    IMAGE_HW,
    voc_xml,
    write_image,
    write_label_map,
    write_text,
)
from tests.support.dataset_programs import dataset_program, rectangle_mask

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

HEIGHT, WIDTH = IMAGE_HW


def test_create_pascal_tf_record(tmp_path):
    voc, out = tmp_path / "VOCdevkit" / "VOC2007", tmp_path / "out"
    objects = [("person", (8, 5, 40, 45), 0), ("aeroplane", (20, 10, 80, 50), 1)]
    content = {}
    for name, boxes in (("000007", objects), ("000009", [])):
        content[f"{name}.jpg"] = write_image(voc / "JPEGImages" / f"{name}.jpg")
        write_text(voc / f"Annotations/{name}.xml", voc_xml("VOC2007", f"{name}.jpg", boxes))
    write_text(voc / "ImageSets/Main/aeroplane_train.txt", "000007  1\n000009 -1\n")
    label_map = write_label_map(out / "pascal_label_map.pbtxt", ["aeroplane", "person"])
    with dataset_program(
        "create_pascal_tf_record",
        data_dir=voc.parent,
        set="train",
        year="VOC2007",
        label_map_path=label_map,
        output_path=out / "pascal_train.record",
    ) as program:
        program.main([])
    dataset = read_dataset(out)
    assert (dataset.fault_lines(), dataset.warnings) == ([], ())
    assert {key: one.read_bytes() for key, one in dataset.images.items()} == content
    assert dataset.images["000009.jpg"].annotation.objects == ()
    found = dataset.images["000007.jpg"].annotation.objects
    assert [(one.name, one.pose, one.is_truncated, one.is_difficult) for one in found] == [
        ("person", "Left", True, False), ("aeroplane", "Left", True, True)
    ]  # fmt: skip
    boxes = [one.box_xyxy_px for one in found]
    np.testing.assert_allclose(boxes, [(8, 5, 40, 45), (20, 10, 80, 50)], rtol=1e-6)
    assert dataset.declared_label_map == {"aeroplane": 1, "person": 2}
    assert list(dataset.splits) == ["train"]
    convert_dataset(out, tmp_path / "again")
    again = read_dataset(tmp_path / "again")
    assert {key: one.annotation.objects for key, one in again.images.items()} == {
        key: one.annotation.objects for key, one in dataset.images.items()
    }


def test_create_coco_tf_record(tmp_path):
    """With masks, a crowd, and COCO's ids for classes and images."""
    write_image(tmp_path / "images" / "seven.jpg")
    mask = rectangle_mask(10, 40, 30, 70)
    flat = mask.ravel(order="F").astype(int)
    changes = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff([0, *changes, flat.size]).tolist()
    person = {
        "id": 11, "image_id": 7, "category_id": 1, "bbox": [10, 5, 20, 30], "area": 600.0,
        "iscrowd": 0, "segmentation": [[10, 5, 30, 5, 30, 35, 10, 35]],
    }  # fmt: skip
    crowd = {
        "id": 12, "image_id": 7, "category_id": 18, "bbox": [40, 10, 30, 20], "area": 480.5,
        "iscrowd": 1, "segmentation": {"size": [HEIGHT, WIDTH], "counts": counts},
    }  # fmt: skip
    annotations = {
        "images": [{"id": 7, "file_name": "seven.jpg", "height": HEIGHT, "width": WIDTH}],
        "annotations": [person, crowd],
        "categories": [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}],
    }
    path = write_text(tmp_path / "coco.json", json.dumps(annotations))
    out = tmp_path / "out"
    out.mkdir()
    with dataset_program("create_coco_tf_record") as program:
        program._create_tf_record_from_coco_annotations(
            str(path), str(tmp_path / "images"), str(out / "coco_val.record"), True, 1
        )
    dataset = read_dataset(out)
    assert (dataset.fault_lines(), list(dataset.splits)) == ([], ["val"])
    assert dataset.warnings == ()
    first, second = dataset.images["seven.jpg"].annotation.objects
    assert [(one.name, one.is_crowd) for one in (first, second)] == [
        ("person", False), ("dog", True)
    ]  # fmt: skip
    assert [first.area_px, second.area_px] == [600.0, 480.5]
    assert first.box_xyxy_px == pytest.approx((10, 5, 30, 35))
    assert isinstance(second.mask, PngMask)
    with Image.open(io.BytesIO(second.mask.encoded)) as image:
        np.testing.assert_array_equal(np.asarray(image), mask)
