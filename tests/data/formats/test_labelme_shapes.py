from collections import Counter

import pytest

from odapi_ssd.data.formats.labelme_shapes import parse_shapes
from odapi_ssd.data.json_values import JsonObject, WrongJsonError
from odapi_ssd.data.masks import PolygonMask


def parse(*shapes):
    ignored = Counter()
    return parse_shapes([JsonObject(one, "shape") for one in shapes], ignored), ignored


def shape(points, kind, label="dog", **more):
    return {"label": label, "points": points, "shape_type": kind, **more}


@pytest.mark.parametrize(
    ("kind", "points", "box"),
    [
        ("rectangle", [[9, 8], [1, 2]], (1, 2, 9, 8)),
        ("rectangle", [[1, 2], [9, 2], [9, 8], [1, 8]], (1, 2, 9, 8)),
        ("mask", [[1, 2], [9, 8]], (1, 2, 9, 8)),
        ("circle", [[5, 5], [8, 9]], (0, 0, 10, 10)),
        ("rotation", [[5, 0], [10, 5], [5, 10], [0, 5]], (0, 0, 10, 10)),
    ],
)
def test_boxes(kind, points, box):
    (found,), _ = parse(shape(points, kind))
    assert found.box_xyxy_px == box
    assert (found.mask is not None) == (kind == "rotation")


def test_a_shape_without_a_type_is_a_polygon():
    (found,), _ = parse({"label": "dog", "points": [[1, 2], [3, 4], [5, 0]]})
    assert found.mask == PolygonMask(((1, 2, 3, 4, 5, 0),))


def test_a_rectangle_in_a_group_with_a_polygon_is_part_of_its_mask():
    (found,), _ = parse(
        shape([[1, 2], [3, 4], [5, 0]], "polygon", group_id=0),
        shape([[10, 10], [12, 11]], "rectangle", group_id=0),
    )
    assert found.mask.polygons_xy_px[1] == (10, 10, 12, 10, 12, 11, 10, 11)
    assert found.box_xyxy_px == (1, 0, 12, 11)


def test_groups_are_of_one_class_and_number():
    found, _ = parse(
        *(shape([[1, 2], [3, 4]], "rectangle", label, group_id=group)
          for label, group in (("a", 1), ("b", 1), ("a", 2), ("a", None), ("a", None), ("a", 1)))
    )  # fmt: skip
    assert [one.number for one in found] == [1, 2, 3, 4, 5]


def test_shapes_without_an_area_are_counted():
    found, ignored = parse(*(shape([[1, 2]], kind) for kind in ("point", "line", "linestrip")))
    assert found == []
    assert ignored == {"point shapes": 1, "line shapes": 1, "linestrip shapes": 1}


def test_a_circle_of_one_point():
    with pytest.raises(WrongJsonError, match="shape has the shape_type 'circle' and 1 points"):
        parse(shape([[1, 2]], "circle"))


def test_a_circle_beyond_all_numbers():
    with pytest.raises(WrongJsonError, match="shape has points too far apart for a box"):
        parse(shape([[1e308, 0], [-1e308, 0]], "circle"))
