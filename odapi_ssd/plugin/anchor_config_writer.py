"""Anchor specifications to the API's `anchor_generator` configs; `anchor_config` reads them.

No TensorFlow; `compat.activate_protos()` must have been called.
"""

import math
from typing import Any

from odapi_ssd.plugin.anchor_config import step_and_offset
from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec

__all__ = ["spec_to_proto"]

# Tolerance for steps and offsets in pixels; a length that is normalized and scaled back in float64
# is off by a millionth of this.
_TOLERANCE_PX = 1e-6


def spec_to_proto(spec: AnchorSpec, image_hw: tuple[int, int]) -> Any:
    """The config from which the API makes these anchors, in this order.

    Args:
        spec: the anchors for such an image, for feature maps of its grids.
        image_hw: height and width of the network's input in pixels.
    Returns:
        An `anchor_generator_pb2.AnchorGenerator` with a `flexible_grid_anchor_generator`, which
        holds sizes in single precision.
    Raises:
        ValueError: the config cannot express the anchors; the message names the first such layer.
            Strides and offsets must be whole, non-negative numbers of pixels, or divide the image
            evenly.
    """
    from object_detection.protos import anchor_generator_pb2

    result = anchor_generator_pb2.AnchorGenerator()
    flexible = result.flexible_grid_anchor_generator
    flexible.normalize_coordinates = spec.units == "normalized"
    for index, layer in enumerate(_pixel_layers(spec, image_hw)):
        (step_y, offset_y), (step_x, offset_x) = (
            _stride_and_offset(axis, image_hw, index, layer) for axis in (0, 1)
        )
        flexible.anchor_grid.add(
            base_sizes=_base_sizes(layer),
            aspect_ratios=_aspect_ratios(layer),
            height_stride=step_y,
            width_stride=step_x,
            height_offset=offset_y,
            width_offset=offset_x,
        )
    return result


def _pixel_layers(spec: AnchorSpec, image_hw: tuple[int, int]) -> list[AnchorLayer]:
    if spec.units == "pixels":
        return list(spec.layers)
    if min(image_hw) < 2:  # a side of 1 is the API's default, for "no image given"
        raise ValueError(f"normalized anchors need an image of at least 2x2 pixels, not {image_hw}")
    return [layer.scaled(image_hw) for layer in spec.layers]


def _base_sizes(layer: AnchorLayer) -> list[float]:
    return [math.sqrt(height * width) for height, width in layer.box_sizes_hw]


def _aspect_ratios(layer: AnchorLayer) -> list[float]:
    return [width / height for height, width in layer.box_sizes_hw]


def _stride_and_offset(
    axis: int, image_hw: tuple[int, int], index: int, layer: AnchorLayer
) -> tuple[int, int]:
    """Stride and offset of the rows (axis 0) or columns (1); (0, 0) for an even division."""
    count, step, offset = layer.grid_hw[axis], layer.step_yx[axis], layer.offset_yx[axis]
    if count == 1:  # there is no second center, so any step will do
        step = max(1, round(step))
    stride, start = round(step), round(offset)
    is_whole = _is_near(step, stride) and _is_near(offset, start)
    if is_whole and min(stride, start) >= 0 and max(stride, start) > 0:
        return stride, start
    even_step, even_offset = step_and_offset(0, 0, image_hw[axis], count)
    if _is_near(offset, even_offset) and (count == 1 or _is_near(step, even_step)):
        return 0, 0
    what, value = ("offset", offset) if _is_near(step, stride) and step > 0 else ("step", step)
    rows, columns = layer.grid_hw
    raise ValueError(
        "flexible_grid_anchor_generator takes whole, non-negative pixels, or cells that divide the "
        f"image evenly, but layer {index} ({rows}x{columns}) has the {what} {value:g} px"
    )


def _is_near(length_px: float, other_px: float) -> bool:
    return abs(length_px - other_px) <= _TOLERANCE_PX
