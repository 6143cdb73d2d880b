"""The box coder: by hand, against the API, and round trips."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


# An anchor of 0.2 by 0.4 around (0.5, 0.4).
_ANCHOR = np.array([[0.4, 0.2, 0.6, 0.6]], np.float32)


def test_by_hand():
    from odapi_ssd.ssd import box_coder

    # Half as wide, twice as high, and its center (0.55, 0.5) a quarter of the size away.
    box = np.array([[0.35, 0.4, 0.75, 0.6]], np.float32)
    encoding = box_coder.encode(box, _ANCHOR).numpy()[0]
    expected = [10 * 0.25, 10 * 0.25, 5 * math.log(2), -5 * math.log(2)]
    np.testing.assert_allclose(encoding, expected, rtol=1e-5)
    np.testing.assert_allclose(box_coder.decode(encoding[None], _ANCHOR), box, atol=1e-6)
    unscaled = box_coder.encode(box, _ANCHOR, scales=(1, 1, 1, 1))
    np.testing.assert_allclose(unscaled[0], np.array(expected) / [10, 10, 5, 5], rtol=1e-5)


def test_zeros_are_the_anchor():
    from odapi_ssd.ssd import box_coder

    np.testing.assert_allclose(
        box_coder.decode(np.zeros([2, 1, 4], "float32"), _ANCHOR)[1], _ANCHOR
    )


def test_the_clamp_keeps_boxes_finite():
    from odapi_ssd.ssd import box_coder

    huge = np.full([1, 4], 1000, np.float32)
    assert not np.isfinite(box_coder.decode(huge, _ANCHOR)).all()
    clamped = box_coder.decode(huge, _ANCHOR, max_log_size=math.log(1000 / 16)).numpy()[0]
    np.testing.assert_allclose(clamped[2] - clamped[0], 0.2 * 62.5, rtol=1e-5)
    with pytest.raises(ValueError, match="max_log_size"):
        box_coder.decode(huge, _ANCHOR, max_log_size=math.inf)


_COORDINATES = st.lists(st.floats(0, 1, width=32), min_size=8, max_size=8)


@given(st.lists(_COORDINATES, min_size=1, max_size=5))
@settings(max_examples=50, deadline=None)
def test_it_is_the_api_s(coordinates):
    import tensorflow as tf
    from object_detection.box_coders import faster_rcnn_box_coder
    from object_detection.core import box_list

    from odapi_ssd.ssd import box_coder

    # Each row: a box, perhaps without area, and an anchor of at least a hundredth.
    low_high = np.sort(np.array(coordinates, np.float32).reshape(-1, 2, 2, 2), axis=2)
    boxes, anchors = low_high.reshape(-1, 2, 4).swapaxes(0, 1)
    anchors = anchors + np.array([0, 0, 0.01, 0.01], np.float32)
    api_coder = faster_rcnn_box_coder.FasterRcnnBoxCoder(list(box_coder.SCALES))
    api_anchors = box_list.BoxList(tf.constant(anchors))
    expected = api_coder.encode(box_list.BoxList(tf.constant(boxes)), api_anchors)
    encodings = box_coder.encode(boxes, anchors)
    np.testing.assert_allclose(encodings, expected, rtol=1e-5, atol=1e-5)
    decoded = api_coder.decode(expected, api_anchors).get()
    np.testing.assert_allclose(box_coder.decode(encodings, anchors), decoded, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(decoded, boxes, atol=1e-5)
