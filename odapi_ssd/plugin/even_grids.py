"""Anchor generators of built models whose cells divide the image evenly.

Steps of whole pixels cannot express this, so here a stride of 0 with an offset of 0 in a
`flexible_grid_anchor_generator` means it, in height or in width (see `anchor_config`). To the API
alone it means that all centers lie on the image's edge, which no model wants: such a config needs
this project.
"""

from collections.abc import Sequence
from typing import Any

from object_detection.anchor_generators.flexible_grid_anchor_generator import (
    FlexibleGridAnchorGenerator,
)

from odapi_ssd.plugin.anchor_config import step_and_offset

__all__ = ["with_even_grids"]


class _EvenGridAnchorGenerator(FlexibleGridAnchorGenerator):
    """Replaces strides and offsets of 0 once the sizes of the feature maps and the image are known.

    Like the API's generator, it needs these sizes as numbers, not as tensors.
    """

    def _generate(
        self, feature_map_shape_list: Sequence[Any], im_height: int = 1, im_width: int = 1
    ) -> list[Any]:
        if im_height == 1 or im_width == 1:  # the API's defaults, for "no image given"
            raise ValueError("anchors that divide the image evenly need the image's size")
        strides, offsets = [], []
        for grid_hw, *configured in zip(
            feature_map_shape_list, self._anchor_strides, self._anchor_offsets, strict=True
        ):
            axes = zip(*configured, (im_height, im_width), grid_hw, strict=True)
            (step_y, offset_y), (step_x, offset_x) = (step_and_offset(*axis) for axis in axes)
            strides.append((step_y, step_x))
            offsets.append((offset_y, offset_x))
        exact = FlexibleGridAnchorGenerator(
            self._base_sizes, self._aspect_ratios, strides, offsets, self._normalize_coordinates
        )
        return exact._generate(feature_map_shape_list, im_height, im_width)


def with_even_grids(generator: Any) -> Any:
    """Gives an anchor generator that the API has built our meaning of strides of 0.

    Args:
        generator: any anchor generator; not changed.
    Returns:
        The same generator if it has no such stride.
    """
    if type(generator) is not FlexibleGridAnchorGenerator:
        return generator
    configured = zip(generator._anchor_strides, generator._anchor_offsets, strict=True)
    if not any((0, 0) in zip(strides, offsets, strict=True) for strides, offsets in configured):
        return generator
    return _EvenGridAnchorGenerator(
        generator._base_sizes,
        generator._aspect_ratios,
        generator._anchor_strides,
        generator._anchor_offsets,
        generator._normalize_coordinates,
    )
