"""The tables of the page: splits, classes, sizes, and boxes that anchors match."""

import math
from collections.abc import Mapping, Sequence

from odapi_ssd.inspection.anchors.recall import SizeRow
from odapi_ssd.inspection.dataset.charts import bar, legend, split_class
from odapi_ssd.inspection.dataset.figures import shown_name, swatch
from odapi_ssd.inspection.dataset.markup import Child, Markup, element
from odapi_ssd.inspection.dataset.statistics import (
    DatasetStatistics,
    SplitStatistics,
    quantiles,
)

__all__ = ["class_table", "match_table", "split_legend", "split_table", "table"]

_MAX_CLASSES = 300
_NUM_RAREST = 50
_MAX_SPLIT_COLUMNS = 8


def table(
    caption: str, headings: Sequence[Child], rows: Sequence[Sequence[Child]], *, is_wide: bool
) -> Markup:
    """A table whose first column holds the rows' headings; it scrolls within the page.

    Args:
        caption: what it shows.
        headings: of the columns; markup that is a `th` already stays as it is.
        rows: cells; markup that is a `td` already stays as it is.
        is_wide: whether it takes the page's width.
    """
    head = element("tr", [_heading(one) for one in headings])
    body = [
        element("tr", element("th", row[0], scope="row"), [_cell(one) for one in row[1:]])
        for row in rows
    ]
    whole = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", body),
        class_="wide" if is_wide else None,
    )
    return element("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)


def split_legend(statistics: DatasetStatistics) -> Markup:
    """Which color is which split."""
    return legend([(split_class(idx), name) for idx, name in enumerate(statistics.splits)])


def split_table(statistics: DatasetStatistics) -> Markup:
    """Images and objects of each split."""
    rows = [
        _split_row(element("bdi", shown_name(name)), figures)
        for name, figures in statistics.splits.items()
    ]
    if len(rows) > 1:
        rows.append(_split_row("in all", statistics.total))
    headings = ("split", "images", "without objects", "unusable", "objects", "per image", "most")
    return table("Images and objects of each split", headings, rows, is_wide=False)


def class_table(
    statistics: DatasetStatistics, colors: Mapping[str, str], without_objects: Sequence[str] = ()
) -> Markup:
    """Objects of each class in each split, the most frequent class first.

    Args:
        statistics: of the boxes.
        colors: by class name.
        without_objects: classes that the dataset declares and no box is of.
    """
    total = statistics.total.num_objects_per_class
    names = sorted({*total, *without_objects}, key=lambda name: (-total[name], name))
    num_left_out = max(0, len(names) - _MAX_CLASSES)
    if num_left_out:
        names = [*names[: _MAX_CLASSES - _NUM_RAREST], *names[-_NUM_RAREST:]]
    most = max(total.values(), default=1)
    splits = statistics.splits
    has_columns = 1 < len(splits) <= _MAX_SPLIT_COLUMNS
    rows: list[list[Child]] = []
    for name in names:
        counts = [figures.num_objects_per_class[name] for figures in splits.values()]
        rows.append([
            [swatch(colors[name]), element("bdi", shown_name(name))],
            *(counts if has_columns else ()),
            total[name],
            statistics.total.num_images_per_class[name],
            element("td", bar(counts, max(most, sum(counts))), class_="bar"),
        ])  # fmt: skip
    split_names = [element("bdi", shown_name(one)) for one in splits] if has_columns else []
    caption = "Objects of each class"
    if num_left_out:
        caption += f"; {num_left_out:,} classes between are in report.json"
    headings: list[Child] = [
        "class",
        *split_names,
        "objects",
        "images",
        element("th", "share of the largest", scope="col", class_="bar"),
    ]
    return table(caption, headings, rows, is_wide=True)


def match_table(rows: Sequence[SizeRow]) -> Markup:
    """Boxes that a template's anchors match, by size."""
    shown: list[list[Child]] = [
        [row.name, row.num_boxes, row.num_matched, _percent(row.recall),
         row.num_matched_at_best_position,
         "–" if math.isnan(row.mean_best_iou) else f"{row.mean_best_iou:.2f}"]
        for row in rows
    ]  # fmt: skip
    headings = ("size", "boxes", "matched", "share", "at best position", "mean best IoU")
    caption = "Sizes: small is under 32² pixels of the input, medium under 96²"
    return table(caption, headings, shown, is_wide=False)


def _split_row(name: Child, figures: SplitStatistics) -> list[Child]:
    per_image = quantiles(figures.num_objects_per_image)
    return [
        name,
        figures.num_images,
        figures.num_empty,
        figures.num_unusable,
        figures.num_objects,
        "–" if per_image is None else f"{figures.num_objects / figures.num_images:.1f}",
        "–" if per_image is None else f"{per_image['max']:,.0f}",
    ]


def _heading(content: Child) -> Markup:
    is_heading = isinstance(content, Markup) and content.startswith("<th")
    return Markup(content) if is_heading else element("th", content, scope="col")


def _cell(content: Child) -> Markup:
    is_cell = isinstance(content, Markup) and content.startswith("<td")
    return Markup(content) if is_cell else element("td", content)


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{share:.1%}"
