"""Anchors from and to the API's config: the very boxes that the API's own generators give."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template, template_names
from odapi_ssd.plugin.anchor_config import proto_to_spec, spec_to_generator, spec_to_proto
from odapi_ssd.plugin.feature_maps import feature_grids, input_size
from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec, even_layer, preset, preset_names

pytestmark = pytest.mark.tf

ORDERS = ["caffe", "tutorial"]

_few = settings(max_examples=25, deadline=None)


@pytest.fixture(scope="module", autouse=True)
def registered():
    import odapi_ssd

    odapi_ssd.register()


def _parse(text):
    from google.protobuf import text_format
    from object_detection.protos import anchor_generator_pb2

    return text_format.Parse(text, anchor_generator_pb2.AnchorGenerator())


def _new_proto():
    from object_detection.protos import anchor_generator_pb2

    return anchor_generator_pb2.AnchorGenerator()


def _boxes_of(generator, grids_hw, image_hw):
    height, width = image_hw
    per_layer = generator.generate(list(grids_hw), im_height=height, im_width=width)
    return np.concatenate([boxes.get().numpy() for boxes in per_layer])


def _built(proto):
    """The generator of a model that was built with this project registered."""
    from object_detection.builders import anchor_generator_builder

    from odapi_ssd.plugin.even_grids import with_even_grids

    return with_even_grids(anchor_generator_builder.build(proto))


def _grids(spec):
    return [layer.grid_hw for layer in spec.layers]


def _strides_and_offsets(proto):
    grids = proto.flexible_grid_anchor_generator.anchor_grid
    assert all(grid.height_stride == grid.width_stride for grid in grids)
    assert all(grid.height_offset == grid.width_offset for grid in grids)
    return [(grid.height_stride, grid.height_offset) for grid in grids]


def _side(name):
    return {"ssd300": 300, "ssd512": 512}[name[:6]]


def _assert_same(actual, expected, unit=1.0):
    """To a millionth of the unit: 1, or for pixels the longer side of the image."""
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype == np.float32
    # float32 has not a millionth for what lies far beyond the image's edge
    np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-6 * unit)


@pytest.mark.parametrize("order", ORDERS)
class TestPresets:
    @pytest.mark.parametrize("name", preset_names())
    def test_proto_gives_the_same_anchors_through_the_api(self, name, order):
        spec, image_hw = preset(name, order), (_side(name), _side(name))
        proto = spec_to_proto(spec, image_hw)
        anchors = _boxes_of(_built(proto), _grids(spec), image_hw)
        _assert_same(anchors, spec.boxes_yxyx())
        np.testing.assert_allclose(anchors, spec.boxes_yxyx(), rtol=0, atol=1e-6)

    @pytest.mark.parametrize("name", preset_names())
    def test_there_and_back(self, name, order):
        spec, image_hw = preset(name, order), (_side(name), _side(name))
        back = proto_to_spec(spec_to_proto(spec, image_hw), _grids(spec), image_hw)
        assert (back.order, back.units, back.clip) == ("listed", "normalized", False)
        _assert_same(back.boxes_yxyx(), spec.boxes_yxyx())

    @pytest.mark.parametrize("name", preset_names())
    def test_the_generator_itself_takes_every_preset(self, name, order):
        spec, image_hw = preset(name, order), (_side(name), _side(name))
        generator = spec_to_generator(spec, image_hw)
        assert generator.num_anchors_per_location() == [
            len(layer.box_sizes_hw) for layer in spec.layers
        ]
        _assert_same(_boxes_of(generator, _grids(spec), image_hw), spec.boxes_yxyx())

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
        anchors = _boxes_of(_built(proto), _grids(spec), (300, 300))
        _assert_same(anchors, spec.boxes_yxyx())

    def test_without_what_no_proto_can_hold(self, order):
        spec = preset("ssd300_voc", order)
        with pytest.raises(ValueError, match="no anchor generator of the API clips"):
            spec_to_proto(replace(spec, clip=True), (300, 300))
        with pytest.raises(ValueError, match="at least 2x2 pixels"):
            spec_to_proto(spec, (1, 1))


class TestTemplates:
    @pytest.mark.parametrize("name", [name for name in template_names() if "rcnn" not in name])
    def test_same_anchors_as_the_api(self, name):
        config = load_config(find_template(name))
        image_hw = input_size(config.model.ssd.image_resizer)
        grids_hw = feature_grids(config.model.ssd.feature_extractor, image_hw)
        proto = config.model.ssd.anchor_generator
        spec = proto_to_spec(proto, grids_hw, image_hw)
        assert _grids(spec) == grids_hw
        anchors = _boxes_of(_built(proto), grids_hw, image_hw)
        _assert_same(spec.boxes_yxyx(), anchors)
        _assert_same(_boxes_of(spec_to_generator(spec, image_hw), grids_hw, image_hw), anchors)

    def test_levels_of_a_pyramid_have_a_proto_of_layers(self):
        config = load_config(find_template("efficientdet_d0_voc"))
        grids_hw = [(64, 64), (32, 32), (16, 16), (8, 8), (4, 4)]
        proto = config.model.ssd.anchor_generator
        spec = proto_to_spec(proto, grids_hw, (512, 512))
        again = spec_to_proto(spec, (512, 512))
        steps = [grid.height_stride for grid in again.flexible_grid_anchor_generator.anchor_grid]
        assert steps == [8, 16, 32, 64, 128]
        _assert_same(_boxes_of(_built(again), grids_hw, (512, 512)), spec.boxes_yxyx())


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


class TestAnyConfig:
    @_few
    @given(_ssd_cases())
    def test_ssd_anchor_generator(self, case):
        fields, grids_hw, image_hw = case
        proto = _new_proto()
        for name, value in fields.items():
            if isinstance(value, list):
                getattr(proto.ssd_anchor_generator, name).extend(value)
            else:
                setattr(proto.ssd_anchor_generator, name, value)
        spec = proto_to_spec(proto, grids_hw, image_hw)
        anchors = _boxes_of(_built(proto), grids_hw, image_hw)
        _assert_same(spec.boxes_yxyx(), anchors)
        assert _built(proto).num_anchors_per_location() == [
            len(layer.box_sizes_hw) for layer in spec.layers
        ]
        # what the old proto cannot, the generator of the new form can
        _assert_same(_boxes_of(spec_to_generator(spec, image_hw), grids_hw, image_hw), anchors)

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
        proto = _new_proto()
        message = proto.multiscale_anchor_generator
        message.min_level, message.max_level = lowest, lowest + count - 1
        message.anchor_scale, message.scales_per_octave = anchor_scale, per_octave
        message.aspect_ratios.extend(ratios)
        message.normalize_coordinates = is_normalized
        spec = proto_to_spec(proto, grids_hw, image_hw)
        assert spec.units == ("normalized" if is_normalized else "pixels")
        anchors = _boxes_of(_built(proto), grids_hw, image_hw)
        _assert_same(spec.boxes_yxyx(), anchors, 1 if is_normalized else max(image_hw))

    @_few
    @given(_layers_in_pixels(), _image, st.booleans())
    def test_flexible_grid_anchor_generator(self, spec, image_hw, is_normalized):
        if is_normalized:
            spec = spec.normalized(image_hw)
        proto = spec_to_proto(spec, image_hw)
        unit = 1 if is_normalized else max(image_hw)
        anchors = _boxes_of(_built(proto), _grids(spec), image_hw)
        _assert_same(spec.boxes_yxyx(), anchors, unit)
        back = proto_to_spec(proto, _grids(spec), image_hw)
        assert back.units == spec.units
        _assert_same(back.boxes_yxyx(), anchors, unit)

    @_few
    @given(
        st.lists(_scale, min_size=1, max_size=3),
        st.lists(_ratio, min_size=1, max_size=3),
        st.lists(st.integers(0, 300), min_size=6, max_size=6),
        _grid,
    )
    def test_grid_anchor_generator(self, scales, ratios, lengths, grid_hw):
        assume(min(lengths[:2]) > 0)
        proto = _new_proto()
        message = proto.grid_anchor_generator
        message.scales.extend(scales)
        message.aspect_ratios.extend(ratios)
        message.height, message.width = lengths[:2]
        message.height_stride, message.width_stride = lengths[2:4]
        message.height_offset, message.width_offset = lengths[4:]
        spec = proto_to_spec(proto, [grid_hw], (300, 300))
        assert spec.units == "pixels"
        (anchors,) = _built(proto).generate([grid_hw])
        _assert_same(spec.boxes_yxyx(), anchors.get().numpy(), 300)


class TestEvenGrids:
    """A stride of 0 with an offset of 0: cells that divide the image evenly."""

    ROWS_EVEN = """flexible_grid_anchor_generator { anchor_grid {
        base_sizes: 4 aspect_ratios: 1 width_stride: 8 width_offset: 3 } %s }"""

    def test_by_hand_on_a_wide_image(self):
        # 10 px in 3 rows: steps of 3.33, centers at 1.67, 5, 8.33; columns as written, 3 and 11
        proto = _parse(self.ROWS_EVEN % "normalize_coordinates: false")
        expected = [[y - 2, x - 2, y + 2, x + 2] for y in (5 / 3, 5, 25 / 3) for x in (3, 11)]
        boxes = _boxes_of(_built(proto), [(3, 2)], (10, 20))
        np.testing.assert_allclose(boxes, expected, rtol=1e-6)
        spec = proto_to_spec(proto, [(3, 2)], (10, 20))
        np.testing.assert_allclose(spec.boxes_yxyx(), expected, rtol=1e-6)

    def test_normalized(self):
        proto = _parse(self.ROWS_EVEN % "")
        spec = proto_to_spec(proto, [(3, 2)], (10, 20))
        np.testing.assert_allclose(spec.layers[0].centers_yx()[:, 0, 0], [1 / 6, 1 / 2, 5 / 6])
        _assert_same(_boxes_of(_built(proto), [(3, 2)], (10, 20)), spec.boxes_yxyx())

    def test_needs_an_image(self):
        with pytest.raises(ValueError, match="need the image's size"):
            _built(_parse(self.ROWS_EVEN % "")).generate([(3, 2)])

    def test_other_generators_stay(self):
        from object_detection.builders import anchor_generator_builder

        from odapi_ssd.plugin.even_grids import with_even_grids

        # one cell: a stride of 0 has a meaning of its own, by its offset
        for text in (
            "ssd_anchor_generator { num_layers: 2 }",
            "flexible_grid_anchor_generator { anchor_grid { base_sizes: 4 aspect_ratios: 1 "
            "height_offset: 2 width_offset: 2 } }",
        ):
            generator = anchor_generator_builder.build(_parse(text))
            assert with_even_grids(generator) is generator

    def test_a_built_model_has_them(self):
        from object_detection.builders import model_builder

        config = load_config(find_template("ssd_vgg_voc"))
        spec = preset("ssd300_linear").with_sizes_clamped()
        config.model.ssd.anchor_generator.CopyFrom(spec_to_proto(spec, (300, 300)))
        generator = model_builder.build(config.model, is_training=False)._anchor_generator
        _assert_same(_boxes_of(generator, _grids(spec), (300, 300)), spec.boxes_yxyx())

    def test_all_centers_on_the_edge_cannot_be_written(self):
        layer = AnchorLayer((2, 2), (0, 5), (0, 2), ((1, 1),))
        with pytest.raises(ValueError, match="has the step 0 px"):
            spec_to_proto(AnchorSpec((layer,), units="pixels"), (10, 10))

    def test_a_single_cell_at_the_edge_can(self):
        layer = AnchorLayer((1, 1), (0, 0), (0, 0), ((1, 1),))
        proto = spec_to_proto(AnchorSpec((layer,), units="pixels"), (10, 10))
        boxes = _boxes_of(_built(proto), [(1, 1)], (10, 10))
        np.testing.assert_allclose(boxes, [[-0.5, -0.5, 0.5, 0.5]])


class TestByHand:
    def test_ssd_anchors_of_a_wide_image(self):
        # 100 high, 200 wide: a base of 1 is the shorter side, so a scale of 0.4 is 40 px, that is
        # 0.4 of the height and 0.2 of the width; the box between the scales has √(0.4·0.9) = 0.6.
        # The last layer's next scale is 1: √(0.9·1) = 0.94868, 0.47434 of the width.
        proto = _parse("""ssd_anchor_generator {
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
        proto = _parse("""multiscale_anchor_generator {
            min_level: 3 max_level: 3 anchor_scale: 1 aspect_ratios: 1 scales_per_octave: 1 }""")
        spec = proto_to_spec(proto, [(8, 8)], (64, 60))
        np.testing.assert_allclose(spec.layers[0].centers_yx()[0, 0], [4 / 64, 0])

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
        anchors = _boxes_of(_built(spec_to_proto(spec, (10, 20))), [(1, 1)], (10, 20))
        np.testing.assert_allclose(anchors, [[0.25, 0.25, 0.75, 0.75]], atol=1e-6)

    def test_one_aspect_ratio_for_all_sizes(self):
        proto = _parse("""flexible_grid_anchor_generator { anchor_grid {
            base_sizes: [10, 20, 30] aspect_ratios: 1
            height_stride: 16 width_stride: 16 height_offset: 8 width_offset: 8 } }""")
        spec = proto_to_spec(proto, [(2, 3)], (32, 48))
        _assert_same(spec.boxes_yxyx(), _boxes_of(_built(proto), [(2, 3)], (32, 48)))

    def test_fewer_scales_than_layers_make_fewer_layers(self):
        proto = _parse("ssd_anchor_generator { num_layers: 6 scales: [0.2, 0.5] aspect_ratios: 1 }")
        spec = proto_to_spec(proto, [(4, 4), (2, 2)], (64, 64))
        _assert_same(spec.boxes_yxyx(), _boxes_of(_built(proto), [(4, 4), (2, 2)], (64, 64)))


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
                "height_stride and width_stride give 1 pairs for 2 layers",
            ),
            ("multiscale_anchor_generator {}", "makes anchors for 5 feature maps, but 2 given"),
            (
                "flexible_grid_anchor_generator { anchor_grid { base_sizes: [8, 9, 10] "
                "aspect_ratios: [1, 2] } anchor_grid {} }",
                r"anchor_grid\[0\] has 3 base_sizes, but 2 aspect_ratios",
            ),
            ("grid_anchor_generator {}", "makes anchors for 1 feature maps, but 2 given"),
        ],
    )
    def test_configs(self, text, message):
        with pytest.raises(ValueError, match=message):
            proto_to_spec(_parse(text), [(4, 4), (2, 2)], (64, 64))

    def test_a_side_of_one_pixel_is_no_image_to_the_api(self):
        proto = _parse("multiscale_anchor_generator { max_level: 3 aspect_ratios: 1 }")
        with pytest.raises(ValueError, match="normalize_coordinates needs an image"):
            proto_to_spec(proto, [(4, 4)], (1, 64))

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
