"""Anchors of the API's configs: exactly the boxes that the API's own generators give."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template, template_names
from odapi_ssd.plugin.anchor_config import proto_to_spec, step_and_offset
from odapi_ssd.plugin.feature_maps import feature_grids, input_size
from tests.support.api_anchors import (
    assert_same_boxes,
    boxes_of_config,
    built_generator,
    grids_of,
    parse_anchors,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_few = settings(max_examples=25, deadline=None)


class TestTemplates:
    @pytest.mark.parametrize("name", [name for name in template_names() if "rcnn" not in name])
    def test_same_anchors_as_the_api(self, name):
        config = load_config(find_template(name))
        image_hw = input_size(config.model.ssd.image_resizer)
        grids_hw = feature_grids(config.model.ssd.feature_extractor, image_hw)
        proto = config.model.ssd.anchor_generator
        spec = proto_to_spec(proto, grids_hw, image_hw)
        assert grids_of(spec) == grids_hw
        anchors = boxes_of_config(proto, grids_hw, image_hw)
        assert_same_boxes(spec.boxes_yxyx(), anchors)


_grid = st.tuples(st.integers(1, 7), st.integers(1, 7))
_image = st.tuples(st.integers(33, 300), st.integers(33, 300))
_ratio = st.floats(0.2, 5.0)
_scale = st.floats(0.05, 1.0)
_stride = st.integers(1, 64)


@st.composite
def _ssd_cases(draw):
    """Fields of an ssd_anchor_generator, grids and an image."""
    num_layers = draw(st.integers(2, 4))
    fields = {
        "num_layers": num_layers,
        "aspect_ratios": draw(st.lists(_ratio, min_size=1, max_size=4)),
        "reduce_boxes_in_lowest_layer": draw(st.booleans()),
        "interpolated_scale_aspect_ratio": draw(st.sampled_from([0.0, 1.0, 2.0])),
        "base_anchor_height": draw(st.sampled_from([0.5, 1.0, 1.3])),
        "base_anchor_width": draw(st.sampled_from([0.7, 1.0, 2.0])),
    }
    if draw(st.booleans()):
        # more than layers too: the next one counts for the interpolated box
        more = draw(st.integers(0, 2))
        sizes = {"min_size": num_layers + more, "max_size": num_layers + more}
        fields["scales"] = draw(st.lists(_scale, **sizes))
    else:
        fields["min_scale"], fields["max_scale"] = draw(st.tuples(_scale, _scale))
    pairs = {"min_size": num_layers, "max_size": num_layers}
    for name in ("stride", "offset"):
        if draw(st.booleans()):
            fields[f"height_{name}"] = draw(st.lists(_stride, **pairs))
            fields[f"width_{name}"] = draw(st.lists(_stride, **pairs))
    grids_hw = draw(st.lists(_grid, **pairs))
    return fields, grids_hw, draw(_image)


class TestAnyConfig:
    @_few
    @given(_ssd_cases())
    def test_ssd_anchor_generator(self, case):
        fields, grids_hw, image_hw = case
        proto = parse_anchors("")
        for name, value in fields.items():
            if isinstance(value, list):
                getattr(proto.ssd_anchor_generator, name).extend(value)
            else:
                setattr(proto.ssd_anchor_generator, name, value)
        spec = proto_to_spec(proto, grids_hw, image_hw)
        anchors = boxes_of_config(proto, grids_hw, image_hw)
        assert_same_boxes(spec.boxes_yxyx(), anchors)
        assert built_generator(proto).num_anchors_per_location() == [
            len(layer.box_sizes_hw) for layer in spec.layers
        ]

    @_few
    @given(
        st.tuples(st.integers(2, 5), st.integers(1, 3)),
        st.floats(1.0, 6.0),
        st.lists(_ratio, min_size=1, max_size=3),
        st.integers(1, 3),
        st.booleans(),
        st.one_of(_image, st.sampled_from([(64, 96), (128, 64), (128, 256)])),
        st.data(),
    )
    def test_multiscale_anchor_generator(
        self, levels, anchor_scale, ratios, per_octave, is_normalized, image_hw, data
    ):
        lowest, count = levels
        grids_hw = data.draw(st.lists(_grid, min_size=count, max_size=count))
        proto = parse_anchors("")
        message = proto.multiscale_anchor_generator
        message.min_level, message.max_level = lowest, lowest + count - 1
        message.anchor_scale, message.scales_per_octave = anchor_scale, per_octave
        message.aspect_ratios.extend(ratios)
        message.normalize_coordinates = is_normalized
        spec = proto_to_spec(proto, grids_hw, image_hw)
        assert spec.units == ("normalized" if is_normalized else "pixels")
        anchors = boxes_of_config(proto, grids_hw, image_hw)
        assert_same_boxes(spec.boxes_yxyx(), anchors, 1 if is_normalized else max(image_hw))

    @_few
    @given(
        st.lists(_scale, min_size=1, max_size=3),
        st.lists(_ratio, min_size=1, max_size=3),
        st.lists(st.integers(0, 300), min_size=6, max_size=6),
        _grid,
    )
    def test_grid_anchor_generator(self, scales, ratios, lengths, grid_hw):
        assume(min(lengths[:2]) > 0)
        proto = parse_anchors("")
        message = proto.grid_anchor_generator
        message.scales.extend(scales)
        message.aspect_ratios.extend(ratios)
        message.height, message.width = lengths[:2]
        message.height_stride, message.width_stride = lengths[2:4]
        message.height_offset, message.width_offset = lengths[4:]
        spec = proto_to_spec(proto, [grid_hw], (300, 300))
        assert spec.units == "pixels"
        (anchors,) = built_generator(proto).generate([grid_hw])
        assert_same_boxes(spec.boxes_yxyx(), anchors.get().numpy(), 300)


class TestByHand:
    def test_ssd_anchors_of_a_wide_image(self):
        # 100 high, 200 wide: a base of 1 is the shorter side, so a scale of 0.4 is 40 px, that is
        # 0.4 of the height and 0.2 of the width; the box between the scales has √(0.4·0.9) = 0.6.
        # The last layer's next scale is 1: √(0.9·1) = 0.94868, 0.47434 of the width.
        proto = parse_anchors("""ssd_anchor_generator {
            num_layers: 2 scales: 0.4 scales: 0.9 aspect_ratios: 4.0
            reduce_boxes_in_lowest_layer: false }""")
        spec = proto_to_spec(proto, [(1, 2), (1, 1)], (100, 200))
        expected = [
            # ratio 4: half as high, twice as wide as the square
            [0.5 - 0.1, 0.25 - 0.2, 0.5 + 0.1, 0.25 + 0.2],
            [0.5 - 0.3, 0.25 - 0.15, 0.5 + 0.3, 0.25 + 0.15],
            [0.5 - 0.1, 0.75 - 0.2, 0.5 + 0.1, 0.75 + 0.2],
            [0.5 - 0.3, 0.75 - 0.15, 0.5 + 0.3, 0.75 + 0.15],
            [0.5 - 0.225, 0.5 - 0.45, 0.5 + 0.225, 0.5 + 0.45],
            [0.5 - 0.47434, 0.5 - 0.23717, 0.5 + 0.47434, 0.5 + 0.23717],
        ]
        np.testing.assert_allclose(spec.boxes_yxyx(), expected, atol=1e-5)

    def test_multiscale_centers_lie_on_the_edge_where_strides_do_not_divide_the_image(self):
        # stride 2³ = 8 divides 64, not 60
        proto = parse_anchors("""multiscale_anchor_generator {
            min_level: 3 max_level: 3 anchor_scale: 1 aspect_ratios: 1 scales_per_octave: 1 }""")
        spec = proto_to_spec(proto, [(8, 8)], (64, 60))
        np.testing.assert_allclose(spec.layers[0].centers_yx()[0, 0], [4 / 64, 0])

    def test_one_aspect_ratio_for_all_sizes(self):
        proto = parse_anchors("""flexible_grid_anchor_generator { anchor_grid {
            base_sizes: [10, 20, 30] aspect_ratios: 1
            height_stride: 16 width_stride: 16 height_offset: 8 width_offset: 8 } }""")
        spec = proto_to_spec(proto, [(2, 3)], (32, 48))
        assert_same_boxes(spec.boxes_yxyx(), boxes_of_config(proto, [(2, 3)], (32, 48)))

    def test_fewer_scales_than_layers_make_fewer_layers(self):
        proto = parse_anchors(
            "ssd_anchor_generator { num_layers: 6 scales: [0.2, 0.5] aspect_ratios: 1 }"
        )
        spec = proto_to_spec(proto, [(4, 4), (2, 2)], (64, 64))
        assert_same_boxes(spec.boxes_yxyx(), boxes_of_config(proto, [(4, 4), (2, 2)], (64, 64)))


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "the anchor_generator is empty"),
            (
                "ssd_anchor_generator { num_layers: 3 aspect_ratios: 1 }",
                "ssd_anchor_generator: makes anchors for 3 feature maps, but 2 given",
            ),
            ("ssd_anchor_generator { num_layers: 1 }", "num_layers is 1; without scales, at least"),
            (
                "ssd_anchor_generator { num_layers: 2 aspect_ratios: -1 }",
                "ssd_anchor_generator: an aspect ratio must be above 0, not -1.0",
            ),
            (
                "ssd_anchor_generator { num_layers: 2 interpolated_scale_aspect_ratio: 0 }",
                "ssd_anchor_generator: box_sizes_hw is empty",
            ),
            (
                "ssd_anchor_generator { num_layers: 2 scales: [-0.5, 1.0] }",
                "ssd_anchor_generator: scales must be above 0, not -0.5",
            ),
            (
                "ssd_anchor_generator { num_layers: 2 height_stride: 8 width_stride: 8 }",
                "height_stride and width_stride give 1 pair for 2 layers",
            ),
            ("multiscale_anchor_generator {}", "makes anchors for 5 feature maps, but 2 given"),
            (
                "flexible_grid_anchor_generator { anchor_grid { base_sizes: [8, 9, 10] "
                "aspect_ratios: [1, 2] } anchor_grid {} }",
                r"anchor_grid\[0\] has 3 base_sizes, but 2 aspect_ratios",
            ),
            ("grid_anchor_generator {}", "makes anchors for 1 feature map, but 2 given"),
        ],
    )
    def test_configs(self, text, message):
        with pytest.raises(ValueError, match=message):
            proto_to_spec(parse_anchors(text), [(4, 4), (2, 2)], (64, 64))

    def test_a_side_of_one_pixel_is_no_image_to_the_api(self):
        proto = parse_anchors("multiscale_anchor_generator { max_level: 3 aspect_ratios: 1 }")
        with pytest.raises(ValueError, match="normalize_coordinates needs an image"):
            proto_to_spec(proto, [(4, 4)], (1, 64))


def test_step_and_offset():
    assert step_and_offset(8, 4, 300, 38) == (8, 4)
    assert step_and_offset(8, 0, 300, 38) == (8, 0)
    assert step_and_offset(0, 3, 300, 1) == (0, 3)
    assert step_and_offset(0, 0, 300, 8) == (37.5, 18.75)
