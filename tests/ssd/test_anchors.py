"""Anchor specifications by hand, and what holds for any of them. No TensorFlow."""

import math
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec, box_sizes, even_layer, preset


def _layers_boxes(spec):
    """The boxes of each layer, by the counts that a test has by hand."""
    ends = np.cumsum([layer.num_anchors for layer in spec.layers])[:-1]
    return np.split(spec.boxes_yxyx(), ends)


def _sizes_hw(boxes_yxyx):
    return boxes_yxyx[:, 2:] - boxes_yxyx[:, :2]


class TestSpec:
    def test_rows_columns_and_boxes_of_a_non_square_layer(self):
        # 2 rows at y 0.25 and 0.75; 3 columns at x 0.2, 0.5 and 0.8; two boxes, 0.1 high and 0.2
        # wide, then 0.3 high and 0.1 wide.
        layer = AnchorLayer((2, 3), (0.5, 0.3), (0.25, 0.2), ((0.1, 0.2), (0.3, 0.1)))
        spec = AnchorSpec((layer,))
        expected = [
            [0.20, 0.10, 0.30, 0.30],
            [0.10, 0.15, 0.40, 0.25],
            [0.20, 0.40, 0.30, 0.60],
            [0.10, 0.45, 0.40, 0.55],
            [0.20, 0.70, 0.30, 0.90],
            [0.10, 0.75, 0.40, 0.85],
            [0.70, 0.10, 0.80, 0.30],
            [0.60, 0.15, 0.90, 0.25],
            [0.70, 0.40, 0.80, 0.60],
            [0.60, 0.45, 0.90, 0.55],
            [0.70, 0.70, 0.80, 0.90],
            [0.60, 0.75, 0.90, 0.85],
        ]
        np.testing.assert_allclose(spec.boxes_yxyx(), expected, atol=1e-7)
        assert spec.num_anchors == 12

    def test_layers_follow_one_another(self):
        fine, coarse = even_layer((1, 2), ((0.5, 0.5),)), even_layer((1, 1), ((1.0, 1.0),))
        expected = [[0.25, 0, 0.75, 0.5], [0.25, 0.5, 0.75, 1], [0, 0, 1, 1]]
        np.testing.assert_array_equal(AnchorSpec((fine, coarse)).boxes_yxyx(), expected)
        np.testing.assert_array_equal(
            AnchorSpec((coarse, fine)).boxes_yxyx(), [expected[2], *expected[:2]]
        )

    def test_pixels_to_shares_of_a_non_square_image(self):
        layer = AnchorLayer((1, 2), (10, 20), (5, 10), ((4, 8),))
        spec = AnchorSpec((layer,), units="pixels")
        np.testing.assert_array_equal(spec.boxes_yxyx(), [[3, 6, 7, 14], [3, 26, 7, 34]])
        shares = spec.normalized((10, 40))
        expected = [[0.3, 0.15, 0.7, 0.35], [0.3, 0.65, 0.7, 0.85]]
        np.testing.assert_allclose(shares.boxes_yxyx(), expected, atol=1e-7)
        assert shares.units == "normalized"
        assert shares.normalized((1, 1)) is shares

    def test_box_sizes(self):
        # a ratio of 4: half as high and twice as wide as the square
        assert box_sizes([(0.3, 1.0), (0.2, 4.0)]) == ((0.3, 0.3), (0.1, 0.4))
        assert box_sizes([(0.5, 4.0)], base_hw=(2.0, 0.5)) == ((0.5, 0.5),)
        assert box_sizes([]) == ()

    def test_is_a_value(self):
        spec = preset("ssd300_voc")
        assert {spec: 1}[preset("ssd300_voc")] == 1
        with pytest.raises(FrozenInstanceError):
            spec.units = "pixels"


class TestErrors:
    LAYER = even_layer((2, 2), ((0.5, 0.5),))

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("grid_hw", (0, 3), r"grid_hw must be .*at least 1, not \(0, 3\)"),
            ("grid_hw", (2.5, 3), "grid_hw must be two whole numbers"),
            ("grid_hw", (2, 3, 4), "grid_hw must be two finite numbers"),
            ("step_yx", (-1.0, 1.0), r"step_yx must not be negative, as in \(-1.0, 1.0\)"),
            ("step_yx", (math.inf, 1.0), "step_yx must be two finite numbers"),
            ("offset_yx", (math.nan, 1.0), "offset_yx must be two finite numbers"),
            ("offset_yx", (0.5,), "offset_yx must be two finite numbers"),
            ("box_sizes_hw", (), "box_sizes_hw is empty"),
            ("box_sizes_hw", ((1.0, 1.0), (0.0, 1.0)), r"box_sizes_hw\[1\] must be above 0"),
            ("box_sizes_hw", ((1.0, math.nan),), r"box_sizes_hw\[0\] must be two finite"),
        ],
    )
    def test_layer(self, field, value, message):
        with pytest.raises(ValueError, match=message):
            replace(self.LAYER, **{field: value})

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"layers": ()}, "layers is empty"),
            ({"units": "cm"}, "unknown units 'cm'; known: normalized, pixels"),
        ],
    )
    def test_spec(self, fields, message):
        with pytest.raises(ValueError, match=message):
            AnchorSpec(**{"layers": (self.LAYER,), **fields})

    def test_clamping_in_pixels(self):
        with pytest.raises(ValueError, match="clamping sizes needs normalized units"):
            AnchorSpec((self.LAYER,), units="pixels").with_sizes_clamped()

    @pytest.mark.parametrize("ratio", [0.0, -1.0, math.nan])
    def test_ratio(self, ratio):
        with pytest.raises(ValueError, match="an aspect ratio must be above 0"):
            box_sizes([(1.0, ratio)])


_shares = st.floats(0.01, 2.0)
_sizes = st.lists(st.tuples(_shares, _shares), min_size=1, max_size=4).map(tuple)
_grids = st.tuples(st.integers(1, 6), st.integers(1, 6))
_even_specs = st.builds(
    lambda layers: AnchorSpec(tuple(layers)),
    st.lists(st.builds(even_layer, _grids, _sizes), min_size=1, max_size=3),
)


class TestAnySpec:
    @settings(max_examples=60, deadline=None)
    @given(_even_specs)
    def test_number_is_cells_times_boxes(self, spec):
        expected = sum(
            layer.grid_hw[0] * layer.grid_hw[1] * len(layer.box_sizes_hw) for layer in spec.layers
        )
        assert spec.num_anchors == len(spec.boxes_yxyx()) == expected

    @settings(max_examples=60, deadline=None)
    @given(_even_specs)
    def test_sizes_are_as_given_and_centers_in_the_image(self, spec):
        for layer, boxes_yxyx in zip(spec.layers, _layers_boxes(spec), strict=True):
            num_cells = layer.grid_hw[0] * layer.grid_hw[1]
            np.testing.assert_allclose(
                _sizes_hw(boxes_yxyx), np.tile(layer.box_sizes_hw, (num_cells, 1)), atol=1e-6
            )
            centers_yx = (boxes_yxyx[:, :2] + boxes_yxyx[:, 2:]) / 2
            assert (centers_yx > 0).all()
            assert (centers_yx < 1).all()
            by_cell = layer.centers_yx().reshape(-1, 1, 2).repeat(len(layer.box_sizes_hw), axis=1)
            np.testing.assert_allclose(centers_yx, by_cell.reshape(-1, 2), atol=1e-6)

    @settings(max_examples=60, deadline=None)
    @given(_even_specs, st.tuples(st.integers(2, 999), st.integers(2, 999)))
    def test_pixels_and_back(self, spec, image_hw):
        in_pixels = replace(
            spec, layers=tuple(layer.scaled(image_hw) for layer in spec.layers), units="pixels"
        )
        np.testing.assert_allclose(
            in_pixels.boxes_yxyx(), spec.boxes_yxyx() * np.tile(image_hw, 2), rtol=1e-5, atol=1e-3
        )
        back = in_pixels.normalized(image_hw).boxes_yxyx()
        np.testing.assert_allclose(back, spec.boxes_yxyx(), atol=1e-6)
