"""Anchors as the API's generators make them, to compare ours with."""

import numpy as np


def parse_anchors(text):
    """An `AnchorGenerator` of the API's config."""
    from google.protobuf import text_format
    from object_detection.protos import anchor_generator_pb2

    return text_format.Parse(text, anchor_generator_pb2.AnchorGenerator())


def generated_boxes(generator, grids_hw, image_hw):
    """Float32 [A, 4] of one of the API's generators."""
    height, width = image_hw
    per_layer = generator.generate(list(grids_hw), im_height=height, im_width=width)
    return np.concatenate([boxes.get().numpy() for boxes in per_layer])


def built_generator(proto):
    """The generator of a model that was built with this project registered."""
    from object_detection.builders import anchor_generator_builder

    from odapi_ssd.plugin.even_grids import with_even_grids

    return with_even_grids(anchor_generator_builder.build(proto))


def boxes_of_config(proto, grids_hw, image_hw):
    """Float32 [A, 4] of a model that was built with this config."""
    return generated_boxes(built_generator(proto), grids_hw, image_hw)


def grids_of(spec):
    return [layer.grid_hw for layer in spec.layers]


def assert_same_boxes(actual, expected, unit=1.0):
    """To a millionth of the unit: 1, or for pixels the longer side of the image."""
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype == np.float32
    # float32 is less exact for boxes far beyond the image's edge
    np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-6 * unit)
