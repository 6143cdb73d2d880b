"""The anchors of the papers, worked out by hand. No TensorFlow."""

import numpy as np
import pytest

from odapi_ssd.ssd.anchor_presets import CELL_ORDERS, SETTINGS
from odapi_ssd.ssd.anchors import preset, preset_names

COUNTS = {
    # cells · boxes per cell: 38²·4, 19²·6, 10²·6, 5²·6, 3²·4, 1·4
    "ssd300_voc": [5776, 2166, 600, 150, 36, 4],
    "ssd300_coco": [5776, 2166, 600, 150, 36, 4],
    "ssd300_linear": [5776, 2166, 600, 150, 36, 4],
    # 64²·4, 32²·6, 16²·6, 8²·6, 4²·6, 2²·4, 1·4
    "ssd512_voc": [16384, 6144, 1536, 384, 96, 16, 4],
    "ssd512_coco": [16384, 6144, 1536, 384, 96, 16, 4],
}

# A side of the image in the unit of the boxes below: pixels; for the tutorial's, thousandths.
SIDES = {
    "ssd300_voc": 300,
    "ssd300_coco": 300,
    "ssd300_linear": 1000,
    "ssd512_voc": 512,
    "ssd512_coco": 512,
}

# Of each layer, its first and its last box, in the unit of SIDES. Worked out on a pocket calculator
# (bc) from the paper's pixels, as follows.
# The first box is the square of side min around the first center, step/2; centers are the same in y
# and x, so two numbers stand for (ymin, xmin, ymax, xmax): step/2 - min/2 and step/2 + min/2. VOC's
# first: 4 - 15 and 4 + 15.
# The last box, in both orders, is the upright rectangle of the smallest ratio r (1/2; 1/3 where a
# cell has six boxes; the tutorial's 0.333) around the last center, step/2 + (grid - 1)·step:
# half its height is min/√r/2, half its width min·√r/2. VOC's first layer: center 4 + 37·8 = 300,
# half height 30·√2/2 = 21.2132, half width 30/√2/2 = 10.6066.
# The tutorial's have the steps 1000/38, …, and for min 100, 200, 375, ….
CORNERS = {
    "ssd300_voc": (
        ((-11.0, 19.0), (278.7868, 289.3934, 321.2132, 310.6066)),
        ((-22.0, 38.0), (244.0385, 278.6795, 347.9615, 313.3205)),
        ((-39.5, 71.5), (207.8712, 271.9571, 400.1288, 336.0429)),
        ((-49.0, 113.0), (147.7039, 241.2346, 428.2961, 334.7654)),
        ((-56.5, 156.5), (99.3863, 174.6931, 400.6137, 325.3069)),
        ((18.0, 282.0), (-36.6762, 56.6619, 336.6762, 243.3381)),
    ),
    "ssd300_coco": (
        ((-6.5, 14.5), (285.1508, 292.5754, 314.8492, 307.4246)),
        ((-14.5, 30.5), (257.0289, 283.0096, 334.9711, 308.9904)),
        ((-33.5, 65.5), (218.2635, 275.4212, 389.7365, 332.5788)),
        ((-44.5, 108.5), (155.4981, 243.8327, 420.5019, 332.1673)),
        ((-53.5, 153.5), (103.6289, 176.8144, 396.3711, 323.1856)),
        ((19.5, 280.5), (-34.5549, 57.7226, 334.5549, 242.2774)),
    ),
    "ssd300_linear": (
        ((-36.8421, 63.1579), (916.1314, 951.4868, 1057.5528, 1022.1974)),
        ((-73.6842, 126.3158), (800.3925, 915.9781, 1146.976, 1031.3904)),
        ((-137.5, 237.5), (625.078, 841.801, 1274.922, 1058.199)),
        ((-175.0, 375.0), (423.4477, 741.3081, 1376.5523, 1058.6919)),
        ((-195.8333, 529.1667), (320.6809, 577.0071, 1345.9857, 1089.6595)),
        ((50.0, 950.0), (-136.3961, 181.8019, 1136.3961, 818.1981)),
    ),
    "ssd512_voc": (
        ((-13.92, 21.92), (482.6573, 495.3286, 533.3427, 520.6714)),
        ((-30.4, 46.4), (437.4892, 481.8297, 570.5108, 526.1703)),
        ((-60.8, 92.8), (362.9785, 451.6595, 629.0215, 540.3405)),
        ((-83.2, 147.2), (280.4677, 413.4892, 679.5323, 546.5108)),
        ((-89.6, 217.6), (181.957, 359.319, 714.043, 536.681)),
        ((-64.0, 320.0), (112.471, 248.2355, 655.529, 519.7645)),
        ((25.6, 486.4), (-69.8348, 93.0826, 581.8348, 418.9174)),
    ),
    "ssd512_coco": (
        ((-6.24, 14.24), (493.5185, 500.7592, 522.4815, 515.2408)),
        ((-17.6, 33.6), (459.6595, 489.2198, 548.3405, 518.7802)),
        ((-50.56, 82.56), (380.7147, 457.5716, 611.2853, 534.4284)),
        ((-75.52, 139.52), (293.7699, 417.9233, 666.2301, 542.0767)),
        ((-84.48, 212.48), (190.8251, 362.275, 705.1749, 533.725)),
        ((-61.44, 317.44), (116.0914, 250.0457, 651.9086, 517.9543)),
        ((25.6, 486.4), (-69.8348, 93.0826, 581.8348, 418.9174)),
    ),
}

# The boxes of one cell as (height, width), by hand as above, in the same units: second layers, with
# min 60, max 111: √(60·111) = 81.6088, 60·√2 = 84.8528, 60/√2 = 42.4264, 60·√3 = 103.9230,
# 60/√3 = 34.6410; the tutorial's 200: √(200·375) = 273.8613, 200·√2 = 282.8427, 141.4214,
# 200·√3 = 346.4102, 200/√3 = 115.4701, and with .333: 200·√.333 = 115.4123, 200/√.333 = 346.5835.
CELLS = {
    ("ssd300_voc", "caffe"): [
        (60, 60),
        (81.6088, 81.6088),
        (42.4264, 84.8528),
        (84.8528, 42.4264),
        (34.6410, 103.9230),
        (103.9230, 34.6410),
    ],
    ("ssd300_voc", "tutorial"): [
        (60, 60),
        (81.6088, 81.6088),
        (42.4264, 84.8528),
        (34.6410, 103.9230),
        (84.8528, 42.4264),
        (103.9230, 34.6410),
    ],
    ("ssd300_linear", "tutorial"): [
        (200, 200),
        (273.8613, 273.8613),
        (141.4214, 282.8427),
        (115.4701, 346.4102),
        (282.8427, 141.4214),
        (346.5835, 115.4123),
    ],
    ("ssd300_linear", "caffe"): [
        (200, 200),
        (273.8613, 273.8613),
        (141.4214, 282.8427),
        (282.8427, 141.4214),
        (115.4701, 346.4102),
        (346.5835, 115.4123),
    ],
}


def _layers_boxes(spec):
    """The boxes of each layer, by the counts that a test has by hand."""
    ends = np.cumsum([layer.num_anchors for layer in spec.layers])[:-1]
    return np.split(spec.boxes_yxyx(), ends)


def _sizes_hw(boxes_yxyx):
    return boxes_yxyx[:, 2:] - boxes_yxyx[:, :2]


@pytest.mark.parametrize("order", CELL_ORDERS)
@pytest.mark.parametrize("name", COUNTS)
class TestPreset:
    def test_numbers_of_anchors(self, name, order):
        spec = preset(name, order)
        assert [layer.num_anchors for layer in spec.layers] == COUNTS[name]
        total = 8732 if name.startswith("ssd300") else 24564
        assert spec.num_anchors == total == sum(COUNTS[name])
        boxes_yxyx = spec.boxes_yxyx()
        assert boxes_yxyx.shape == (total, 4)
        assert boxes_yxyx.dtype == np.float32

    def test_first_and_last_box_of_each_layer(self, name, order):
        side, corners = SIDES[name], CORNERS[name]
        layers = np.split(preset(name, order).boxes_yxyx(), np.cumsum(COUNTS[name])[:-1])
        assert len(layers) == len(corners)
        for boxes_yxyx, ((low, high), last) in zip(layers, corners, strict=True):
            np.testing.assert_allclose(boxes_yxyx[0] * side, [low, low, high, high], atol=2e-4)
            np.testing.assert_allclose(boxes_yxyx[-1] * side, last, atol=2e-4)

    def test_is_normalized(self, name, order):
        assert preset(name, order).units == "normalized"


class TestPresetDetails:
    @pytest.mark.parametrize(("name", "order"), CELLS)
    def test_order_in_a_cell(self, name, order):
        layer = _layers_boxes(preset(name, order))[1]
        for cell in (layer[:6], layer[6:12], layer[-6:]):
            np.testing.assert_allclose(_sizes_hw(cell) * SIDES[name], CELLS[name, order], atol=2e-4)

    def test_orders_agree_where_the_only_ratio_is_2(self):
        caffe, tutorial = (_layers_boxes(preset("ssd512_coco", order)) for order in CELL_ORDERS)
        are_equal = [np.array_equal(a, b) for a, b in zip(caffe, tutorial, strict=True)]
        assert are_equal == [True, False, False, False, False, True, True]

    def test_default_order_is_the_source_s(self):
        assert preset("ssd300_linear") == preset("ssd300_linear", "tutorial")
        assert preset("ssd300_voc") == preset("ssd300_voc", "caffe")
        assert preset("ssd512_coco") == preset("ssd512_coco", "caffe")

    def test_the_second_square_of_the_last_layer(self):
        # √(264·315) = 288.3748; the tutorial's is the whole image; √(460.8·537.6) = 497.7209 and
        # √(460.8·542.72) = 500.0854.
        expected = {
            "ssd300_voc": 288.3748 / 300,
            "ssd300_linear": 1.0,
            "ssd512_voc": 497.7209 / 512,
            "ssd512_coco": 500.0854 / 512,
        }
        for name, side in expected.items():
            second = preset(name).boxes_yxyx()[-3:-2]
            np.testing.assert_allclose(_sizes_hw(second), [[side, side]], atol=1e-6)
            np.testing.assert_allclose(second[0, :2] + second[0, 2:], [1, 1], atol=1e-6)

    def test_centers(self):
        # VOC's steps only nearly divide 300 pixels: of 38 centers 8 px apart, the last lies on the
        # image's edge, at 4 + 37·8 = 300; of 3 centers 100 px apart, at 250.
        coarse = preset("ssd300_voc").layers[4].centers_yx() * 300
        assert coarse.shape == (3, 3, 2)
        np.testing.assert_allclose(coarse[0, :, 1], [50, 150, 250])
        np.testing.assert_allclose(coarse[:, 0, 0], [50, 150, 250])
        np.testing.assert_allclose(preset("ssd300_voc").layers[0].centers_yx()[-1, -1], [1, 1])
        # The tutorial's are (i + 0.5) / 38.
        fine = preset("ssd300_linear").layers[0].centers_yx()
        np.testing.assert_allclose(fine[-1, 0] * 76, [75, 1])

    def test_caffe_s_truncated_sizes(self):
        # 35.84 -> 35, 76.8 -> 76: first the square of 35, then that of √(35·76) = 51.5752, then
        # 35/√2 = 24.7487 by 35·√2 = 49.4975.
        cell = preset("ssd512_voc", truncate_sizes=True).boxes_yxyx()[:3]
        expected = [(35, 35), (51.5752, 51.5752), (24.7487, 49.4975)]
        np.testing.assert_allclose(_sizes_hw(cell) * 512, expected, atol=2e-4)
        for name in ("ssd300_voc", "ssd300_coco"):
            assert preset(name, truncate_sizes=True) == preset(name)
        with pytest.raises(ValueError, match="ssd300_linear has no sizes in pixels"):
            preset("ssd300_linear", truncate_sizes=True)

    def test_clamping_the_tutorial_s_sizes(self):
        # Wider or higher than the image: 0.9·√2 = 1.273 on the last map (2 boxes), and
        # 0.725·√2 = 1.025 on the one before (9 cells, 2 boxes).
        spec = preset("ssd300_linear")
        clamped = spec.with_sizes_clamped()
        before, after = spec.boxes_yxyx(), clamped.boxes_yxyx()
        is_changed = (before != after).any(axis=1)
        assert is_changed.sum() == 2 + 9 * 2
        # the 2:1 rectangle of the only cell: 0.6364 high, now 1 wide, still in the middle
        np.testing.assert_allclose(after[-2], [0.5 - 0.3182, 0, 0.5 + 0.3182, 1], atol=1e-4)
        assert clamped.with_sizes_clamped() == clamped

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("ssd320",), "unknown preset 'ssd320'; known: ssd300_coco, ssd300_linear, ssd300_voc"),
            (("ssd300_voc", "pytorch"), "unknown order 'pytorch'; known: caffe, tutorial$"),
            (("ssd300_voc", "listed"), "unknown order 'listed'; known: caffe, tutorial$"),
        ],
    )
    def test_unknown_names(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            preset(*arguments)

    def test_names(self):
        assert preset_names() == sorted(COUNTS)


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_a_setting_has_a_value_for_each_map(setting):
    per_map = (setting.steps, setting.min_sizes, setting.max_sizes, setting.ratios)
    assert {len(values) for values in per_map} == {len(setting.grids)}
    assert setting.default_order in CELL_ORDERS
    assert set().union(*setting.ratios) <= set(dict(setting.inverses))
