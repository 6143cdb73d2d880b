"""Anchor specifications from the API's `anchor_generator` configs.

The anchors are exactly those of a model that the API builds from the config: each generator's
treatment of its fields is reproduced, also where it is surprising. No TensorFlow.

A `flexible_grid_anchor_generator` has one extension: a stride of 0 with an offset of 0 means that
the cells divide the image evenly, with the first center half a step from the edge. Strides in a
config are whole pixels, and 300 / 38 is not. `even_grids` gives built models the same meaning;
`anchor_config_writer` writes such configs.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from odapi_ssd.messages import count_of
from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec, box_sizes, even_layer

__all__ = ["proto_to_spec", "step_and_offset"]

_ONEOF = "anchor_generator_oneof"

_Grids = Sequence[tuple[int, int]]
_Pairs = list[tuple[float, float]]


def proto_to_spec(anchor_generator: Any, grids_hw: _Grids, image_hw: tuple[int, int]) -> AnchorSpec:
    """The anchors that the API makes of a config.

    Args:
        anchor_generator: an `anchor_generator_pb2.AnchorGenerator`; not changed.
        grids_hw: rows and columns of each feature map, in the order of the predictions.
        image_hw: height and width of the network's input in pixels.
    Returns:
        Normalized; in pixels for `normalize_coordinates: false` and for `grid_anchor_generator`,
        which does not normalize.
    Raises:
        ValueError: no generator is set, it is for another number of feature maps, or a field is out
            of range; the message names the field.
    """
    kind = anchor_generator.WhichOneof(_ONEOF)
    if kind is None:
        raise ValueError("the anchor_generator is empty: none of its generators is set")
    message = getattr(anchor_generator, kind)
    try:
        return _READERS[kind](message, list(grids_hw), image_hw)
    except ValueError as error:
        raise ValueError(f"{kind}: {error}") from None


def step_and_offset(stride: float, offset: float, side: int, count: int) -> tuple[float, float]:
    """Step and first center along a side, by a `flexible_grid_anchor_generator`.

    Args:
        stride: `height_stride` or `width_stride` of the config.
        offset: `height_offset` or `width_offset` of the config.
        side: height or width of the image in pixels.
        count: rows or columns.
    Returns:
        In pixels; stride and offset themselves unless both are 0.
    """
    return (stride, offset) if stride or offset else (side / count, side / count / 2)


def _ssd_spec(message: Any, grids_hw: _Grids, image_hw: tuple[int, int]) -> AnchorSpec:
    cells = _ssd_cells(message)
    _require_same_number(len(cells), grids_hw)
    steps_px = _pairs(message.height_stride, message.width_stride, "stride", len(cells))
    offsets_px = _pairs(message.height_offset, message.width_offset, "offset", len(cells))
    height, width = image_hw
    # The base is in units of the image's shorter side: equal sides give squares in pixels.
    base_hw = (
        message.base_anchor_height * min(image_hw) / height,
        message.base_anchor_width * min(image_hw) / width,
    )
    layers = []
    for index, (grid_hw, cell) in enumerate(zip(grids_hw, cells, strict=True)):
        layer = even_layer(grid_hw, box_sizes(cell, base_hw))
        step_yx, offset_yx = layer.step_yx, layer.offset_yx
        if steps_px:
            step_yx = (steps_px[index][0] / height, steps_px[index][1] / width)
            offset_yx = (step_yx[0] / 2, step_yx[1] / 2)
        if offsets_px:
            offset_yx = (offsets_px[index][0] / height, offsets_px[index][1] / width)
        layers.append(AnchorLayer(grid_hw, step_yx, offset_yx, layer.box_sizes_hw))
    return AnchorSpec(tuple(layers))


def _ssd_cells(message: Any) -> list[_Pairs]:
    """Scale and aspect ratio of each box of a cell, layer by layer."""
    count = message.num_layers
    scales = list(message.scales)
    if not scales:
        if count < 2:
            raise ValueError(f"num_layers is {count}; without scales, at least 2 are needed")
        rise = (message.max_scale - message.min_scale) / (count - 1)
        scales = [message.min_scale + rise * index for index in range(count)]
    if min(scales) <= 0:
        raise ValueError(f"scales must be above 0, not {min(scales):g}")
    cells: list[_Pairs] = []
    next_scales = [*scales[1:], 1.0]
    # Of scales beyond num_layers, only the first is used, as the next scale of the last layer. With
    # fewer scales than layers, there are as many layers as scales.
    for scale, next_scale in list(zip(scales, next_scales, strict=True))[:count]:
        if not cells and message.reduce_boxes_in_lowest_layer:
            cells.append([(0.1, 1.0), (scale, 2.0), (scale, 0.5)])
            continue
        cell = [(scale, ratio) for ratio in message.aspect_ratios]
        if message.interpolated_scale_aspect_ratio > 0:
            between = math.sqrt(scale * next_scale)
            cell.append((between, message.interpolated_scale_aspect_ratio))
        cells.append(cell)
    return cells


def _multiscale_spec(message: Any, grids_hw: _Grids, image_hw: tuple[int, int]) -> AnchorSpec:
    levels = range(message.min_level, message.max_level + 1)
    _require_same_number(len(levels), grids_hw)
    octave = [
        2 ** (index / message.scales_per_octave) for index in range(message.scales_per_octave)
    ]
    layers = []
    for level, grid_hw in zip(levels, grids_hw, strict=True):
        step = 2.0**level
        # If the stride does not divide the image's side, the API puts the first center on the edge.
        offset_y, offset_x = (
            step / 2 if side % step == 0 or side == 1 else 0.0 for side in image_hw
        )
        base = step * message.anchor_scale
        sizes_hw = box_sizes(_all_scales_per_ratio(octave, message.aspect_ratios), (base, base))
        layers.append(AnchorLayer(grid_hw, (step, step), (offset_y, offset_x), sizes_hw))
    return _spec_of_pixel_layers(layers, message, image_hw)


def _flexible_spec(message: Any, grids_hw: _Grids, image_hw: tuple[int, int]) -> AnchorSpec:
    _require_same_number(len(message.anchor_grid), grids_hw)
    layers = []
    for index, (grid, grid_hw) in enumerate(zip(message.anchor_grid, grids_hw, strict=True)):
        ratios = list(grid.aspect_ratios)
        if len(ratios) == 1:  # broadcast to all sizes
            ratios *= len(grid.base_sizes)
        if len(grid.base_sizes) != len(ratios):
            raise ValueError(
                f"anchor_grid[{index}] has {len(grid.base_sizes)} base_sizes, but "
                f"{len(ratios)} aspect_ratios"
            )
        step_yx = (float(grid.height_stride), float(grid.width_stride))
        offset_yx = (float(grid.height_offset), float(grid.width_offset))
        cell = zip(grid.base_sizes, ratios, strict=True)
        layer = AnchorLayer(grid_hw, step_yx, offset_yx, box_sizes(cell))
        layers.append(_with_even_axes(layer, image_hw))
    return _spec_of_pixel_layers(layers, message, image_hw)


def _with_even_axes(layer: AnchorLayer, image_hw: tuple[int, int]) -> AnchorLayer:
    """Replaces a stride of 0 with an offset of 0 by an even division; in pixels."""
    axes = zip(layer.step_yx, layer.offset_yx, image_hw, layer.grid_hw, strict=True)
    (step_y, offset_y), (step_x, offset_x) = (step_and_offset(*axis) for axis in axes)
    return replace(layer, step_yx=(step_y, step_x), offset_yx=(offset_y, offset_x))


def _grid_spec(message: Any, grids_hw: _Grids, image_hw: tuple[int, int]) -> AnchorSpec:
    _require_same_number(1, grids_hw)
    layer = AnchorLayer(
        grids_hw[0],
        (float(message.height_stride), float(message.width_stride)),
        (float(message.height_offset), float(message.width_offset)),
        box_sizes(
            _all_scales_per_ratio(message.scales, message.aspect_ratios),
            (float(message.height), float(message.width)),
        ),
    )
    return AnchorSpec((layer,), units="pixels")


_READERS = {
    "ssd_anchor_generator": _ssd_spec,
    "multiscale_anchor_generator": _multiscale_spec,
    "flexible_grid_anchor_generator": _flexible_spec,
    "grid_anchor_generator": _grid_spec,
}


def _all_scales_per_ratio(scales: Sequence[float], ratios: Sequence[float]) -> _Pairs:
    return [(scale, ratio) for ratio in ratios for scale in scales]


def _spec_of_pixel_layers(
    layers: Sequence[AnchorLayer], message: Any, image_hw: tuple[int, int]
) -> AnchorSpec:
    spec = AnchorSpec(tuple(layers), units="pixels")
    if not message.normalize_coordinates:
        return spec
    if min(image_hw) < 2:  # a side of 1 is the API's default, for "no image given"
        raise ValueError(f"normalize_coordinates needs an image of at least 2x2, not {image_hw}")
    return spec.normalized(image_hw)


def _pairs(heights: Sequence[int], widths: Sequence[int], what: str, num_layers: int) -> _Pairs:
    """Pairs of height and width, as many as in the shorter list; the API's default is no pair."""
    pairs = [(float(high), float(wide)) for high, wide in zip(heights, widths, strict=False)]
    if pairs and len(pairs) != num_layers:
        raise ValueError(
            f"height_{what} and width_{what} give {count_of(len(pairs), 'pair')} for "
            f"{count_of(num_layers, 'layer')}"
        )
    return pairs


def _require_same_number(num_layers: int, grids_hw: _Grids) -> None:
    if num_layers != len(grids_hw):
        maps = count_of(num_layers, "feature map")
        raise ValueError(f"makes anchors for {maps}, but {len(grids_hw)} given")
