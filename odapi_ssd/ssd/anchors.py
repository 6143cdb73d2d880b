"""Anchors: the default boxes, of fixed positions and sizes, that SSD's predictions are relative to.

An `AnchorSpec` holds, for each feature map, the centers of the cells and the sizes of the boxes
around each center. It covers every anchor generator of the Object Detection API; `preset` gives the
anchors of the papers. Liu et al., "SSD: Single Shot MultiBox Detector" (arXiv:1512.02325),
section 2.2.

NumPy only. `odapi_ssd.plugin.anchor_config` reads specifications from the API's configs; the
numbers of the papers are in `anchor_presets`. `preset_names` and truncated sizes are for those who
use this package alone.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from odapi_ssd.ssd.anchor_presets import CELL_ORDERS, SETTINGS, Setting

__all__ = ["AnchorLayer", "AnchorSpec", "box_sizes", "even_layer", "preset", "preset_names"]

_UNITS = ("normalized", "pixels")


@dataclass(frozen=True)
class AnchorLayer:
    """The anchors of one feature map; all lengths are in the units of the specification.

    Attributes:
        grid_hw: rows and columns of cells, at least 1 each.
        step_yx: distance between the centers of neighboring cells, 0 or more.
        offset_yx: center of the first cell (top left).
        box_sizes_hw: height and width of each box of a cell, in order; above 0, at least one box.

    Raises:
        ValueError: a value is out of range, or not finite; the message names the field.
    """

    grid_hw: tuple[int, int]
    step_yx: tuple[float, float]
    offset_yx: tuple[float, float]
    box_sizes_hw: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        _require_pair("grid_hw", self.grid_hw)
        if any(side != int(side) or side < 1 for side in self.grid_hw):
            raise ValueError(f"grid_hw must be two whole numbers of at least 1, not {self.grid_hw}")
        _require_pair("step_yx", self.step_yx)
        if min(self.step_yx) < 0:
            raise ValueError(f"step_yx must not be negative, as in {self.step_yx}")
        _require_pair("offset_yx", self.offset_yx)
        if not self.box_sizes_hw:
            raise ValueError("box_sizes_hw is empty: a layer needs at least one box per cell")
        for index, size_hw in enumerate(self.box_sizes_hw):
            _require_pair(f"box_sizes_hw[{index}]", size_hw)
            if min(size_hw) <= 0:
                raise ValueError(f"box_sizes_hw[{index}] must be above 0, not {size_hw}")

    @property
    def num_anchors(self) -> int:
        """The number of anchors of the layer: cells times boxes per cell."""
        return self.grid_hw[0] * self.grid_hw[1] * len(self.box_sizes_hw)

    def centers_yx(self) -> npt.NDArray[np.float64]:
        """The center of each cell, float64 [rows, columns, 2]."""
        ys, xs = (
            offset + step * np.arange(count, dtype=np.float64)
            for offset, step, count in zip(self.offset_yx, self.step_yx, self.grid_hw, strict=True)
        )
        return np.stack(np.meshgrid(ys, xs, indexing="ij"), axis=-1)

    def boxes_yxyx(self) -> npt.NDArray[np.float64]:
        """The anchors, float64 [rows · columns · boxes, 4]; in the order of `AnchorSpec`."""
        centers_yx = self.centers_yx()[:, :, None, :]  # [rows, columns, 1, 2]
        halves_hw = np.asarray(self.box_sizes_hw, dtype=np.float64) / 2  # [boxes, 2]
        corners = [centers_yx - halves_hw, centers_yx + halves_hw]
        return np.concatenate(corners, axis=-1).reshape(-1, 4)

    def scaled(self, factor_hw: tuple[float, float]) -> "AnchorLayer":
        """A copy in other units: heights and ys times one factor, widths and xs times another."""
        height_factor, width_factor = factor_hw

        def scale(pair: tuple[float, float]) -> tuple[float, float]:
            return pair[0] * height_factor, pair[1] * width_factor

        return AnchorLayer(
            self.grid_hw,
            scale(self.step_yx),
            scale(self.offset_yx),
            tuple(scale(size_hw) for size_hw in self.box_sizes_hw),
        )


@dataclass(frozen=True)
class AnchorSpec:
    """The anchors of a model.

    Attributes:
        layers: one per feature map, in the order of the predictions (finest first, by convention).
        units: of all lengths: "normalized" (heights divided by the image's height, widths by its
            width), or "pixels", which some of the API's generators give.

    Raises:
        ValueError: there is no layer, or the units are unknown.
    """

    layers: tuple[AnchorLayer, ...]
    units: str = "normalized"

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("layers is empty: a specification needs at least one layer")
        _require_known("units", self.units, _UNITS)

    @property
    def num_anchors(self) -> int:
        """The number of anchors of all layers, A."""
        return sum(layer.num_anchors for layer in self.layers)

    def boxes_yxyx(self) -> npt.NDArray[np.float32]:
        """All anchors.

        Returns:
            float32 [A, 4], in `units`: layer after layer, row-major over the cells, the boxes of a
            cell in the order of `box_sizes_hw`. Not clipped: boxes extend beyond the image.
            Computed in float64 and rounded once.
        """
        return np.concatenate([layer.boxes_yxyx() for layer in self.layers]).astype(np.float32)

    def normalized(self, image_hw: tuple[int, int]) -> "AnchorSpec":
        """The specification normalized by the size of an image; itself if it is normalized."""
        if self.units == "normalized":
            return self
        factor_hw = (1 / image_hw[0], 1 / image_hw[1])
        layers = tuple(layer.scaled(factor_hw) for layer in self.layers)
        return replace(self, layers=layers, units="normalized")

    def with_sizes_clamped(self) -> "AnchorSpec":
        """A copy in which no box is higher or wider than the image; the centers stay.

        torchvision's generator does this, and so does the tutorial's clamp of anchors given by
        center and size. Clipping the corners to the image would move the centers.

        Raises:
            ValueError: the specification is in pixels.
        """
        if self.units != "normalized":
            raise ValueError(f"clamping sizes needs normalized units, not {self.units}")
        layers = []
        for layer in self.layers:
            sizes_hw = tuple((min(high, 1.0), min(wide, 1.0)) for high, wide in layer.box_sizes_hw)
            layers.append(replace(layer, box_sizes_hw=sizes_hw))
        return replace(self, layers=tuple(layers))


def box_sizes(
    scales_and_ratios: Iterable[tuple[float, float]], base_hw: tuple[float, float] = (1.0, 1.0)
) -> tuple[tuple[float, float], ...]:
    """Height and width of boxes given by scale and aspect ratio.

    Args:
        scales_and_ratios: scale (the square root of the box's area) and aspect ratio
            (width / height, above 0) of each box.
        base_hw: the height and the width that a scale of 1 stands for.
    Returns:
        (scale / √ratio, scale · √ratio) for each, times the base.
    Raises:
        ValueError: a ratio is not above 0.
    """
    sizes_hw = []
    for scale, ratio in scales_and_ratios:
        if not ratio > 0:
            raise ValueError(f"an aspect ratio must be above 0, not {ratio}")
        root = math.sqrt(ratio)
        sizes_hw.append((scale / root * base_hw[0], scale * root * base_hw[1]))
    return tuple(sizes_hw)


def even_layer(
    grid_hw: tuple[int, int], box_sizes_hw: tuple[tuple[float, float], ...]
) -> AnchorLayer:
    """A normalized layer whose cells divide the image evenly: centers at (i + 0.5) / cells."""
    rows, columns = grid_hw
    return AnchorLayer(grid_hw, (1 / rows, 1 / columns), (0.5 / rows, 0.5 / columns), box_sizes_hw)


def preset_names() -> list[str]:
    """The names that `preset` knows, sorted."""
    return sorted(SETTINGS)


def preset(name: str, order: str | None = None, *, truncate_sizes: bool = False) -> AnchorSpec:
    """The anchors of a published SSD.

    Args:
        name: "ssd300_voc", "ssd300_coco", "ssd300_linear", "ssd512_voc" or "ssd512_coco".
        order: of the boxes in a cell. "caffe": the min-size square, the √(min·max) square, then
            the ratios 2, 1/2, 3, 1/3, as in Caffe and torchvision. "tutorial": squares, 2, 3, 1/2,
            1/3. By default the source's own: "tutorial" for ssd300_linear, else "caffe".
        truncate_sizes: whether min and max sizes are truncated to whole pixels, as in Caffe's C++
            code, which stores them as ints. This changes only SSD512 (35.84 becomes 35), whose
            published weights were trained with truncated sizes. By default the settings are used as
            they are published.
    Returns:
        Normalized: 8732 anchors for SSD300, 24564 for SSD512.
    Raises:
        ValueError: the name or the order is unknown, or truncate_sizes is set for a preset whose
            sizes are not in pixels.
    """
    _require_known("preset", name, preset_names())
    setting = SETTINGS[name]
    order = setting.default_order if order is None else order
    _require_known("order", order, CELL_ORDERS)
    if truncate_sizes and setting.image_side == 1:
        raise ValueError(f"{name} has no sizes in pixels that could be truncated")
    layers = []
    for idx, (grid, step) in enumerate(zip(setting.grids, setting.steps, strict=True)):
        scales_and_ratios = _cell(setting, idx, order, truncate_sizes)
        layer = AnchorLayer(
            (grid, grid), (step, step), (step / 2, step / 2), box_sizes(scales_and_ratios)
        )
        layers.append(layer.scaled((1 / setting.image_side, 1 / setting.image_side)))
    return AnchorSpec(tuple(layers))


def _cell(
    setting: Setting, layer_idx: int, order: str, truncate_sizes: bool
) -> list[tuple[float, float]]:
    """Scale and aspect ratio of each box of a cell."""
    min_size, max_size = setting.min_sizes[layer_idx], setting.max_sizes[layer_idx]
    if truncate_sizes:
        min_size, max_size = int(min_size), int(max_size)
    ratios = setting.ratios[layer_idx]
    inverses = [dict(setting.inverses)[ratio] for ratio in ratios]
    if order == "caffe":
        shapes = [shape for pair in zip(ratios, inverses, strict=True) for shape in pair]
    else:
        shapes = [*ratios, *inverses]
    squares = [(float(min_size), 1.0), (math.sqrt(min_size * max_size), 1.0)]
    return squares + [(min_size, shape) for shape in shapes]


def _require_pair(field: str, pair: Sequence[float]) -> None:
    if len(pair) != 2 or not all(math.isfinite(value) for value in pair):
        raise ValueError(f"{field} must be two finite numbers, not {pair}")


def _require_known(kind: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise ValueError(f"unknown {kind} {name!r}; known: {', '.join(known)}")
