import math

import pytest

from odapi_ssd.data.formats.coco_masks import parse_mask, polygons_extent
from odapi_ssd.data.json_values import JsonObject, WrongJsonError
from odapi_ssd.data.masks import PolygonMask, RunLengthMask

TRIANGLE = [1, 2, 3.5, 2, 1, 4]


def parse(segmentation):
    return parse_mask(JsonObject({"segmentation": segmentation}, "annotations[3]"))


def polygons_of(mask):
    assert isinstance(mask, PolygonMask)
    return [list(polygon) for polygon in mask.polygons_xy_px]


@pytest.mark.parametrize(
    ("segmentation", "expected"),
    [
        ([TRIANGLE], [TRIANGLE]),
        ([TRIANGLE, [5] * 8], [TRIANGLE, [5] * 8]),
        (TRIANGLE, [TRIANGLE]),
        ([TRIANGLE, [1, 2, 3, 4]], [TRIANGLE]),
    ],
)
def test_polygons(segmentation, expected):
    assert polygons_of(parse(segmentation)) == expected


@pytest.mark.parametrize("segmentation", [None, [], [[]], [[1, 2, 3, 4]]])
def test_no_mask(segmentation):
    assert parse(segmentation) is None
    assert parse_mask(JsonObject({})) is None


def test_runs():
    mask = parse({"size": [3, 4], "counts": [5, 7]})
    assert isinstance(mask, RunLengthMask)
    assert (list(mask.counts), mask.mask_hw) == ([5, 7], (3, 4))
    assert parse({"size": [3, 4], "counts": "57"}) == RunLengthMask("57", (3, 4))


def test_the_extent_of_polygons():
    mask = parse([TRIANGLE, [-1, 9, 0, 9, 0, 8]])
    assert polygons_extent(mask) == (-1, 2, 3.5, 9)


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        ("polygon", r"annotations\[3\].segmentation is 'polygon', a list"),
        ([TRIANGLE, [1, 2, 3]], r"segmentation\[1\] is not a polygon, expected finite numbers"),
        ([[1, 2, 3, 4, 5, "6"]], r"segmentation\[0\] is not a polygon"),
        ([[1, 2, 3, 4, 5, math.nan]], r"segmentation\[0\] is not a polygon"),
        ([[1, 2, 3, 4, 5, 10**400]], r"segmentation\[0\] is not a polygon"),
        ([TRIANGLE, {}], r"segmentation\[1\] is not a polygon"),
        (["a", TRIANGLE], r"segmentation\[0\] is not a polygon"),
        ({"counts": "57"}, "the entry .*segmentation.size is missing"),
        ({"size": [3, 0], "counts": "57"}, "segmentation.size is not a height and a width"),
        ({"size": [3, True], "counts": "57"}, "segmentation.size"),
        ({"size": [3], "counts": "57"}, "segmentation.size"),
        ({"size": [3, 4], "counts": 57}, "segmentation.counts is 57, a list"),
        ({"size": [3, 4], "counts": [1.5]}, "segmentation.counts are not runs"),
        ({"size": [3, 4], "counts": [10**30]}, "segmentation.counts are not runs"),
    ],
)
def test_other_values_are_refused(segmentation, message):
    with pytest.raises(WrongJsonError, match=message):
        parse(segmentation)
