"""A stride of 0 with an offset of 0: cells that divide the image evenly."""

import numpy as np
import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.plugin.anchor_config import proto_to_spec
from odapi_ssd.plugin.anchor_config_writer import spec_to_proto
from odapi_ssd.plugin.building import build_model
from odapi_ssd.ssd.anchors import preset
from tests.support.api_anchors import (
    assert_same_boxes,
    boxes_of_config,
    built_generator,
    generated_boxes,
    grids_of,
    parse_anchors,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_ROWS_EVEN = """flexible_grid_anchor_generator { anchor_grid {
    base_sizes: 4 aspect_ratios: 1 width_stride: 8 width_offset: 3 } %s }"""


def test_by_hand_on_a_wide_image():
    # 10 px in 3 rows: steps of 3.33, centers at 1.67, 5, 8.33; columns as written, 3 and 11
    proto = parse_anchors(_ROWS_EVEN % "normalize_coordinates: false")
    expected = [[y - 2, x - 2, y + 2, x + 2] for y in (5 / 3, 5, 25 / 3) for x in (3, 11)]
    boxes = boxes_of_config(proto, [(3, 2)], (10, 20))
    np.testing.assert_allclose(boxes, expected, rtol=1e-6)
    spec = proto_to_spec(proto, [(3, 2)], (10, 20))
    np.testing.assert_allclose(spec.boxes_yxyx(), expected, rtol=1e-6)


def test_normalized():
    proto = parse_anchors(_ROWS_EVEN % "")
    spec = proto_to_spec(proto, [(3, 2)], (10, 20))
    np.testing.assert_allclose(spec.layers[0].centers_yx()[:, 0, 0], [1 / 6, 1 / 2, 5 / 6])
    assert_same_boxes(boxes_of_config(proto, [(3, 2)], (10, 20)), spec.boxes_yxyx())


def test_needs_an_image():
    with pytest.raises(ValueError, match="need the image's size"):
        built_generator(parse_anchors(_ROWS_EVEN % "")).generate([(3, 2)])


def test_other_generators_stay():
    from object_detection.builders import anchor_generator_builder

    from odapi_ssd.plugin.even_grids import with_even_grids

    # one cell: a stride of 0 has a meaning of its own, by its offset
    for text in (
        "ssd_anchor_generator { num_layers: 2 }",
        "flexible_grid_anchor_generator { anchor_grid { base_sizes: 4 aspect_ratios: 1 "
        "height_offset: 2 width_offset: 2 } }",
    ):
        generator = anchor_generator_builder.build(parse_anchors(text))
        assert with_even_grids(generator) is generator


def test_a_built_model_has_them():
    config = load_config(find_template("ssd_vgg_voc"))
    spec = preset("ssd300_linear").with_sizes_clamped()
    config.model.ssd.anchor_generator.CopyFrom(spec_to_proto(spec, (300, 300)))
    generator = build_model(config.model)._anchor_generator
    assert_same_boxes(generated_boxes(generator, grids_of(spec), (300, 300)), spec.boxes_yxyx())
