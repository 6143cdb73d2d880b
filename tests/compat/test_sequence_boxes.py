"""Boxes of video frames."""

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_boxes_of_frames():
    from object_detection.dataset_tools import seq_example_util

    two = np.array([[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]], np.float32)
    none = np.zeros([0, 4], np.float32)
    ymin, xmin, ymax, xmax = seq_example_util.boxes_to_box_components([two, none, []])
    assert [len(frame) for frame in ymin] == [2, 0, 0]
    np.testing.assert_array_equal(np.stack([ymin[0], xmin[0], ymax[0], xmax[0]], 1), two)
