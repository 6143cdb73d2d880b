"""Plots for choosing anchors: anchors on an image, sizes of boxes, matches of each anchor shape.

All lengths are pixels of the network's input. Drawn with matplotlib's figures alone: `pyplot`,
with its window system and global settings, is not used.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from odapi_ssd.inspection.anchors.geometry import Placement
from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec

__all__ = ["MAX_BOXES_DRAWN", "plot_anchors", "plot_box_sizes", "plot_shape_matches"]

MAX_BOXES_DRAWN = 20_000
_MAX_MARGIN = 0.2  # How far beyond the input anchors are shown, as a share of its sides.
_PANELS_PER_ROW = 3
_DPI = 110
_MATCHED_COLOR, _UNMATCHED_COLOR = "#4c78a8", "#e45756"
_LAYER_MARKERS = "osD^vP*X"


def plot_anchors(path: Path, pixels: np.ndarray, placement: Placement, spec: AnchorSpec) -> None:
    """Draws one panel per layer: all centers, and the anchors of the cell in the image's middle.

    Args:
        path: the PNG file to write.
        pixels: uint8 [H, W, 3], the network's input, padding included.
        placement: where the image lies in the input.
        spec: the anchors in pixels. Colors stand for aspect ratios, the same in all panels.
    """
    from matplotlib.lines import Line2D

    colors = _ratio_colors(spec)
    num_columns = 2 if len(spec.layers) == 4 else min(_PANELS_PER_ROW, len(spec.layers))
    num_rows = -(-len(spec.layers) // num_columns)
    limits = _limits(spec, placement)
    aspect = (limits[3] - limits[2]) / (limits[1] - limits[0])
    figure = _new_figure(4.6 * num_columns, (4.6 * aspect + 0.45) * num_rows + 0.9)
    panels = figure.subplots(num_rows, num_columns, squeeze=False).ravel()
    for panel in panels[len(spec.layers) :]:
        panel.set_axis_off()
    for idx, (panel, layer) in enumerate(zip(panels, spec.layers, strict=False)):
        panel.imshow(pixels, extent=(0, pixels.shape[1], pixels.shape[0], 0), alpha=0.9)
        _draw_layer(panel, layer, placement.content_hw, colors)
        panel.set_xlim(limits[0], limits[1])
        panel.set_ylim(limits[3], limits[2])
        panel.set_title(_layer_title(idx, layer), fontsize=9)
        panel.tick_params(labelsize=7)
    handles = [Line2D([], [], color=color, lw=2.5) for color in colors.values()]
    figure.legend(handles, [f"{ratio:g}" for ratio in colors], loc="outside lower center",
                  ncols=min(len(colors), 10), title="aspect ratio (width / height)")  # fmt: skip
    height, width = placement.input_hw
    text = f"{spec.num_anchors:,} anchors on an input of {height}×{width} px (height×width)"
    if placement.content_hw != placement.input_hw:
        text += f", of which the image takes {placement.content_hw[0]}×{placement.content_hw[1]}"
    figure.suptitle(text, fontsize=11)
    _save(figure, path)


def plot_box_sizes(
    path: Path,
    sizes_hw: npt.NDArray[np.float64],
    is_matched: npt.NDArray[np.bool_],
    spec: AnchorSpec,
    threshold: float,
) -> None:
    """Draws widths and heights of boxes, matched and unmatched, with the anchor shapes as markers.

    Args:
        path: the PNG file to write.
        sizes_hw: [N, 2] in pixels; of more than `MAX_BOXES_DRAWN`, an evenly spaced sample of that
            many is drawn, and the title says so.
        is_matched: [N].
        spec: the anchors in pixels.
        threshold: the IoU from which an anchor matches a box.
    """
    figure = _new_figure(10, 8)
    axes = figure.subplots()
    num_boxes = len(sizes_hw)
    drawn = np.arange(num_boxes)
    if num_boxes > MAX_BOXES_DRAWN:
        drawn = np.linspace(0, num_boxes - 1, MAX_BOXES_DRAWN).astype(int)
    for wanted, color, name in (
        (True, _MATCHED_COLOR, "matched"),
        (False, _UNMATCHED_COLOR, "unmatched"),
    ):
        some = sizes_hw[drawn][is_matched[drawn] == wanted]
        total = int((is_matched == wanted).sum())
        axes.scatter(some[:, 1], some[:, 0], s=9, c=color, alpha=0.45, linewidths=0,
                     label=f"{total:,} {name} boxes")  # fmt: skip
    _draw_shapes(axes, spec)
    _set_size_axes(axes)
    title = f"Sizes of boxes, matched at IoU {threshold:g} or not, and of anchors"
    if len(drawn) < num_boxes:
        title += f"\n({len(drawn):,} of {num_boxes:,} boxes drawn)"
    axes.set_title(title, fontsize=11)
    legend = axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0)
    for handle in legend.legend_handles[:2]:
        handle.set(alpha=1, sizes=[25])
    _save(figure, path)


def plot_shape_matches(
    path: Path,
    spec: AnchorSpec,
    num_matched: Sequence[int],
    num_best: Sequence[int],
    num_boxes: int,
) -> None:
    """Draws bars: how many boxes each anchor shape matches, and for how many it is the best.

    Args:
        path: the PNG file to write.
        spec: the anchors in pixels, with S shapes.
        num_matched: S counts.
        num_best: S counts, none above the one beside it.
        num_boxes: of the records, for the title.
    """
    labels, bar_colors = [], []
    shades = _layer_colors(len(spec.layers))
    for idx, layer in enumerate(spec.layers):
        for height, width in layer.box_sizes_hw:
            labels.append(f"layer {idx}: {height:.0f}×{width:.0f}")
            bar_colors.append(shades[idx])
    figure = _new_figure(8.5, 0.21 * len(labels) + 1.4)
    axes = figure.subplots()
    places = np.arange(len(labels))
    axes.barh(places, num_matched, color=bar_colors, alpha=0.4)
    axes.barh(places, num_best, color=bar_colors)
    for place, count in zip(places, num_matched, strict=True):
        axes.annotate(f"{count:,}", (count, place), xytext=(3, 0), textcoords="offset points",
                      va="center", fontsize=7)  # fmt: skip
    axes.set_yticks(places, labels, fontsize=8)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(0, max([*num_matched, 1]) * 1.1)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_title(f"Boxes that each anchor shape (height×width px) matches, of {num_boxes:,}\n"
                   "dark: no other shape overlaps them more", fontsize=11)  # fmt: skip
    _save(figure, path)


def _new_figure(width_in: float, height_in: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, dpi=_DPI, format="png")


def _ratio(size_hw: tuple[float, float]) -> float:
    return round(size_hw[1] / size_hw[0], 2)


def _ratio_colors(spec: AnchorSpec) -> dict[float, Any]:
    import matplotlib

    ratios = sorted({_ratio(size) for layer in spec.layers for size in layer.box_sizes_hw})
    palette = matplotlib.colormaps["tab10" if len(ratios) <= 10 else "turbo"]
    count = 10 if len(ratios) <= 10 else len(ratios)
    return {ratio: palette((idx + 0.5) / count) for idx, ratio in enumerate(ratios)}


def _layer_colors(count: int) -> list[Any]:
    import matplotlib

    palette = matplotlib.colormaps["viridis"]
    return [palette(idx / max(1, count - 1)) for idx in range(count)]


def _limits(spec: AnchorSpec, placement: Placement) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of a panel: the input, with a margin for larger anchors."""
    height, width = placement.input_hw
    middle = [_middle_boxes(layer, placement.content_hw) for layer in spec.layers]
    boxes = np.concatenate(middle)
    over_y, over_x = (
        float(max(0, -boxes[:, axis].min(), boxes[:, axis + 2].max() - side))
        for axis, side in enumerate((height, width))
    )
    edge = 0.02 * max(height, width)
    margin_y = min(over_y, _MAX_MARGIN * height) + edge
    margin_x = min(over_x, _MAX_MARGIN * width) + edge
    return -margin_x, width + margin_x, -margin_y, height + margin_y


def _middle_boxes(layer: AnchorLayer, content_hw: tuple[int, int]) -> npt.NDArray[np.float64]:
    """The anchors of the cell nearest to the image's center, [boxes, 4] yxyx."""
    offsets_yx = layer.centers_yx().reshape(-1, 2) - np.array(content_hw) / 2
    nearest = np.hypot(*offsets_yx.T).round(3).argmin()  # of equals the first
    return layer.boxes_yxyx().reshape(len(offsets_yx), -1, 4)[nearest]


def _draw_layer(
    panel: Any, layer: AnchorLayer, content_hw: tuple[int, int], colors: dict[float, Any]
) -> None:
    centers_yx = layer.centers_yx().reshape(-1, 2)
    size = float(np.clip(4000 / len(centers_yx), 0.8, 16))
    rim = 0.3 if size > 3 else 0
    panel.scatter(centers_yx[:, 1], centers_yx[:, 0], s=size, c="white", edgecolors="black",
                  linewidths=rim)  # fmt: skip
    boxes = _middle_boxes(layer, content_hw)
    for (ymin, xmin, ymax, xmax), size_hw in zip(boxes, layer.box_sizes_hw, strict=True):
        _draw_rectangle(panel, (xmin, ymin, xmax, ymax), colors[_ratio(size_hw)])


def _draw_rectangle(panel: Any, box_xyxy_px: tuple[float, ...], color: Any) -> None:
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import Normal, Stroke

    xmin, ymin, xmax, ymax = box_xyxy_px
    # A dark rim, as the image may have any color.
    rim = [Stroke(linewidth=3, foreground="black", alpha=0.6), Normal()]
    rectangle = Rectangle(
        (xmin, ymin), xmax - xmin, ymax - ymin, fill=False, ec=color, lw=1.8, path_effects=rim
    )
    panel.add_patch(rectangle)


def _draw_shapes(axes: Any, spec: AnchorSpec) -> None:
    """The anchor shapes as markers, one color and marker per layer."""
    shades = _layer_colors(len(spec.layers))
    for idx, (layer, marker) in enumerate(zip(spec.layers, itertools.cycle(_LAYER_MARKERS))):
        heights, widths = zip(*layer.box_sizes_hw, strict=True)
        axes.scatter(widths, heights, s=60, marker=marker, facecolors=[shades[idx]],
                     edgecolors="black", label=f"anchors of layer {idx}")  # fmt: skip


def _set_size_axes(axes: Any) -> None:
    """Width and height on logarithmic axes of the same scale."""
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_aspect("equal", adjustable="datalim")
    axes.grid(alpha=0.3)
    axes.set_xlabel("width in px of the network's input")
    axes.set_ylabel("height in px of the network's input")


def _layer_title(idx: int, layer: AnchorLayer) -> str:
    scales = sorted({round((height * width) ** 0.5, 1) for height, width in layer.box_sizes_hw})
    rows, columns = layer.grid_hw
    step_y, step_x = layer.step_yx
    step = f"{step_y:.4g}" if abs(step_y - step_x) < 0.01 else f"{step_y:.4g}×{step_x:.4g}"
    noun = "scale" if len(scales) == 1 else "scales"
    return (
        f"layer {idx}: {rows}×{columns} cells, {step} px apart\n"
        f"{noun} {', '.join(f'{scale:.4g}' for scale in scales)} px, "
        f"{layer.num_anchors:,} anchors"
    )
