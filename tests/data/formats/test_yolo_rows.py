import pytest

from odapi_ssd.data.formats.yolo_config import YoloConfig
from odapi_ssd.data.formats.yolo_rows import parse_rows
from odapi_ssd.data.masks import PolygonMask

CONFIG = YoloConfig("data.yaml", {0: "dog", 2: "cat"})
HW = (20, 40)


def parse(text, config=CONFIG):
    return parse_rows(text, "a.txt", config, HW)


def test_boxes():
    rows = parse("0 0.5 0.5 0.5 0.5\n\n  2.0\t0.25 0.25 0 1e-1 \r\n")
    assert [(one.number, one.name, one.box_xyxy_px) for one in rows.objects] == [
        (1, "dog", (10, 5, 30, 15)), (2, "cat", (10, 4, 10, 6)),
    ]  # fmt: skip
    assert rows.faults == ()


def test_polygons():
    (found,) = parse("0 0.1 0.2 0.5 0.1 0.25 0.75").objects
    assert found.box_xyxy_px == (4, 2, 20, 15)
    assert found.mask == PolygonMask(((4, 4, 20, 2, 10, 15),))


def test_keypoints_follow_the_box():
    config = YoloConfig("data.yaml", {0: "dog"}, num_keypoint_values=3)
    rows = parse("0 0.5 0.5 0.5 0.5 0.1 0.1 2\n0 0.5 0.5 0.5 0.5\n", config)
    assert [one.box_xyxy_px for one in rows.objects] == [(10, 5, 30, 15)] * 2
    assert rows.num_with_keypoints == 1
    assert parse("0 0.5 0.5 0.5 0.5 0.1 0.1 2 0.3", config).objects[0].mask is not None


def test_rounding_does_not_lead_over_the_edge():
    (found,) = parse("0 0.83334 0.83334 0.33333 0.33333").objects
    assert found.box_xyxy_px[2:] == (40, 20)
    (found,) = parse("0 0.9 0.5 0.4 0.5").objects
    assert found.box_xyxy_px[2] == pytest.approx(44)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1 0.5 0.5 0.5 0.5", "the class is '1', expected one of the 2 of data.yaml, 0 to 2"),
        ("-1 0.5 0.5 0.5 0.5", "the class is '-1', expected one of the 2 of data.yaml, 0 to 2"),
        ("0.5 0.5 0.5 0.5 0.5", "the class is '0.5', expected a whole number from 0"),
        ("dog 0.5 0.5 0.5 0.5", "the class is 'dog', expected a whole number from 0"),
        (f"{'9' * 1000} 0.5 0.5 0.5 0.5", f"the class is '{'9' * 39}…, expected a whole number"),
        ("1e300 0.5 0.5 0.5 0.5", "the class is '1e300', expected one of the 2 of data.yaml"),
        ("0 nan 0.5 0.5 0.5", "'nan' is not a number from 0 to 1, as a share of the image's"),
        ("0 0.5 inf 0.5 0.5", "'inf' is not a number from 0 to 1, as a share of the image's"),
        ("0 0.5 0.5 250 0.5", "'250' is not a number from 0 to 1, as a share of the image's"),
        ("0 -7 0.5 0.5 0.5", "'-7' is not a number from 0 to 1, as a share of the image's"),
        ("0 0,5 0.5 0.5 0.5", "'0,5' is not a number from 0 to 1, as a share of the image's"),
        ("0 0.5 0.5 0.5 0.5 0.9", "there are 5 numbers after the class, expected 4 of a box or"),
        ("0", "there are 0 numbers after the class, expected 4 of a box or an even number from"),
    ],
)
def test_faults(row, reason):
    rows = parse(f"0 0.5 0.5 0.5 0.5\n{row}\n")
    assert len(rows.objects) == 1
    assert rows.faults[0].startswith(f"a.txt, line 2: {reason}")
