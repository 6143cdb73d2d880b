"""Pixels decide: an upright image with one marked box, stored in each of the eight ways."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from odapi_ssd.data.orientation import (
    boxes_are_upright,
    read_orientation,
    to_stored,
    to_upright,
    upright_hw,
)

UPRIGHT_HW = (40, 80)
BOX_YXYX = (0.1, 0.2, 0.3, 0.7)  # Not in the middle of anything.
# The operation that takes an upright image to how a camera with that orientation stores it.
STORING = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def stored_image(orientation: int) -> Image.Image:
    pixels = np.zeros(UPRIGHT_HW, np.uint8)
    ymin, xmin, ymax, xmax = np.round(np.array(BOX_YXYX) * [*UPRIGHT_HW, *UPRIGHT_HW]).astype(int)
    pixels[ymin:ymax, xmin:xmax] = 255
    upright = Image.fromarray(pixels)
    operation = STORING[orientation]
    stored = upright if operation is None else upright.transpose(operation)
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    stored.save(buffer, "PNG", exif=exif)
    image = Image.open(buffer)
    assert ImageOps.exif_transpose(image).tobytes() == upright.tobytes()
    return image


@pytest.mark.parametrize("orientation", STORING)
def test_a_box_follows_its_pixels(orientation):
    image = stored_image(orientation)
    assert read_orientation(image) == orientation
    assert upright_hw((image.height, image.width), orientation) == UPRIGHT_HW
    rows, columns = np.nonzero(np.asarray(image))
    expected = (
        rows.min() / image.height,
        columns.min() / image.width,
        (rows.max() + 1) / image.height,
        (columns.max() + 1) / image.width,
    )
    assert to_stored(BOX_YXYX, orientation) == pytest.approx(expected)


@pytest.mark.parametrize("orientation", STORING)
def test_what_the_annotated_size_proves(orientation):
    swaps = orientation >= 5
    assert boxes_are_upright((80, 40), (40, 80), orientation) is swaps
    assert not boxes_are_upright((40, 80), (40, 80), orientation)
    assert not boxes_are_upright((40, 40), (40, 40), orientation)
    assert not boxes_are_upright((81, 40), (40, 80), orientation)
    assert not boxes_are_upright(None, (40, 80), orientation)


@pytest.mark.parametrize("value", [0, 9, 65535, "6", (6, 6), 2.5])
def test_an_orientation_that_exif_does_not_know_is_upright(value):
    image = Image.new("L", (4, 2))
    image.getexif()[0x0112] = value
    assert read_orientation(image) == 1


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_is_no_reason_to_refuse_an_image():
    image = Image.new("L", (4, 2))
    image.info["exif"] = b"Exif\0\0MM\0*\xff\xff\xff\xff"
    assert read_orientation(image) == 1
    image = Image.new("L", (4, 2))
    image.info["exif"] = b"Exif\0\0garbage"
    assert read_orientation(image) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_there_and_back(orientation):
    shown = to_upright(to_stored(BOX_YXYX, orientation), orientation)
    assert shown == pytest.approx(BOX_YXYX)
