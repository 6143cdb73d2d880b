"""Anchors between the API's `anchor_generator` config and `odapi_ssd.ssd.anchors`, both ways.

What each generator of the API does with its fields is followed here to the letter, surprising parts
included, so that a specification gives the very anchors that a model of the API is built with.

One meaning is ours. In a `flexible_grid_anchor_generator`, a stride of 0 with an offset of 0 says
that the cells divide the image evenly, the first center lying half a step from the edge: a config's
steps are whole pixels, and 38 cells have none in 300. `even_grids` gives it to built models.

The caller has called `compat.activate_protos()`; only `spec_to_generator` needs the whole of
`odapi_ssd.register()`, as it imports TensorFlow.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec, box_sizes, even_layer

__all__ = ["proto_to_spec", "spec_to_generator", "spec_to_proto", "step_and_offset"]

_ONEOF = "anchor_generator_oneof"
# How far, in pixels, a step or an offset may be from a length and be taken for it: what float64
# loses from pixels to shares of the image and back is a millionth of this.
_NEAR_PX = 1e-6

_Grids = Sequence[tuple[int, int]]
_Pairs = list[tuple[float, float]]


def proto_to_spec(anchor_generator: Any, grids_hw: _Grids, image_hw: tuple[int, int]) -> AnchorSpec:
    """The anchors that the API makes of a config.

    Args:
        anchor_generator: an `anchor_generator_pb2.AnchorGenerator`; not changed.
        grids_hw: rows and columns of each feature map, in the order of the predictions.
        image_hw: height and width of the network's input in pixels.
    Returns:
        In normalized units; in pixels for `normalize_coordinates: false` and for
        `grid_anchor_generator`, which gives nothing else.
    Raises:
        ValueError: no generator is set, it makes anchors for another number of feature maps, or
            its fields make no anchors; the message names the fields.
    """
    kind = anchor_generator.WhichOneof(_ONEOF)
    if kind is None:
        raise ValueError("the anchor_generator is empty: none of its generators is set")
    message = getattr(anchor_generator, kind)
    try:
        return _READERS[kind](message, list(grids_hw), image_hw)
    except ValueError as error:
        raise ValueError(f"{kind}: {error}") from None


def spec_to_proto(spec: AnchorSpec, image_hw: tuple[int, int]) -> Any:
    """The config from which the API makes these anchors, in this order.

    Args:
        spec: for the given image, and for feature maps of its grids' sizes.
        image_hw: height and width of the network's input in pixels.
    Returns:
        An `anchor_generator_pb2.AnchorGenerator` with a `flexible_grid_anchor_generator`, which
        holds sizes in single precision.
    Raises:
        ValueError: the proto cannot express it; the message names the first layer and the value.
            Its strides and offsets are whole, non-negative numbers of pixels, or 0 and 0 for cells
            that divide the image evenly. And no generator of the API clips.
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


def spec_to_generator(spec: AnchorSpec, image_hw: tuple[int, int]) -> Any:
    """The API's own generator object for these anchors, for whoever builds a model by hand.

    Unlike its proto, the generator itself takes steps and offsets of any length.

    Args:
        spec: as for `spec_to_proto`.
        image_hw: as for `spec_to_proto`.
    Returns:
        A `FlexibleGridAnchorGenerator`; `generate(grids, im_height, im_width)` gives a BoxList per
        layer.
    Raises:
        ValueError: the specification clips, which the generator does not.
    """
    from object_detection.anchor_generators import flexible_grid_anchor_generator

    layers = _pixel_layers(spec, image_hw)
    return flexible_grid_anchor_generator.FlexibleGridAnchorGenerator(
        [tuple(_base_sizes(layer)) for layer in layers],
        [tuple(_aspect_ratios(layer)) for layer in layers],
        [layer.step_yx for layer in layers],
        [layer.offset_yx for layer in layers],
        normalize_coordinates=spec.units == "normalized",
    )


def _pixel_layers(spec: AnchorSpec, image_hw: tuple[int, int]) -> list[AnchorLayer]:
    if spec.clip:
        raise ValueError("no anchor generator of the API clips; take a specification without clip")
    if spec.units == "pixels":
        return list(spec.layers)
    if min(image_hw) < 2:  # the API takes a side of 1 for "no image given"
        raise ValueError(f"normalized anchors need an image of at least 2x2 pixels, not {image_hw}")
    return [layer.scaled(image_hw) for layer in spec.layers]


def _base_sizes(layer: AnchorLayer) -> list[float]:
    return [math.sqrt(height * width) for height, width in layer.box_sizes_hw]


def _aspect_ratios(layer: AnchorLayer) -> list[float]:
    return [width / height for height, width in layer.box_sizes_hw]


def _stride_and_offset(
    axis: int, image_hw: tuple[int, int], index: int, layer: AnchorLayer
) -> tuple[int, int]:
    """Of rows (axis 0) or columns (1), as the proto has them; (0, 0) for an even division."""
    count, step, offset = layer.grid_hw[axis], layer.step_yx[axis], layer.offset_yx[axis]
    if count == 1:  # the step to the next row or column, which is not there, does not matter
        step = max(1, round(step))
    stride, start = round(step), round(offset)
    is_whole = _is_near(step, stride) and _is_near(offset, start)
    if is_whole and min(stride, start) >= 0 and max(stride, start) > 0:
        return stride, start
    even_step, even_offset = _even(image_hw[axis], count)
    if _is_near(offset, even_offset) and (count == 1 or _is_near(step, even_step)):
        return 0, 0
    what, value = ("offset", offset) if _is_near(step, stride) and step > 0 else ("step", step)
    rows, columns = layer.grid_hw
    raise ValueError(
        "flexible_grid_anchor_generator takes whole, non-negative pixels, or cells that divide the "
        f"image evenly, but layer {index} ({rows}x{columns}) has the {what} {value:g} px"
    )


def _is_near(length_px: float, other_px: float) -> bool:
    return abs(length_px - other_px) <= _NEAR_PX


def step_and_offset(stride: float, offset: float, side: int, count: int) -> tuple[float, float]:
    """What a stride and an offset of a `flexible_grid_anchor_generator` mean here, in pixels.

    Args:
        stride: of the rows or columns, as the config has it.
        offset: of the first center, as the config has it.
        side: height or width of the image in pixels.
        count: rows or columns.
    """
    return (stride, offset) if stride or offset else _even(side, count)


def _even(side: int, count: int) -> tuple[float, float]:
    """Step and first center of cells that divide a side evenly."""
    return side / count, side / count / 2


def _ssd_spec(message: Any, grids_hw: _Grids, image_hw: tuple[int, int]) -> AnchorSpec:
    cells = _ssd_cells(message)
    _require_same_number(len(cells), grids_hw)
    steps_px = _pairs(message.height_stride, message.width_stride, "stride", len(cells))
    offsets_px = _pairs(message.height_offset, message.width_offset, "offset", len(cells))
    height, width = image_hw
    # A base of equal sides gives squares in pixels: it counts in the image's shorter side.
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
    """Scale and aspect ratio of each box of a cell, for each layer."""
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
    # Scales beyond num_layers count as the next one of the last layer, and for nothing else; if
    # there are fewer than layers, there are only as many layers.
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
        # Where the strides do not divide the image, the API puts the first center on its edge.
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
        if len(ratios) == 1:  # goes with every size, by broadcasting
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
    """Reads a stride of 0 with an offset of 0 as an even division, in pixels."""
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
    if min(image_hw) < 2:  # the API takes a side of 1 for "no image given", and refuses
        raise ValueError(f"normalize_coordinates needs an image of at least 2x2, not {image_hw}")
    return spec.normalized(image_hw)


def _pairs(heights: Sequence[int], widths: Sequence[int], what: str, num_layers: int) -> _Pairs:
    """The API pairs the two lists as far as the shorter one goes; without a pair, its default."""
    pairs = [(float(high), float(wide)) for high, wide in zip(heights, widths, strict=False)]
    if pairs and len(pairs) != num_layers:
        raise ValueError(
            f"height_{what} and width_{what} give {len(pairs)} pairs for {num_layers} layers"
        )
    return pairs


def _require_same_number(num_layers: int, grids_hw: _Grids) -> None:
    if num_layers != len(grids_hw):
        raise ValueError(f"makes anchors for {num_layers} feature maps, but {len(grids_hw)} given")
