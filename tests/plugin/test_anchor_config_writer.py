"""Anchors to the API's config: the API makes the same boxes of it, in the same order."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.plugin.anchor_config import proto_to_spec
from odapi_ssd.plugin.anchor_config_writer import spec_to_proto
from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec, even_layer, preset, preset_names
from tests.support.api_anchors import (
    assert_same_boxes,
    boxes_of_config,
    built_generator,
    generated_boxes,
    grids_of,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

ORDERS = ["caffe", "tutorial"]


def _strides_and_offsets(proto):
    grids = proto.flexible_grid_anchor_generator.anchor_grid
    assert all(grid.height_stride == grid.width_stride for grid in grids)
    assert all(grid.height_offset == grid.width_offset for grid in grids)
    return [(grid.height_stride, grid.height_offset) for grid in grids]


def _side(name):
    return {"ssd300": 300, "ssd512": 512}[name[:6]]


@pytest.mark.parametrize("order", ORDERS)
class TestPresets:
    @pytest.mark.parametrize("name", preset_names())
    def test_proto_gives_the_same_anchors_through_the_api(self, name, order):
        spec, image_hw = preset(name, order), (_side(name), _side(name))
        proto = spec_to_proto(spec, image_hw)
        anchors = boxes_of_config(proto, grids_of(spec), image_hw)
        assert_same_boxes(anchors, spec.boxes_yxyx())
        np.testing.assert_allclose(anchors, spec.boxes_yxyx(), rtol=0, atol=1e-6)

    @pytest.mark.parametrize("name", preset_names())
    def test_there_and_back(self, name, order):
        spec, image_hw = preset(name, order), (_side(name), _side(name))
        back = proto_to_spec(spec_to_proto(spec, image_hw), grids_of(spec), image_hw)
        assert back.units == "normalized"
        assert_same_boxes(back.boxes_yxyx(), spec.boxes_yxyx())

    def test_linear_divides_evenly_where_a_cell_is_no_whole_pixels(self, order):
        spec = preset("ssd300_linear", order)
        # 300 / 38 = 7.89, 300 / 19 = 15.8; half of 300 / 5 and of 300 / 3 are 30 and 50
        assert _strides_and_offsets(spec_to_proto(spec, (300, 300))) == [
            (0, 0), (0, 0), (30, 15), (60, 30), (100, 50), (300, 150)
        ]  # fmt: skip
        # the least side that 2·38, 2·19, 2·10, 2·5, 2·3 and 2 divide
        assert _strides_and_offsets(spec_to_proto(spec, (1140, 1140))) == [
            (30, 15), (60, 30), (114, 57), (228, 114), (380, 190), (1140, 570)
        ]  # fmt: skip

    def test_clamped_sizes_have_a_proto(self, order):
        spec = preset("ssd300_linear", order).with_sizes_clamped()
        proto = spec_to_proto(spec, (300, 300))
        anchors = boxes_of_config(proto, grids_of(spec), (300, 300))
        assert_same_boxes(anchors, spec.boxes_yxyx())

    def test_an_image_of_one_pixel(self, order):
        spec = preset("ssd300_voc", order)
        with pytest.raises(ValueError, match="at least 2x2 pixels"):
            spec_to_proto(spec, (1, 1))


_grid = st.tuples(st.integers(1, 7), st.integers(1, 7))
_image = st.tuples(st.integers(33, 300), st.integers(33, 300))
_stride = st.integers(1, 64)


@st.composite
def _layers_in_pixels(draw):
    """A specification in whole pixels: steps, offsets; sizes of any length."""
    layers = [
        AnchorLayer(grid_hw, step_yx, offset_yx, tuple(sizes_hw))
        for grid_hw, step_yx, offset_yx, sizes_hw in draw(
            st.lists(
                st.tuples(
                    _grid,
                    st.tuples(_stride, _stride),
                    st.tuples(st.integers(0, 40), st.integers(0, 40)),
                    st.lists(
                        st.tuples(st.floats(3, 300), st.floats(3, 300)), min_size=1, max_size=4
                    ),
                ),
                min_size=1,
                max_size=3,
            )
        )
    ]
    return AnchorSpec(tuple(layers), units="pixels")


@settings(max_examples=25, deadline=None)
@given(_layers_in_pixels(), _image, st.booleans())
def test_any_whole_pixels(spec, image_hw, is_normalized):
    if is_normalized:
        spec = spec.normalized(image_hw)
    proto = spec_to_proto(spec, image_hw)
    unit = 1 if is_normalized else max(image_hw)
    anchors = boxes_of_config(proto, grids_of(spec), image_hw)
    assert_same_boxes(spec.boxes_yxyx(), anchors, unit)
    back = proto_to_spec(proto, grids_of(spec), image_hw)
    assert back.units == spec.units
    assert_same_boxes(back.boxes_yxyx(), anchors, unit)


class TestByHand:
    def test_what_the_proto_of_ssd300_holds(self):
        proto = spec_to_proto(preset("ssd300_voc"), (300, 300))
        grids = proto.flexible_grid_anchor_generator.anchor_grid
        assert [grid.height_stride for grid in grids] == [8, 16, 32, 64, 100, 300]
        assert [grid.width_offset for grid in grids] == [4, 8, 16, 32, 50, 150]
        np.testing.assert_allclose(grids[0].base_sizes, [30, 42.42641, 30, 30], rtol=1e-6)
        np.testing.assert_allclose(grids[0].aspect_ratios, [1, 1, 2, 0.5], rtol=1e-6)

    def test_the_step_of_a_single_cell_does_not_matter(self):
        layer = AnchorLayer((1, 1), (0.333, 0.333), (0.5, 0.5), ((0.5, 0.5),))
        spec = AnchorSpec((layer,))
        anchors = generated_boxes(
            built_generator(spec_to_proto(spec, (10, 20))), [(1, 1)], (10, 20)
        )
        np.testing.assert_allclose(anchors, [[0.25, 0.25, 0.75, 0.75]], atol=1e-6)

    def test_levels_of_a_pyramid_have_a_proto_of_layers(self):
        config = load_config(find_template("efficientdet_d0_voc"))
        grids_hw = [(64, 64), (32, 32), (16, 16), (8, 8), (4, 4)]
        proto = config.model.ssd.anchor_generator
        spec = proto_to_spec(proto, grids_hw, (512, 512))
        again = spec_to_proto(spec, (512, 512))
        steps = [grid.height_stride for grid in again.flexible_grid_anchor_generator.anchor_grid]
        assert steps == [8, 16, 32, 64, 128]
        assert_same_boxes(boxes_of_config(again, grids_hw, (512, 512)), spec.boxes_yxyx())

    def test_all_centers_on_the_edge_cannot_be_written(self):
        layer = AnchorLayer((2, 2), (0, 5), (0, 2), ((1, 1),))
        with pytest.raises(ValueError, match="has the step 0 px"):
            spec_to_proto(AnchorSpec((layer,), units="pixels"), (10, 10))

    def test_a_single_cell_at_the_edge_can(self):
        layer = AnchorLayer((1, 1), (0, 0), (0, 0), ((1, 1),))
        proto = spec_to_proto(AnchorSpec((layer,), units="pixels"), (10, 10))
        boxes = boxes_of_config(proto, [(1, 1)], (10, 10))
        np.testing.assert_allclose(boxes, [[-0.5, -0.5, 0.5, 0.5]])

    @pytest.mark.parametrize(
        ("layer", "message"),
        [
            (AnchorLayer((2, 2), (5, 5.5), (2, 2), ((1, 1),)), "the step 5.5 px"),
            (AnchorLayer((2, 2), (5, 5), (1.5, 2), ((1, 1),)), "the offset 1.5 px"),
            (AnchorLayer((2, 2), (5, 5), (-2, 2), ((1, 1),)), "the offset -2 px"),
        ],
    )
    def test_fractions_of_a_pixel(self, layer, message):
        good = even_layer((2, 2), ((0.5, 0.5),)).scaled((10, 10))
        spec = AnchorSpec((replace(good, offset_yx=(2, 2)), layer), units="pixels")
        with pytest.raises(ValueError, match=rf"layer 1 \(2x2\) has {message}"):
            spec_to_proto(spec, (10, 10))
