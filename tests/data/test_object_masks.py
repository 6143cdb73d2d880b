import io

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.masks import PolygonMask, RunLengthMask
from odapi_ssd.data.object_masks import render_masks
from odapi_ssd.errors import OdapiError

HW = (4, 6)
BOX = (0, 0, 1, 1)


def object_of(number, mask, name="dog"):
    return AnnotatedObject(number, name, BOX, mask=mask)


def rectangle(left, top, right, bottom):
    return PolygonMask(((left, top, right, top, right, bottom, left, bottom),))


def test_masks_in_the_order_of_the_objects():
    objects = [object_of(1, rectangle(1, 1, 3, 2)), object_of(2, rectangle(0, 0, 6, 4))]
    first, second = render_masks(objects, HW, 1, HW)
    assert (first.area_px, second.area_px) == (2, 24)
    pixels = np.asarray(Image.open(io.BytesIO(first.png)))
    assert {tuple(place) for place in np.argwhere(pixels).tolist()} == {(1, 1), (1, 2)}
    assert render_masks([], HW, 1, HW) == []


def test_masks_of_an_image_that_was_made_smaller():
    """Of 2x2 pixels each, half decides."""
    (mask,) = render_masks([object_of(1, rectangle(1, 0, 4, 4))], HW, 1, (2, 3))
    pixels = np.asarray(Image.open(io.BytesIO(mask.png)))
    assert pixels.tolist() == [[1, 1, 0], [1, 1, 0]]
    assert mask.area_px == 4


def test_masks_of_a_rotated_image():
    (mask,) = render_masks([object_of(1, rectangle(0, 0, 6, 1))], HW, 6, (6, 4))
    pixels = np.asarray(Image.open(io.BytesIO(mask.png)))
    assert {tuple(place) for place in np.argwhere(pixels).tolist()} == {
        (row, 0) for row in range(6)
    }


def test_all_offenders_are_named():
    objects = [
        object_of(1, None),
        object_of(2, None, "cat"),
        object_of(3, RunLengthMask([5], (1, 5))),
        object_of(4, None),
        object_of(5, rectangle(0, 0, 1, 1)),
    ]
    with pytest.raises(OdapiError) as caught:
        render_masks(objects, HW, 1, HW)
    assert str(caught.value) == (
        "no mask, which --include_masks needs: object 2 (cat), object 1, 4 (dog); "
        "object 3 (dog): the mask has 5x1 pixels, expected the image's 6x4"
    )
