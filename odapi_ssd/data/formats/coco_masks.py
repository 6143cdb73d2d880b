"""The `segmentation` of a COCO annotation: polygons, or runs of pixels."""

import math
from array import array
from collections.abc import Sequence

from odapi_ssd.data.json_values import JsonObject, WrongJsonError
from odapi_ssd.data.masks import Mask, PolygonMask, RunLengthMask

__all__ = ["parse_mask", "polygons_extent"]

_KEY = "segmentation"
_MIN_VALUES = 6  # of a polygon, three points


def parse_mask(item: JsonObject) -> Mask | None:
    """The mask of an annotation; None if it has none, or polygons of fewer than three points alone.

    Raises:
        WrongJsonError: it is neither of COCO's forms. Whether runs fit the image shows only when
            the mask is rendered.
    """
    if not item.has(_KEY):
        return None
    if item.kind(_KEY) is dict:
        return _parse_runs(item.object(_KEY))
    values = item.items(_KEY)
    if values and not isinstance(values[0], list):
        values = [values]  # Some programs leave the outer list out.
    where = f"{item.where}.{_KEY}"
    polygons = [_parse_polygon(value, f"{where}[{n}]") for n, value in enumerate(values)]
    polygons = [polygon for polygon in polygons if len(polygon) >= _MIN_VALUES]
    return PolygonMask(tuple(polygons)) if polygons else None


def polygons_extent(mask: PolygonMask) -> tuple[float, float, float, float]:
    """The box around all polygons: xmin, ymin, xmax, ymax in pixels."""
    xs = [x for polygon in mask.polygons_xy_px for x in polygon[::2]]
    ys = [y for polygon in mask.polygons_xy_px for y in polygon[1::2]]
    return min(xs), min(ys), max(xs), max(ys)


def _parse_polygon(value: object, where: str) -> Sequence[float]:
    expected = f"{where} is not a polygon, expected finite numbers x, y, x, y, …"
    if not isinstance(value, list) or len(value) % 2:
        raise WrongJsonError(expected)
    try:
        polygon = array("d", value)  # a third of the memory of a tuple
    except (TypeError, OverflowError) as error:
        raise WrongJsonError(expected) from error
    if not all(map(math.isfinite, polygon)):
        raise WrongJsonError(expected)
    return polygon


def _parse_runs(values: JsonObject) -> RunLengthMask:
    size = values.items("size")
    if len(size) != 2 or not all(type(side) is int and side > 0 for side in size):
        raise WrongJsonError(f"{values.where}.size is not a height and a width in pixels")
    hw = (size[0], size[1])
    if values.kind("counts") is str:
        return RunLengthMask(values.text("counts"), hw)
    counts = values.items("counts")
    try:
        return RunLengthMask(array("q", counts), hw)
    except (TypeError, OverflowError) as error:
        raise WrongJsonError(f"{values.where}.counts are not runs of pixels") from error
