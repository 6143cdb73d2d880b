"""Charts of counts as SVG: stacked columns, a bar in a table, a map of where boxes are.

Text is in the page's colors and never smaller than 11 units of a chart 400 wide, so that it can be
read on a phone.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from odapi_ssd.inspection.dataset.markup import Child, Markup, element

__all__ = ["bar", "chart_figure", "columns", "heat", "legend", "place_map", "split_class"]

_NUM_SPLIT_COLORS = 6
_WIDTH, _HEIGHT = 400.0, 220.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 8.0, 10.0, 38.0


def split_class(idx: int) -> str:
    """The class of the style sheet that colors a split."""
    return f"s{idx % _NUM_SPLIT_COLORS}"


def legend(entries: Sequence[tuple[str, str]]) -> Markup:
    """A legend of (class of the style sheet, name)."""
    items = [
        element("li", element("svg", element("rect", width="10", height="10", rx="2",
                                             class_=css_class),
                              class_="swatch", viewBox="0 0 10 10", aria_hidden="true"),
                element("bdi", name))
        for css_class, name in entries
    ]  # fmt: skip
    return element("ul", items, class_="legend")


def chart_figure(title: str, text: str, svg: Child, below: Child = None) -> Markup:
    """A chart with its title and a sentence that says what it shows."""
    caption = element("figcaption", element("b", title), element("span", text, class_="quiet"))
    return element("figure", caption, svg, below, class_="chart")


def bar(counts: Sequence[int], most: int) -> Markup:
    """A horizontal bar of the counts of each split, for a cell of a table."""
    x, parts = 0.0, []
    for idx, count in enumerate(counts):
        width = 100.0 * count / max(most, 1)
        # A class with one object must not look like one with none.
        width = max(width, 0.6) if count else 0.0
        parts.append(element("rect", x=x, y="0", width=width, height="10",
                             class_=split_class(idx)))  # fmt: skip
        x += width
    return element(
        "svg", parts, viewBox="0 0 100 10", preserveAspectRatio="none", aria_hidden="true"
    )


def columns(
    labels: Sequence[str], counts: Sequence[npt.NDArray[np.int64]], x_title: str, alt: str
) -> Markup:
    """Stacked columns.

    Args:
        labels: one for each column.
        counts: for each split the count of each column.
        x_title: what the labels are.
        alt: the chart in words.
    """
    totals = np.sum(np.asarray(counts, np.int64).reshape(-1, len(labels)), axis=0)
    top = _nice_ceiling(int(totals.max(initial=1)))
    width = (_WIDTH - _LEFT - _RIGHT) / len(labels)
    scale = (_HEIGHT - _TOP - _BOTTOM) / top
    parts: list[Child] = [_horizontal_grid(top, scale)]
    bases = np.zeros(len(labels))
    for idx, row in enumerate(counts):
        for place, count in enumerate(row):
            if not count:
                continue
            y = _HEIGHT - _BOTTOM - (bases[place] + count) * scale
            parts.append(element("rect", x=_LEFT + place * width + 0.06 * width, y=float(y),
                                 width=0.88 * width, height=float(count * scale),
                                 class_=split_class(idx)))  # fmt: skip
            bases[place] += count
    every = -(-len(labels) // 12)
    for place in range(0, len(labels), every):
        x = _LEFT + (place + 0.5) * width
        parts.append(element("text", labels[place], x=x, y=_HEIGHT - _BOTTOM + 15,
                             text_anchor="middle"))  # fmt: skip
    parts.append(element("text", x_title, x=(_LEFT + _WIDTH - _RIGHT) / 2, y=_HEIGHT - 5,
                         text_anchor="middle"))  # fmt: skip
    return _svg(_HEIGHT, alt, parts)


def place_map(boxes_yxyx: npt.NDArray[np.float64], alt: str, num_cells: int = 24) -> Markup:
    """A map of the image: the more boxes have their center in a cell, the stronger its color."""
    centers = (boxes_yxyx[:, :2] + boxes_yxyx[:, 2:]) / 2
    counts, _, _ = np.histogram2d(
        centers[:, 0], centers[:, 1], bins=num_cells, range=((0, 1), (0, 1))
    )
    side = 200.0
    left = (_WIDTH - side) / 2
    frame = element("rect", x=left, y="10", width=side, height=side, fill="none", class_="grid")
    cells = heat(counts, left, 10.0, side / num_cells, side / num_cells)
    return _svg(_HEIGHT, alt, [cells, frame])


def heat(
    counts: npt.NDArray[np.float64], left: float, top: float, width: float, height: float
) -> Markup:
    """Cells of a grid, the more opaque the higher their count, on a logarithmic scale.

    Args:
        counts: [rows, columns], from the top left.
        left: x of the first column.
        top: y of the first row.
        width: of a cell.
        height: of a cell.
    """
    most = np.log1p(counts.max(initial=1))
    cells = [
        element("rect", x=left + column * width, y=top + row * height,
                width=width, height=height, class_="heat",
                fill_opacity=float(0.12 + 0.88 * np.log1p(counts[row, column]) / most))
        for row, column in np.argwhere(counts)
    ]  # fmt: skip
    return element("g", cells)


def _svg(height: float, alt: str, parts: Child) -> Markup:
    return element("svg", parts, viewBox=f"0 0 {_WIDTH:g} {height:g}", role="img", aria_label=alt)


def _horizontal_grid(top: int, scale: float) -> list[Markup]:
    lines = []
    for value in sorted({0, top // 2, top} if top % 2 == 0 else {0, top}):
        y = _HEIGHT - _BOTTOM - value * scale
        lines.append(element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid"))
        lines.append(element("text", f"{value:,}", x=_LEFT - 5, y=y + 4, text_anchor="end"))
    return lines


def _nice_ceiling(value: int) -> int:
    """The next number of the form 1, 2, 4, 6, 8 or 10 times a power of ten."""
    power = 10 ** (len(str(max(value, 1))) - 1)
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value)
