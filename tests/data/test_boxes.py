import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.data.boxes import fit_box, is_inverted, order_corners

IMAGE_HW = (20, 40)  # 40 wide, 20 high.


def test_normalizes_x_by_width_and_y_by_height_and_turns_the_order():
    fitted = fit_box((4, 5, 20, 10), IMAGE_HW)
    assert fitted.box_yxyx == (0.25, pytest.approx(0.1), 0.5, 0.5)
    assert not fitted.is_clipped
    assert fitted.reason == ""


def test_whole_image_is_not_clipped():
    fitted = fit_box((0, 0, 40, 20), IMAGE_HW)
    assert fitted.box_yxyx == (0, 0, 1, 1)
    assert not fitted.is_clipped


@pytest.mark.parametrize(
    ("box_xyxy_px", "expected_yxyx"),
    [
        ((-4, 5, 20, 10), (0.25, 0, 0.5, 0.5)),
        ((10, -1, 20, 10), (0, 0.25, 0.5, 0.5)),
        ((10, 5, 41, 10), (0.25, 0.25, 0.5, 1)),
        ((10, 5, 20, 1e300), (0.25, 0.25, 1, 0.5)),
    ],
    ids=["left", "top", "right", "bottom"],
)
def test_clips_each_side(box_xyxy_px, expected_yxyx):
    fitted = fit_box(box_xyxy_px, IMAGE_HW)
    assert fitted.box_yxyx == expected_yxyx
    assert fitted.is_clipped
    assert "40x20" in fitted.reason


@pytest.mark.parametrize(
    ("box_xyxy_px", "reason"),
    [
        ((5, 5, 5, 10), "no area"),
        ((5, 5, 9, 5), "no area"),
        ((9, 5, 5, 10), "corners are swapped"),
        ((5, 10, 9, 5), "corners are swapped"),
        ((40, 5, 50, 10), "wholly outside"),
        ((5, -9, 9, 0), "wholly outside"),
        ((5, 5, 5 + 1e-12, 10), "no area in single precision"),
    ],
)
def test_drops_what_has_no_area(box_xyxy_px, reason):
    fitted = fit_box(box_xyxy_px, IMAGE_HW)
    assert fitted.box_yxyx is None
    assert reason in fitted.reason


def test_a_rotated_image_clips_and_names_what_was_annotated():
    """Shown 40 wide and 20 high, stored 20 wide and 40 high: orientation 6, a quarter turn."""
    fitted = fit_box((30, 5, 44, 10), IMAGE_HW, orientation=6)
    assert fitted.box_yxyx == (0, 0.25, 0.25, 0.5)
    assert fitted.is_clipped
    assert fitted.reason == "reaches over the 40x20 image: xmin=30 ymin=5 xmax=44 ymax=10"
    assert fit_box((30, 5, 36, 25), (40, 20), orientation=1).box_yxyx is None
    assert "swapped" in fit_box((30, 10, 36, 5), IMAGE_HW, orientation=6).reason


COORDINATE = st.floats(allow_nan=False, allow_infinity=False)
SIDE = st.integers(1, 65535)


@given(
    st.tuples(COORDINATE, COORDINATE, COORDINATE, COORDINATE),
    st.tuples(SIDE, SIDE),
    st.integers(1, 8),
)
def test_result_is_a_legal_float32_box_or_a_reason(box_xyxy_px, image_hw, orientation):
    fitted = fit_box(box_xyxy_px, image_hw, orientation)
    if fitted.box_yxyx is None:
        assert fitted.reason
        return
    ymin, xmin, ymax, xmax = fitted.box_yxyx
    assert 0 <= ymin < ymax <= 1
    assert 0 <= xmin < xmax <= 1
    assert struct.unpack("4f", struct.pack("4f", *fitted.box_yxyx)) == fitted.box_yxyx


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((1, 2, 3, 4), None),
        ((1, 2, 1, 2), None),
        ((3, 2, 1, 4), (1, 2, 3, 4)),
        ((1, 4, 3, 2), (1, 2, 3, 4)),
        ((3, 4, 1, 2), (1, 2, 3, 4)),
    ],
)
def test_inverted_boxes(box, expected):
    assert is_inverted(box) == (expected is not None)
    assert order_corners(box) == (expected or box)
