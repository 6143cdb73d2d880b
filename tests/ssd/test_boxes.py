"""Areas and overlaps, by hand."""

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def _float32(values):
    return np.array(values, np.float32)


def test_areas():
    from odapi_ssd.ssd.boxes import areas

    # 0.5 high and 0.25 wide; without height; a point
    boxes = _float32([[0, 0.25, 0.5, 0.5], [0.5, 0, 0.5, 1], [1, 1, 1, 1]])
    assert areas(boxes).numpy().tolist() == [0.125, 0, 0]
    assert areas(boxes[None, :0]).shape == (1, 0)


class TestPairwiseIou:
    # The left half, the upper quarter, a point in both.
    ANCHORS = _float32([[0, 0, 1, 0.5], [0, 0, 0.25, 1], [0.1, 0.1, 0.1, 0.1]])

    def _iou(self, boxes, anchors=ANCHORS):
        from odapi_ssd.ssd.boxes import pairwise_iou

        return pairwise_iou(_float32(boxes), anchors).numpy()

    def test_one_image(self):
        # The left half again; the right half, which only touches it and shares 1/8 with the upper
        # quarter, of 5/8; the whole image.
        boxes = [[0, 0, 1, 0.5], [0, 0.5, 1, 1], [0, 0, 1, 1]]
        expected = [[1, 0.125 / 0.625, 0], [0, 0.125 / 0.625, 0], [0.5, 0.25, 0]]
        np.testing.assert_allclose(self._iou(boxes), expected, rtol=1e-6)

    def test_a_batch_shares_its_anchors(self):
        boxes = [[[0, 0, 1, 0.5]], [[0, 0, 0.25, 1]]]
        np.testing.assert_allclose(self._iou(boxes)[:, 0, :2], [[1, 0.2], [0.2, 1]], rtol=1e-6)

    def test_anchors_of_each_image(self):
        anchors = np.stack([self.ANCHORS[:1], self.ANCHORS[1:2]])
        boxes = [[[0, 0, 1, 0.5]], [[0, 0, 0.25, 1]]]
        np.testing.assert_allclose(self._iou(boxes, anchors), [[[1]], [[1]]])

    def test_zero_area_never_gives_nan(self):
        point = self.ANCHORS[2:]
        assert self._iou(point, point).tolist() == [[0]]
        assert self._iou([[0, 0, 0, 1]]).tolist() == [[0, 0, 0]]

    def test_no_boxes(self):
        assert self._iou(np.zeros([2, 0, 4])).shape == (2, 0, 3)
