"""Recall by anchor shape and by size of box, counted by hand."""

import math

import numpy as np
import pytest

from odapi_ssd.inspection.anchors.geometry import Placement
from odapi_ssd.inspection.anchors.recall import (
    SIZE_CLASSES,
    match_boxes,
    recall_of,
    shape_rows,
    size_class_idx,
)
from odapi_ssd.inspection.anchors.record_boxes import RecordBoxes
from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec


class _Geometry:
    """An input twice as large as the image; one cell in its middle, with two anchors."""

    def place(self, image_hw):
        height, width = image_hw
        return Placement((2 * height, 2 * width), (2 * height, 2 * width))

    def spec_px(self, input_hw):
        height, width = input_hw
        sizes_hw = ((height / 2, width / 2), (height, width))
        layer = AnchorLayer((1, 1), (height, width), (height / 2, width / 2), sizes_hw)
        return AnchorSpec((layer,), units="pixels")


def _boxes(boxes_yxyx, image_idx):
    return RecordBoxes(
        image_names=["tall.png", "wide.png"],
        image_hws=[(100, 50), (20, 40)],
        first_encoded=b"",
        boxes_yxyx=np.array(boxes_yxyx, np.float64).reshape(-1, 4),
        image_idx=np.array(image_idx, np.int64),
        class_names=["a"] * len(image_idx),
        num_left_out=0,
    )


MIDDLE, WHOLE, CORNER = (0.25, 0.25, 0.75, 0.75), (0, 0, 1, 1), (0, 0, 0.5, 0.5)


class TestMatchBoxes:
    def test_each_box_in_the_input_of_its_image(self):
        """The sizes of the inputs, 40x80 and 200x100, are sorted; the boxes keep their order."""
        boxes = _boxes([WHOLE, MIDDLE, CORNER], [0, 1, 0])
        found = match_boxes(_Geometry(), boxes, "val", 0.5)
        expected = [[0, 0, 200, 100], [10, 20, 30, 60], [0, 0, 100, 50]]
        np.testing.assert_allclose(found.boxes_yxyx_px, expected)
        # The corner shares a quarter of its area with the small anchor: 1 of 4 + 4 - 1; centered,
        # the two are the same.
        np.testing.assert_allclose(found.overlaps.best_iou, [1, 1, 0.25], rtol=1e-6)
        assert found.overlaps.best_shape_idx.tolist() == [1, 0, 1]
        assert found.overlaps.num_matched.tolist() == [1, 1]
        assert found.is_matched.tolist() == [True, True, False]
        assert found.is_matched_at_best_position.tolist() == [True, True, True]

    def test_no_boxes(self):
        found = match_boxes(_Geometry(), _boxes([], []), "train", 0.5)
        assert found.boxes_yxyx_px.shape == (0, 4)
        assert found.overlaps.num_matched.tolist() == [0, 0]


class TestRows:
    def test_by_size(self):
        boxes = _boxes([WHOLE, MIDDLE, CORNER], [0, 1, 0])
        found = recall_of(match_boxes(_Geometry(), boxes, "val", 0.5))
        assert (found.split, found.num_images) == ("val", 2)
        # In pixels of the input: 200x100 is large, 20x40 small, 100x50 medium.
        counts = [
            (row.name, row.num_boxes, row.num_matched, row.num_matched_at_best_position)
            for row in found.by_size
        ]
        assert counts == [("small", 1, 1, 1), ("medium", 1, 0, 1), ("large", 1, 1, 1),
                          ("all", 3, 2, 3)]  # fmt: skip
        assert [row.recall for row in found.by_size] == pytest.approx([1, 0, 1, 2 / 3])
        assert found.by_size[-1].mean_best_iou == pytest.approx(0.75)

    def test_by_size_of_no_boxes(self):
        found = recall_of(match_boxes(_Geometry(), _boxes([], []), "train", 0.5))
        assert all(row.num_boxes == row.num_matched == 0 for row in found.by_size)
        assert all(math.isnan(row.recall) for row in found.by_size)
        assert all(math.isnan(row.mean_best_iou) for row in found.by_size)

    def test_by_shape(self):
        """At 0.25 the large anchor matches all boxes of its image, and the corner is its own."""
        spec = _Geometry().spec_px((200, 100))
        boxes = _boxes([WHOLE, MIDDLE, CORNER], [0, 0, 0])
        small, large = shape_rows(spec, match_boxes(_Geometry(), boxes, "train", 0.25))
        assert (small.size_hw_px, small.num_matched, small.num_best) == ((100, 50), 2, 1)
        assert (large.size_hw_px, large.num_matched, large.num_best) == ((200, 100), 3, 2)
        assert (large.layer_idx, large.grid_hw, large.num_anchors) == (0, (1, 1), 1)

    def test_by_shape_without_boxes(self):
        rows = shape_rows(_Geometry().spec_px((20, 40)), None)
        assert [row.num_matched for row in rows] == [row.num_best for row in rows] == [None, None]


def test_size_classes():
    assert [name for name, _ in SIZE_CLASSES] == ["small", "medium", "large"]
    boxes = [[0, 0, 31, 33], [0, 0, 32, 32], [5, 0, 101, 95], [0, 0, 96, 96]]
    assert size_class_idx(boxes).tolist() == [0, 1, 1, 2]
