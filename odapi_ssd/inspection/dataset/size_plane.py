"""Widths and heights on logarithmic axes as SVG: boxes as a heat map, anchors over it; image sizes.

A dashed line encloses the sizes that anchors can match: those of which an anchor, centered on the
box, reaches the IoU.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from odapi_ssd.inspection.dataset.charts import heat
from odapi_ssd.inspection.dataset.markup import Child, Markup, element

if TYPE_CHECKING:
    from odapi_ssd.inspection.dataset.template_anchors import TemplateMatches

__all__ = ["box_size_plane", "image_size_plane"]

_WIDTH, _HEIGHT = 400.0, 400.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 10.0, 10.0, 40.0
_PLANE = _WIDTH - _LEFT - _RIGHT  # and as high
_CELLS_PER_OCTAVE = 6


@dataclass(frozen=True)
class _Axes:
    """The same logarithmic axis for width and height, from 2**first to 2**last pixels."""

    first: int
    last: int

    @property
    def octave(self) -> float:
        return _PLANE / (self.last - self.first)

    def x(self, width_px: float) -> float:
        return _LEFT + (math.log2(width_px) - self.first) * self.octave

    def y(self, height_px: float) -> float:
        return _TOP + (self.last - math.log2(height_px)) * self.octave


def box_size_plane(
    sizes_hw_px: npt.NDArray[np.float64], matches: "TemplateMatches | None", alt: str
) -> Markup:
    """How many boxes have which width and height.

    Args:
        sizes_hw_px: [N, 2], above 0.
        matches: with the anchors to draw, in the same pixels; None for none.
        alt: the chart in words.
    """
    anchors = None if matches is None else _anchor_sizes(matches)
    axes = _axes_for(sizes_hw_px if anchors is None else np.concatenate([sizes_hw_px, anchors]))
    num_cells = (axes.last - axes.first) * _CELLS_PER_OCTAVE
    logs = np.log2(np.maximum(sizes_hw_px, 2.0**axes.first))
    limits = (axes.first, axes.last)
    counts, _, _ = np.histogram2d(logs[:, 0], logs[:, 1], bins=num_cells, range=(limits, limits))
    cell = _PLANE / num_cells
    parts: list[Child] = [_frame(axes), heat(counts[::-1], _LEFT, _TOP, cell, cell)]
    if matches is not None and anchors is not None:
        parts.append(_reach(anchors, matches.threshold, axes, num_cells))
        parts += [
            element("circle", element("title", f"anchor {width:.0f}×{height:.0f}"),
                    cx=axes.x(width), cy=axes.y(height), r="3.5", class_="anchor")
            for height, width in anchors
        ]  # fmt: skip
    return _svg(alt, parts)


def image_size_plane(counts: Mapping[tuple[int, int], int], alt: str) -> Markup:
    """How many images have which size: circles whose area says how many.

    Args:
        counts: by height and width in pixels; not empty.
        alt: the chart in words.
    """
    axes = _axes_for(np.array(list(counts), np.float64))
    most = max(counts.values())
    shown = sorted(counts.items(), key=lambda item: -item[1])[:400]
    circles = [
        element("circle", element("title", f"{width:,}×{height:,}: {count:,}"), cx=axes.x(width),
                cy=axes.y(height), r=max(2.5, 16 * math.sqrt(count / most)), class_="heat",
                fill_opacity="0.55")
        for (height, width), count in shown
    ]  # fmt: skip
    return _svg(alt, [_frame(axes), circles])


def _anchor_sizes(matches: "TemplateMatches") -> npt.NDArray[np.float64]:
    """Height and width of all anchor shapes in pixels, [S, 2]."""
    sizes = {size for layer in matches.spec.layers for size in layer.box_sizes_hw}
    return np.array(sorted(sizes), np.float64)


def _axes_for(sizes_hw_px: npt.NDArray[np.float64]) -> _Axes:
    logs = np.log2(np.clip(sizes_hw_px, 0.5, None)) if len(sizes_hw_px) else np.array([4.0, 8.0])
    first, last = math.floor(logs.min()), math.ceil(logs.max() + 1e-9)
    return _Axes(first, max(last, first + 2))


def _frame(axes: _Axes) -> list[Markup]:
    """Grid, numbers, titles, and guides for aspect ratios."""
    bottom, right = _TOP + _PLANE, _LEFT + _PLANE
    parts = []
    every = -(-(axes.last - axes.first) // 10)
    for power in range(axes.first, axes.last + 1, every):
        x, y, label = axes.x(2.0**power), axes.y(2.0**power), f"{2.0**power:g}"
        parts += [
            element("line", x1=x, x2=x, y1=_TOP, y2=bottom, class_="grid"),
            element("line", x1=_LEFT, x2=right, y1=y, y2=y, class_="grid"),
            element("text", label, x=x, y=bottom + 15, text_anchor="middle"),
            element("text", label, x=_LEFT - 5, y=y + 4, text_anchor="end"),
        ]
    parts.append(element("line", x1=_LEFT, y1=bottom, x2=right, y2=_TOP, class_="guide"))
    middle_x, middle_y = (_LEFT + right) / 2, (_TOP + bottom) / 2
    parts += [
        element("text", "width in pixels", x=middle_x, y=_HEIGHT - 6, text_anchor="middle"),
        element("text", "height in pixels", x="11", y=middle_y, text_anchor="middle",
                transform=f"rotate(-90 11 {middle_y:g})"),
    ]  # fmt: skip
    return parts


def _reach(
    anchors_hw: npt.NDArray[np.float64], threshold: float, axes: _Axes, num_cells: int
) -> Markup:
    """The outline of the sizes that an anchor can match."""
    centers = 2.0 ** (axes.first + (np.arange(num_cells) + 0.5) / _CELLS_PER_OCTAVE)
    heights, widths = centers[::-1, None, None], centers[None, :, None]
    shared = np.minimum(heights, anchors_hw[:, 0]) * np.minimum(widths, anchors_hw[:, 1])
    union = heights * widths + anchors_hw.prod(axis=1) - shared
    is_in = np.pad((shared / union).max(axis=2) >= threshold, 1)
    cell = _PLANE / num_cells
    steps = []
    for row, column in np.argwhere(is_in[1:, :] != is_in[:-1, :]):
        steps.append(f"M{_LEFT + (column - 1) * cell:.1f} {_TOP + row * cell:.1f}h{cell:.1f}")
    for row, column in np.argwhere(is_in[:, 1:] != is_in[:, :-1]):
        steps.append(f"M{_LEFT + column * cell:.1f} {_TOP + (row - 1) * cell:.1f}v{cell:.1f}")
    return element("path", d=Markup("".join(steps)), class_="reach")


def _svg(alt: str, parts: Child) -> Markup:
    return element("svg", parts, viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}", role="img", aria_label=alt)
