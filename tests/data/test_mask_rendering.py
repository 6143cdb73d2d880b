"""Rendered masks, by hand and against pycocotools."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from pycocotools import mask as coco_mask

from odapi_ssd.data.mask_rendering import decode_png_mask, encode_png_mask, render_mask
from odapi_ssd.data.masks import IndexedMask, PngMask, PolygonMask, RunLengthMask
from odapi_ssd.errors import OdapiError

HW = (4, 6)


def png_of(values, mode="L"):
    buffer = io.BytesIO()
    image = Image.fromarray(np.asarray(values, np.uint8))
    if mode == "P":
        image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def pixels_of(rendered):
    """Rows and columns of the pixels that are set."""
    assert rendered.dtype == bool
    return {(int(row), int(column)) for row, column in np.argwhere(rendered)}


@pytest.mark.parametrize(
    ("polygons", "expected"),
    [
        # Centers of pixels are at halves.
        ([(1, 1, 3, 1, 3, 2, 1, 2)], {(1, 1), (1, 2)}),
        ([(1.4, 1.4, 2.6, 1.4, 2.6, 1.6, 1.4, 1.6)], {(1, 1), (1, 2)}),
        ([(1.6, 1.4, 2.4, 1.4, 2.4, 1.6, 1.6, 1.6)], set()),
        ([(0, 0, 2, 0, 0, 2)], {(0, 0)}),
        ([(-9, -9, 9, -9, 9, 1, -9, 1)], {(0, column) for column in range(6)}),
        ([(0, 0, 1, 0, 1, 1, 0, 1), (5, 3, 6, 3, 6, 4, 5, 4)], {(0, 0), (3, 5)}),
        ([(7, 0, 9, 0, 9, 4, 7, 4)], set()),
        ([(0, 0, 1e300, 0, 1e300, 1e300, 0, 1e300)], set(np.ndindex(HW))),
        ([(2, 1, 2, 1, 2, 1)], set()),
    ],
)
def test_polygons_by_hand(polygons, expected):
    assert pixels_of(render_mask(PolygonMask(tuple(polygons)), HW)) == expected


def test_a_polygon_that_crosses_itself_is_even_odd():
    square_twice = (0, 0, 4, 0, 4, 4, 0, 4, 0, 0, 1, 1, 3, 1, 3, 3, 1, 3, 1, 1)
    rendered = render_mask(PolygonMask((square_twice,)), (4, 4))
    assert pixels_of(rendered) == set(np.ndindex(4, 4)) - {(1, 1), (1, 2), (2, 1), (2, 2)}


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.lists(st.tuples(*[st.floats(-20, 80, width=32)] * 2), min_size=3, max_size=12),
)
def test_polygons_are_those_of_coco_but_for_their_edges(height, width, points):
    flat = [value for point in points for value in point]
    ours = render_mask(PolygonMask((flat,)), (height, width))
    theirs = coco_mask.decode(coco_mask.frPyObjects([flat], height, width))[:, :, 0] > 0
    rows, columns = np.nonzero(ours != theirs)
    centers = np.stack([columns, rows], axis=1) + 0.5
    starts = np.array(points)
    edges = np.roll(starts, -1, axis=0) - starts
    lengths = np.maximum((edges**2).sum(axis=1), 1e-12)
    along = ((centers[:, None] - starts) * edges).sum(axis=2) / lengths
    nearest = starts + np.clip(along, 0, 1)[..., None] * edges
    distances = np.linalg.norm(centers[:, None] - nearest, axis=2).min(axis=1, initial=99)
    assert (distances <= 1).all()


def test_many_edges_are_taken_in_blocks(monkeypatch):
    polygon = [1.3, 0.2, 5.6, 1.9, 4.4, 3.8, 0.1, 3.1, 2.2, 1.7]
    whole = render_mask(PolygonMask((polygon,)), HW)
    monkeypatch.setattr("odapi_ssd.data.mask_rendering._MAX_CROSSINGS", 1)
    assert (render_mask(PolygonMask((polygon,)), HW) == whole).all()
    assert whole.any()


@pytest.mark.parametrize("counts", [[5, 2, 17], "52a0"])
def test_runs(counts):
    if isinstance(counts, str):
        mask = np.zeros(HW, np.uint8, order="F")
        mask[1:3, 1] = 1
        counts = coco_mask.encode(mask)["counts"].decode()
    assert pixels_of(render_mask(RunLengthMask(counts, HW), HW)) == {(1, 1), (2, 1)}


def test_values_of_files(tmp_path):
    values = [[0, 1, 2, 255, 0, 0], [0, 1, 2, 2, 0, 0], [0] * 6, [0] * 6]
    for mode in ("P", "L"):
        path = tmp_path / f"{mode}.png"
        path.write_bytes(png_of(values, mode))
        assert pixels_of(render_mask(IndexedMask(path, 2), HW)) == {(0, 2), (1, 2), (1, 3)}
        assert pixels_of(render_mask(IndexedMask(path, 1), HW)) == {(0, 1), (1, 1)}
    assert len(pixels_of(render_mask(PngMask(png_of(values)), HW))) == 6


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (RunLengthMask([24], (6, 4)), "the mask has 4x6 pixels, expected the image's 6x4"),
        (RunLengthMask([23], HW), "the mask: its runs cover 23 pixels, expected 24"),
        (RunLengthMask("~", HW), "the mask: the character 1"),
        (PngMask(png_of([[1]])), "the mask has 1x1 pixels"),
        (PngMask(b"GIF89a"), "the mask is not a PNG file"),
        (PngMask(png_of(np.ones(HW))[:-30]), "the mask cannot be decoded"),
        (PngMask(png_of(np.ones((*HW, 3)))), "the mask has several channels, expected one"),
        (PolygonMask(((0, 0, 1, 1, float("nan"), 2),)), "not finite"),
    ],
)
def test_masks_that_cannot_be_rendered(mask, message):
    with pytest.raises(OdapiError, match=message):
        render_mask(mask, HW)


def test_a_file_that_is_gone(tmp_path):
    with pytest.raises(OdapiError, match=r"^a\.png does not exist"):
        render_mask(IndexedMask(tmp_path / "a.png", 1), HW)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_mask_is_that_of_the_stored_image(orientation):
    """What Pillow's own handling of the orientation shows upright is what was annotated."""
    upright = np.zeros(HW, bool)
    upright[0, :4] = upright[1:3, 0] = True
    stored = render_mask(PngMask(png_of(upright)), HW, orientation)
    image = Image.fromarray(stored.astype(np.uint8))
    image.getexif()[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", exif=image.getexif())
    with Image.open(buffer) as reopened:
        shown = np.asarray(ImageOps.exif_transpose(reopened))
    assert (shown == upright).all()


@settings(deadline=None)
@given(st.integers(1, 50), st.integers(1, 50), st.randoms())
def test_png_masks_survive(height, width, random):
    mask = np.array([[random.random() < 0.5 for _ in range(width)] for _ in range(height)])
    encoded = encode_png_mask(mask)
    with Image.open(io.BytesIO(encoded)) as image:
        values = np.asarray(image)
    assert values.dtype == np.uint8
    assert (values == mask).all()
    assert (decode_png_mask(encoded) == mask).all()
