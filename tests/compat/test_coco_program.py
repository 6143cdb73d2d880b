"""The API's converter of COCO, from files on disk to the examples that it writes.

All images are 8-bit and wider than they are high, so that swapped height and width are noticed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.dataset_files import (
    IMAGE_HW,
    boxes_yxyx,
    feature_values,
    png_masks,
    read_examples,
    write_image,
    write_text,
)
from tests.support.dataset_programs import (
    dataset_program,
    decode_example,
    rectangle_mask,
    run_dataset_program,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_HEIGHT, _WIDTH = IMAGE_HW


def _column_run_lengths(mask: np.ndarray) -> list[int]:
    """COCO's uncompressed RLE of a mask that starts with a zero."""
    flat = mask.ravel(order="F").astype(int)
    changes = np.flatnonzero(np.diff(flat)) + 1
    return np.diff([0, *changes, flat.size]).tolist()


# The content of COCO's JSON files.
_CATEGORIES = ({"id": 1, "name": "person"}, {"id": 18, "name": "dog"})
# A person whose polygon is its box, a crowd of dogs, and two objects that have to be skipped: one
# partly outside the image, one with zero area.
_PERSON = {
    "id": 11,
    "image_id": 7,
    "category_id": 1,
    "bbox": [10, 5, 20, 30],
    "area": 600.0,
    "iscrowd": 0,
    "segmentation": [[10, 5, 30, 5, 30, 35, 10, 35]],
}
_CROWD = {
    "id": 12,
    "image_id": 7,
    "category_id": 18,
    "bbox": [40, 10, 30, 20],
    "area": 480.5,
    "iscrowd": 1,
    "segmentation": {
        "size": [_HEIGHT, _WIDTH],
        "counts": _column_run_lengths(rectangle_mask(10, 40, 30, 70)),
    },
}
_OUTSIDE = {**_PERSON, "id": 13, "bbox": [70, 5, 20, 30]}
_EMPTY = {**_PERSON, "id": 14, "bbox": [10, 5, 0, 30]}
_IMAGE = {"id": 7, "file_name": "seven.jpg", "height": _HEIGHT, "width": _WIDTH}
_KEYPOINTS = {
    **_PERSON,
    # Nose and left eye are marked, the second as hidden; the other 15 are not.
    "keypoints": [20, 10, 2, 24, 15, 1] + [0, 0, 0] * 15,
    "num_keypoints": 2,
}


class TestCoco:
    def _example(
        self, directory: Path, annotations: Sequence[Mapping[str, Any]], **options: Any
    ) -> tuple[Any, ...]:
        with dataset_program("create_coco_tf_record") as program:
            return program.create_tf_example(
                dict(_IMAGE),
                annotations,
                str(directory),
                {category["id"]: category for category in _CATEGORIES},
                **options,
            )

    def test_coco_examples_from_8_bit_images(self, tmp_path):
        encoded = write_image(tmp_path / "seven.jpg")
        annotations = [_PERSON, _OUTSIDE, _CROWD, _EMPTY]
        key, example, num_skipped, _, _ = self._example(tmp_path, annotations)
        assert num_skipped == 2
        assert feature_values(example, "image/encoded") == [encoded]
        assert key == hashlib.sha256(encoded).hexdigest()
        assert feature_values(example, "image/key/sha256") == [key.encode()]
        assert feature_values(example, "image/height") == [_HEIGHT]
        assert feature_values(example, "image/width") == [_WIDTH]
        assert feature_values(example, "image/filename") == [b"seven.jpg"]
        assert feature_values(example, "image/source_id") == [b"7"]
        assert feature_values(example, "image/format") == [b"jpeg"]
        expected = [[0.1, 0.125, 0.7, 0.375], [0.2, 0.5, 0.6, 0.875]]
        np.testing.assert_allclose(boxes_yxyx(example), expected, rtol=1e-6)
        assert feature_values(example, "image/object/class/text") == [b"person", b"dog"]
        assert feature_values(example, "image/object/is_crowd") == [0, 1]
        assert feature_values(example, "image/object/area") == [600.0, 480.5]
        assert "image/object/mask" not in example.features.feature

    def test_coco_crowd_flags_may_be_booleans(self, tmp_path):
        write_image(tmp_path / "seven.jpg")
        annotations = [{**_PERSON, "iscrowd": False}, {**_CROWD, "iscrowd": True}]
        example = self._example(tmp_path, annotations)[1]
        assert feature_values(example, "image/object/is_crowd") == [0, 1]

    def test_coco_image_without_objects(self, tmp_path):
        write_image(tmp_path / "seven.jpg")
        example = self._example(tmp_path, [], include_masks=True, keypoint_annotations_dict={})[1]
        assert boxes_yxyx(example).shape == (0, 4)
        assert feature_values(example, "image/object/is_crowd") == []
        assert feature_values(example, "image/object/mask") == []
        assert feature_values(example, "image/object/keypoint/num") == []

    def test_coco_masks_of_polygons_and_crowds(self, tmp_path):
        write_image(tmp_path / "seven.jpg")
        example = self._example(tmp_path, [_PERSON, _CROWD], include_masks=True)[1]
        expected = [rectangle_mask(5, 10, 35, 30), rectangle_mask(10, 40, 30, 70)]
        np.testing.assert_array_equal(png_masks(example), expected)
        decoded = decode_example(example, load_instance_masks=True, instance_mask_type=2)
        np.testing.assert_array_equal(decoded["groundtruth_instance_masks"], expected)
        np.testing.assert_array_equal(decoded["groundtruth_is_crowd"], [False, True])

    def test_coco_mask_of_several_polygons_is_their_union(self, tmp_path):
        write_image(tmp_path / "seven.jpg")
        left, right = [10, 5, 14, 5, 14, 35, 10, 35], [26, 5, 30, 5, 30, 35, 26, 35]
        annotation = {**_PERSON, "segmentation": [left, right]}
        example = self._example(tmp_path, [annotation], include_masks=True)[1]
        expected = rectangle_mask(5, 10, 35, 14) | rectangle_mask(5, 26, 35, 30)
        np.testing.assert_array_equal(png_masks(example), [expected])

    def test_coco_keypoints(self, tmp_path):
        write_image(tmp_path / "seven.jpg")
        annotations = [_PERSON, _CROWD]
        keypoints = {11: _KEYPOINTS, 99: _KEYPOINTS}  # the second belongs to no object
        _, example, _, num_skipped, _ = self._example(
            tmp_path, annotations, keypoint_annotations_dict=keypoints
        )
        assert num_skipped == 1
        assert feature_values(example, "image/object/keypoint/num") == [2, 0]
        assert feature_values(example, "image/object/keypoint/visibility") == [2, 1] + [0] * 32
        x, y = (np.array(feature_values(example, f"image/object/keypoint/{axis}")) for axis in "xy")
        np.testing.assert_allclose(x, [20 / 80, 24 / 80] + [0] * 32, rtol=1e-6)
        np.testing.assert_allclose(y, [10 / 50, 15 / 50] + [0] * 32, rtol=1e-6)
        names = feature_values(example, "image/object/keypoint/text")
        assert names[:2] == [b"nose", b"left_eye"]
        assert names[:17] == names[17:]

    def test_coco_densepose(self, tmp_path):
        write_image(tmp_path / "seven.jpg")
        # Parts count from 1; coordinates lie on a grid of 256 by 256 over the box.
        points = {"dp_I": [1.0, 24.0], "dp_x": [0.0, 128.0], "dp_y": [256.0, 64.0]}
        surface = {"dp_U": [0.5, 0.25], "dp_V": [0.75, 1.0]}
        annotation = {**_PERSON, **points, **surface}
        example = self._example(
            tmp_path, [_PERSON, _CROWD], densepose_annotations_dict={11: annotation}
        )[1]
        assert feature_values(example, "image/object/densepose/num") == [2, 0]
        assert feature_values(example, "image/object/densepose/part_index") == [0, 23]
        x, y = (feature_values(example, f"image/object/densepose/{axis}") for axis in "xy")
        np.testing.assert_allclose(x, [10 / 80, 20 / 80], rtol=1e-6)
        np.testing.assert_allclose(y, [35 / 50, 12.5 / 50], rtol=1e-6)
        assert feature_values(example, "image/object/densepose/u") == [0.5, 0.25]

    def test_the_coco_program_writes_every_split(self, tmp_path):
        write_image(tmp_path / "images" / "seven.jpg")
        write_image(tmp_path / "images" / "eight.jpg")
        images = [_IMAGE, {**_IMAGE, "id": 8, "file_name": "eight.jpg"}]
        content = {
            "images": images,
            "annotations": [_PERSON, _CROWD],
            "categories": _CATEGORIES,
        }
        annotations = write_text(tmp_path / "instances.json", json.dumps(content))
        content = {"annotations": [_KEYPOINTS]}
        keypoints = write_text(tmp_path / "keypoints.json", json.dumps(content))
        splits = ("train", "val", "testdev")
        run_dataset_program(
            "create_coco_tf_record",
            include_masks=True,
            **{f"{split}_image_dir": tmp_path / "images" for split in ("train", "val", "test")},
            **{f"{split}_annotations_file": annotations for split in splits},
            **{f"{split}_keypoint_annotations_file": keypoints for split in splits[:2]},
            output_dir=tmp_path / "records",
        )
        for split, num_shards in zip(splits, (100, 50, 50), strict=True):
            shards = list((tmp_path / "records").glob(f"coco_{split}.record-*"))
            assert len(shards) == num_shards
            seven, eight = read_examples(shards)
            assert feature_values(seven, "image/object/class/text") == [b"person", b"dog"]
            assert feature_values(eight, "image/object/class/text") == []
            masks = png_masks(seven)
            np.testing.assert_array_equal(masks[1], rectangle_mask(10, 40, 30, 70))
            has_keypoints = "image/object/keypoint/num" in seven.features.feature
            assert has_keypoints == (split != "testdev")
