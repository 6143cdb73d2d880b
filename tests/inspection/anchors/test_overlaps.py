"""Overlaps with anchor shapes: by hand on a few boxes, against all anchors at random."""

import numpy as np
import pytest

from odapi_ssd.inspection.anchors.overlaps import overlap_shapes
from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec, preset
from tests.support.anchor_checks import pairwise_iou

# A non-square input of 40x80: three shapes of two layers, 2·4·2 + 1 anchors.
FINE = AnchorLayer((2, 4), (20, 20), (10, 10), ((20, 20), (10, 40)))
COARSE = AnchorLayer((1, 1), (40, 80), (20, 40), ((40, 80),))
SPEC = AnchorSpec((FINE, COARSE), units="pixels")


class TestOverlapShapes:
    def test_two_boxes_and_three_shapes_by_hand(self):
        boxes = [
            # right on the square anchor of row 1, column 3: center (30, 70)
            [20, 60, 40, 80],
            # 10x20 around (15, 45); the cell of center (10, 50) is 5 away in y and in x
            [10, 35, 20, 55],
        ]
        found = overlap_shapes(boxes, SPEC, 0.5)
        # The second with the square (0..20, 40..60): 10·15 of 200 + 400 - 150. With 10x40 at
        # (5..15, 30..70): 5·20 of 200 + 400 - 100. With the whole input: 200 of 3200.
        np.testing.assert_allclose(found.best_iou, [1.0, 150 / 450], rtol=1e-6)
        assert found.best_shape_idx.tolist() == [0, 0]
        assert found.num_matched.tolist() == [1, 0, 0]
        # Centered, both the square and the long anchor hold the box: 200 of 400.
        np.testing.assert_allclose(found.best_position_iou, [1.0, 0.5], rtol=1e-6)

    def test_a_box_may_be_matched_by_several_shapes(self):
        # rows 0..10, columns 10..50 at the center (5, 30): 5 above that of the first row
        layer = AnchorLayer((1, 1), (0, 0), (5, 30), ((10, 40), (10, 20), (10, 19), (10, 40)))
        found = overlap_shapes([[0, 10, 10, 50]], AnchorSpec((layer,), units="pixels"), 0.5)
        assert found.num_matched.tolist() == [1, 1, 0, 1]  # 200 of 400 is enough, 190 is not
        assert found.best_shape_idx.tolist() == [0]  # of equals the first

    def test_no_boxes(self):
        found = overlap_shapes(np.zeros((0, 4)), SPEC, 0.5)
        assert found.best_iou.shape == found.best_shape_idx.shape == (0,)
        assert found.num_matched.tolist() == [0, 0, 0]

    def test_a_box_far_from_all_anchors(self):
        found = overlap_shapes([[500, 500, 510, 510]], SPEC, 0.5)
        assert found.best_iou.tolist() == [0]

    @pytest.mark.parametrize("spec", [SPEC, preset("ssd300_voc")], ids=["pixels", "ssd300"])
    def test_as_with_every_anchor(self, spec):
        rng = np.random.default_rng(5)
        size = np.array([40, 80]) if spec.units == "pixels" else np.ones(2)
        corners = rng.uniform(-0.1, 1.1, (60, 2, 2)) * size
        boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
        iou = pairwise_iou(boxes, spec.boxes_yxyx().astype(np.float64))  # [N, A]
        sizes = [len(layer.box_sizes_hw) for layer in spec.layers]
        counts = [layer.num_anchors for layer in spec.layers]
        shape_of_anchor = np.concatenate([
            sum(sizes[:idx]) + np.arange(count) % sizes[idx] for idx, count in enumerate(counts)
        ])  # fmt: skip
        by_shape = np.stack([iou[:, shape_of_anchor == s].max(axis=1) for s in range(sum(sizes))])
        found = overlap_shapes(boxes, spec, 0.3)
        np.testing.assert_allclose(found.best_iou, iou.max(axis=1), atol=1e-5)
        assert found.num_matched.tolist() == (by_shape >= 0.3).sum(axis=1).tolist()
        picked = by_shape[found.best_shape_idx, np.arange(len(boxes))]
        np.testing.assert_allclose(picked, iou.max(axis=1), atol=1e-5)

    def test_many_boxes_are_as_each_alone(self):
        boxes = np.tile([[20, 60, 40, 80], [10, 35, 20, 55]], (20_000, 1))
        found = overlap_shapes(boxes, SPEC, 0.5)
        assert found.num_matched.tolist() == [20_000, 0, 0]
        np.testing.assert_allclose(found.best_iou[-2:], [1, 1 / 3], rtol=1e-6)

    def test_what_it_does_not_take(self):
        with pytest.raises(ValueError, match=r"must be \[N, 4\], not \[4\]"):
            overlap_shapes([0, 0, 1, 1], SPEC, 0.5)
