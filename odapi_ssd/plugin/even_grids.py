"""Anchors on cells that divide the image evenly, which steps of whole pixels cannot give.

A `flexible_grid_anchor_generator` whose stride and offset are both 0, in height or in width, means
such a division here (see `anchor_config`). To the API alone it means that all centers lie on the
image's edge, which nobody asks for: a model with such a config needs this project.
"""

from collections.abc import Sequence
from typing import Any

from object_detection.anchor_generators import flexible_grid_anchor_generator

from odapi_ssd.plugin.anchor_config import step_and_offset

__all__ = ["with_even_grids"]

_FlexibleGridAnchorGenerator = flexible_grid_anchor_generator.FlexibleGridAnchorGenerator


class _EvenGridAnchorGenerator(_FlexibleGridAnchorGenerator):
    """Replaces strides and offsets of 0 when it knows the feature maps and the image.

    Like the API's own, it needs their sizes as numbers, not as tensors.
    """

    def _generate(
        self, feature_map_shape_list: Sequence[Any], im_height: int = 1, im_width: int = 1
    ) -> list[Any]:
        if im_height == 1 or im_width == 1:  # the API's defaults, for "no image given"
            raise ValueError("anchors that divide the image evenly need the image's size")
        strides, offsets = [], []
        for grid_hw, *written in zip(
            feature_map_shape_list, self._anchor_strides, self._anchor_offsets, strict=True
        ):
            axes = zip(*written, (im_height, im_width), grid_hw, strict=True)
            (step_y, offset_y), (step_x, offset_x) = (step_and_offset(*axis) for axis in axes)
            strides.append((step_y, step_x))
            offsets.append((offset_y, offset_x))
        exact = _FlexibleGridAnchorGenerator(
            self._base_sizes, self._aspect_ratios, strides, offsets, self._normalize_coordinates
        )
        return exact._generate(feature_map_shape_list, im_height, im_width)


def with_even_grids(generator: Any) -> Any:
    """A generator that the API has built of a config, with our meaning of strides of 0.

    Args:
        generator: any anchor generator.
    Returns:
        The same one, where there is no such stride.
    """
    if type(generator) is not _FlexibleGridAnchorGenerator:
        return generator
    written = zip(generator._anchor_strides, generator._anchor_offsets, strict=True)
    if not any((0, 0) in zip(strides, offsets, strict=True) for strides, offsets in written):
        return generator
    return _EvenGridAnchorGenerator(
        generator._base_sizes,
        generator._aspect_ratios,
        generator._anchor_strides,
        generator._anchor_offsets,
        generator._normalize_coordinates,
    )
