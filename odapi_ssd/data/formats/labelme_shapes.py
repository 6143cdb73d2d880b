"""Makes objects of the shapes in a LabelMe file.

Shapes of one class and `group_id` are parts of one object. Points, lines and strips of lines have
no area, so they make no object.

Source: https://github.com/wkentaro/labelme, labelme/shape.py and its examples.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.json_values import JsonObject, WrongJsonError
from odapi_ssd.data.masks import PolygonMask

__all__ = ["parse_shapes"]

_BOXES = ("rectangle", "mask")
_POLYGONS = ("polygon", "rotation", "oriented_rectangle")
_WITHOUT_AREA = ("point", "points", "line", "linestrip")

_Points = list[tuple[float, float]]


def parse_shapes(shapes: Iterable[JsonObject], ignored: Counter[str]) -> list[AnnotatedObject]:
    """Makes objects of shapes, numbered by the place of their first shape.

    Args:
        shapes: those of one file.
        ignored: gets the number of the shapes that make no object, by kind.

    Raises:
        WrongJsonError: a shape has no label, or points that its kind does not have.
    """
    groups: dict[Any, list[tuple[int, JsonObject]]] = {}
    for number, shape in enumerate(shapes, start=1):
        kind = shape.text("shape_type", "polygon")
        if kind in _WITHOUT_AREA:
            ignored[f"{kind} shapes"] += 1
            continue
        label = _parse_label(shape)
        group = _parse_group(shape)
        group_key = (None, number) if group is None else (label, group)
        groups.setdefault(group_key, []).append((number, shape))
    return [_make_object(members) for members in groups.values()]


def _make_object(members: Sequence[tuple[int, JsonObject]]) -> AnnotatedObject:
    number, first = members[0]
    outlines = [_parse_outline(shape) for _, shape in members]
    points = [point for outline, _ in outlines for point in outline]
    xs, ys = zip(*points, strict=True)
    has_masks = any(is_area for _, is_area in outlines)
    polygons = tuple(
        tuple(value for point in outline for value in point) for outline, _ in outlines
    )
    if math.inf in map(abs, (min(xs), min(ys), max(xs), max(ys))):
        raise WrongJsonError(f"{first.where} has points too far apart for a box")
    return AnnotatedObject(
        number=number,
        name=_parse_label(first),
        box_xyxy_px=(min(xs), min(ys), max(xs), max(ys)),
        is_difficult=any(_has_flag(shape, "difficult") for _, shape in members),
        is_truncated=any(_has_flag(shape, "truncated") for _, shape in members),
        mask=PolygonMask(polygons) if has_masks else None,
    )


def _parse_outline(shape: JsonObject) -> tuple[_Points, bool]:
    """The points around a shape, and whether they follow the object's outline, unlike a box."""
    kind = shape.text("shape_type", "polygon")
    points = _parse_points(shape)
    if kind in _BOXES and len(points) >= 2:
        return _corners(points), False
    if kind in _POLYGONS and len(points) >= 3:
        return points, True
    if kind == "circle" and len(points) == 2:
        (x, y), edge = points
        radius = math.dist((x, y), edge)
        return _corners([(x - radius, y - radius), (x + radius, y + radius)]), False
    what = f"{shape.where} has the shape_type {kind!r} and {len(points):,} points"
    raise WrongJsonError(
        f"{what}, expected a rectangle or circle of 2 points or a polygon of 3 or more"
    )


def _corners(points: _Points) -> _Points:
    """The four corners of the box around points."""
    xs, ys = zip(*points, strict=True)
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _parse_label(shape: JsonObject) -> str:
    label = shape.text("label").strip()
    if not label:
        raise WrongJsonError(f"{shape.where}.label is empty, the class was expected")
    return label


def _parse_group(shape: JsonObject) -> int | str | None:
    group = shape.get("group_id")
    if group is None or (isinstance(group, int | str) and not isinstance(group, bool)):
        return group
    raise WrongJsonError(f"{shape.where}.group_id is not a number, one or null was expected")


def _parse_points(shape: JsonObject) -> _Points:
    points = []
    for index, pair in enumerate(shape.items("points")):
        if not (isinstance(pair, list) and len(pair) == 2 and all(map(_is_pixels, pair))):
            raise WrongJsonError(
                f"{shape.where}.points[{index}] is not two finite numbers of pixels, x and y"
            )
        points.append((float(pair[0]), float(pair[1])))
    return points


def _is_pixels(value: Any) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of hundreds of digits
        return False


def _has_flag(shape: JsonObject, name: str) -> bool:
    """Whether a shape has a flag of that name, or an entry, as X-AnyLabeling writes it."""
    flags = shape.get("flags")
    return shape.get(name) is True or (isinstance(flags, dict) and flags.get(name) is True)
