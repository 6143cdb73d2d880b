"""Shapes of CVAT, by its specification; boxes of rotated shapes by hand, masks pixel by pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from lxml import etree

from odapi_ssd.data.formats.cvat_shapes import parse_shape
from odapi_ssd.data.masks import PolygonMask

HW = (20, 40)


def parse(text, image_hw=HW):
    return parse_shape(etree.fromstring(text), 1, "dog", image_hw)


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ('<box xtl="1" ytl="2.5" xbr="3" ybr="4"/>', (1, 2.5, 3, 4)),
        ('<box xtl="10" ytl="10" xbr="20" ybr="14" rotation="90"/>', (13, 7, 17, 17)),
        ('<box xtl="10" ytl="10" xbr="20" ybr="20" rotation="45.0"/>',
         (15 - 50**0.5, 15 - 50**0.5, 15 + 50**0.5, 15 + 50**0.5)),
        ('<ellipse cx="10" cy="10" rx="4" ry="2"/>', (6, 8, 14, 12)),
        ('<ellipse cx="10" cy="10" rx="4" ry="2" rotation="90"/>', (8, 6, 12, 14)),
        ('<polygon points="1,2;3,4.5;0,6"/>', (0, 2, 3, 6)),
        ('<polygon points="1,2;3,4.5;0,6;"/>', (0, 2, 3, 6)),
    ],
)  # fmt: skip
def test_boxes(text, box):
    np.testing.assert_allclose(parse(text).box_xyxy_px, box, atol=1e-9)


def test_polygons_have_masks():
    assert parse('<polygon points="1,2;3,4.5;0,6"/>').mask == PolygonMask(((1, 2, 3, 4.5, 0, 6),))


@given(
    pixels=arrays.arrays(
        bool, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.booleans()
    ),
    left=st.integers(0, 30),
    top=st.integers(0, 14),
)
def test_masks(pixels, left, top):
    height, width = pixels.shape
    runs, value = [0], False
    for pixel in pixels.ravel().tolist():
        if pixel != value:
            runs.append(0)
            value = pixel
        runs[-1] += 1
    found = parse(
        f'<mask rle="{", ".join(map(str, runs))}" left="{left}" top="{top}" width="{width}" '
        f'height="{height}"/>'
    )
    assert found.box_xyxy_px == (left, top, left + width, top + height)
    flat = [
        pixel for index, count in enumerate(found.mask.counts) for pixel in [index % 2 == 1] * count
    ]
    expected = np.zeros(HW, bool)
    expected[top : top + height, left : left + width] = pixels
    np.testing.assert_array_equal(np.array(flat).reshape(HW, order="F"), expected)


def test_a_mask_in_an_image_of_unknown_size_is_a_box():
    found = parse('<mask rle="1,3" left="1" top="2" width="2" height="2"/>', None)
    assert (found.box_xyxy_px, found.mask) == ((1, 2, 3, 4), None)


def test_flags():
    attributes = '<attribute name="Difficult">true</attribute><attribute name="x">2</attribute>'
    found = parse(f'<box xtl="1" ytl="2" xbr="3" ybr="4">{attributes}</box>')
    assert (found.is_difficult, found.is_truncated) == (True, False)


MASK = '<mask rle="{rle}" left="{left}" top="0" width="2" height="2"/>'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<box ytl="2" xbr="3" ybr="4"/>', "xtl is '', expected a finite number"),
        ('<box xtl="nan" ytl="2" xbr="3" ybr="4"/>', "xtl is 'nan', expected a finite number"),
        ('<box xtl="1" ytl="2" xbr="3" ybr="4" rotation="x"/>', "rotation is 'x', expected a f"),
        ('<box xtl="-1e308" ytl="2" xbr="1e308" ybr="4" rotation="1"/>', "the box is"),
        ('<polygon points="1,2;3,4"/>', "the polygon has 2 points, expected 3 or more"),
        ('<polygon points="1,2;3;4,5"/>', "points has '3', expected x,y in pixels"),
        ('<polygon points="1,2;3,inf;4,5"/>', "points has '3,inf', expected x,y in pixels"),
        ("<polygon/>", "the polygon has 0 points, expected 3 or more"),
        (MASK.format(rle="1,2", left=0), "rle has 3 pixels, expected 4"),
        (MASK.format(rle="1,-1,4", left=0), "rle is not a list of whole numbers, as was expected"),
        (MASK.format(rle="9" * 1000, left=0), "rle is not a list of whole numbers, as was expec"),
        (MASK.format(rle="4", left=39), "the mask of 2x2 pixels at 39, 0 reaches over the image"),
        (MASK.format(rle="4", left=0.5), "left is '0.5', expected a whole number"),
        (MASK.format(rle="4", left=-1), "left is '-1', expected a whole number"),
        (MASK.format(rle="", left=0), "rle is not a list of whole numbers, as was expected"),
        ('<box xtl="1" ytl="2" xbr="3" ybr="4"><attribute name="difficult">so</attribute></box>',
         "difficult is 'so', expected true or false"),
    ],
)  # fmt: skip
def test_faults(text, reason):
    with pytest.raises(ValueError, match=r"^\(dog\) ") as caught:
        parse(text)
    assert str(caught.value).startswith(f"(dog) {reason}")
