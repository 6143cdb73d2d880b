"""Makes objects of the shapes in CVAT's XML: of boxes, polygons, ellipses and masks.

Source: https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/.
"""

import math
from collections.abc import Sequence

from lxml import etree

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.masks import Mask, PolygonMask, RunLengthMask
from odapi_ssd.data.numbers import finite_number, shown

__all__ = ["SHAPES_WITHOUT_AREA", "parse_shape"]

SHAPES_WITHOUT_AREA = ("polyline", "points", "cuboid", "skeleton", "tag")
_FLAGS = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}
_MAX_PIXELS = 2**28

_Box = tuple[float, float, float, float]


def parse_shape(
    shape: etree._Element, number: int, label: str, image_hw: tuple[int, int] | None
) -> AnnotatedObject:
    """Makes an object of a shape.

    Args:
        shape: `<box>`, `<polygon>`, `<ellipse>` or `<mask>`.
        number: its place in the annotation.
        label: its class, which is the shape's own or that of its track.
        image_hw: height and width in pixels; None if not stated, and then there are no pixels of a
            `<mask>`.

    Raises:
        ValueError: something is missing or not a number; the text says what was expected.
    """
    label = label.strip()
    if not label:
        raise ValueError("the label is missing or empty, expected the class")
    try:
        box, mask = _parse_area(shape, image_hw)
        return AnnotatedObject(
            number=number,
            name=label,
            box_xyxy_px=box,
            is_difficult=_parse_flag(shape, "difficult"),
            is_truncated=_parse_flag(shape, "truncated"),
            mask=mask,
        )
    except ValueError as error:
        raise ValueError(f"({label}) {error}") from error


def _parse_area(
    shape: etree._Element, image_hw: tuple[int, int] | None
) -> tuple[_Box, Mask | None]:
    if shape.tag == "polygon":
        points = _parse_points(shape)
        xs, ys = points[::2], points[1::2]
        return (min(xs), min(ys), max(xs), max(ys)), PolygonMask((tuple(points),))
    if shape.tag == "ellipse":
        return _parse_ellipse(shape), None
    if shape.tag == "mask":
        return _parse_mask(shape, image_hw)
    return _parse_box(shape), None


def _parse_box(shape: etree._Element) -> _Box:
    """A box; of a rotated one the box around it."""
    left, top, right, bottom = (_number(shape, name) for name in ("xtl", "ytl", "xbr", "ybr"))
    angle = _rotation(shape)
    if angle == 0:
        return left, top, right, bottom
    x, y, half_width, half_height = (
        (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2,
    )  # fmt: skip
    sine, cosine = abs(math.sin(angle)), abs(math.cos(angle))
    half_x = half_width * cosine + half_height * sine
    half_y = half_width * sine + half_height * cosine
    return x - half_x, y - half_y, x + half_x, y + half_y


def _parse_ellipse(shape: etree._Element) -> _Box:
    x, y, radius_x, radius_y = (_number(shape, name) for name in ("cx", "cy", "rx", "ry"))
    angle = _rotation(shape)
    half_x = math.hypot(radius_x * math.cos(angle), radius_y * math.sin(angle))
    half_y = math.hypot(radius_x * math.sin(angle), radius_y * math.cos(angle))
    return x - half_x, y - half_y, x + half_x, y + half_y


def _rotation(shape: etree._Element) -> float:
    """The clockwise rotation about the center, in radians."""
    return math.radians(_number(shape, "rotation") if "rotation" in shape.attrib else 0.0)


def _parse_points(shape: etree._Element) -> list[float]:
    """The values x, y, x, y, … of `points="x,y;x,y;…"`."""
    text = shape.get("points") or ""
    values = []
    for pair in filter(None, text.split(";")):
        numbers = [finite_number(one) for one in pair.split(",")]
        if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
            raise ValueError(f"points has {shown(pair)}, expected x,y in pixels")
        values += [numbers[0], numbers[1]]
    if len(values) < 6:
        raise ValueError(f"the polygon has {len(values) // 2} points, expected 3 or more")
    return values


def _parse_mask(
    shape: etree._Element, image_hw: tuple[int, int] | None
) -> tuple[_Box, RunLengthMask | None]:
    """A mask of runs of 0 and 1 in turn along the rows of its own box."""
    left, top, width, height = (
        _whole_number(shape, name) for name in ("left", "top", "width", "height")
    )
    box = (float(left), float(top), float(left + width), float(top + height))
    if image_hw is None:
        return box, None
    is_inside = left + width <= image_hw[1] and top + height <= image_hw[0]
    if not is_inside or image_hw[0] * image_hw[1] > _MAX_PIXELS:
        raise ValueError(
            f"the mask of {width}x{height} pixels at {left}, {top} reaches over the image of "
            f"{image_hw[1]}x{image_hw[0]}"
        )
    runs = _parse_runs(shape.get("rle") or "", width * height)
    return box, RunLengthMask(
        _columns_of_rows(runs, (height, width), (top, left), image_hw), image_hw
    )


def _parse_runs(text: str, num_pixels: int) -> list[int]:
    texts = [one.strip() for one in text.split(",")]
    if not all(one.isascii() and one.isdigit() and len(one) < 10 for one in texts):
        raise ValueError("rle is not a list of whole numbers, as was expected")
    runs = list(map(int, texts))
    if sum(runs) != num_pixels:
        raise ValueError(f"rle has {sum(runs):,} pixels, expected {num_pixels:,}")
    return runs


def _columns_of_rows(
    runs: Sequence[int],
    mask_hw: tuple[int, int],
    top_left: tuple[int, int],
    image_hw: tuple[int, int],
) -> tuple[int, ...]:
    """Runs along the rows of a part of the image as runs down the columns of the whole."""
    import numpy as np  # Workers import the formats too, and have no use for it.

    values = np.arange(len(runs)) % 2 == 1
    pixels = np.repeat(values, runs).reshape(mask_hw)
    columns, rows = np.nonzero(pixels.T)
    places = (columns + top_left[1]) * image_hw[0] + rows + top_left[0]
    is_first = np.diff(places, prepend=-2) != 1
    is_last = np.diff(places, append=places[-1] + 2 if len(places) else 0) != 1
    edges = np.stack([places[is_first], places[is_last] + 1], axis=1).ravel()
    ends = np.concatenate([edges, [image_hw[0] * image_hw[1]]])
    return tuple(np.diff(ends, prepend=0).tolist())


def _number(shape: etree._Element, name: str) -> float:
    text = shape.get(name)
    value = None if text is None else finite_number(text)
    if value is None:
        raise ValueError(f"{name} is {shown(text or '')}, expected a finite number")
    return value


def _whole_number(shape: etree._Element, name: str) -> int:
    value = _number(shape, name)
    if not value.is_integer() or not 0 <= value < _MAX_PIXELS:
        raise ValueError(f"{name} is {shown(shape.get(name) or '')}, expected a whole number")
    return int(value)


def _parse_flag(shape: etree._Element, name: str) -> bool:
    """An attribute that the annotator gave to the label, if there is one of that name."""
    for attribute in shape.iterfind("attribute"):
        if (attribute.get("name") or "").strip().lower() == name:
            text = (attribute.text or "").strip().lower()
            if text not in _FLAGS:
                raise ValueError(f"{name} is {shown(text)}, expected true or false")
            return _FLAGS[text]
    return False
