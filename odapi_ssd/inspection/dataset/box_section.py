"""The page's sections on sizes: of boxes, of images, and of anchors over them."""

from collections import Counter

import numpy as np
import numpy.typing as npt

from odapi_ssd.inspection.anchors.recall import SIZE_CLASSES, size_class_idx
from odapi_ssd.inspection.dataset.charts import chart_figure, columns, place_map
from odapi_ssd.inspection.dataset.findings import DatasetFindings
from odapi_ssd.inspection.dataset.markup import Child, Markup, element
from odapi_ssd.inspection.dataset.size_plane import box_size_plane, image_size_plane
from odapi_ssd.inspection.dataset.statistics import DatasetStatistics, quantiles
from odapi_ssd.inspection.dataset.tables import match_table, split_legend, table

__all__ = ["box_section"]

_RATIO_EDGES = (1 / 8, 1 / 5, 1 / 3, 1 / 2, 2 / 3, 1, 3 / 2, 2, 3, 5, 8)
# From this on.
_RATIO_LABELS = ("<⅛", "⅛", "⅕", "⅓", "½", "⅔", "1", "1½", "2", "3", "5", "8")
_MAX_COLUMNS = 30
_NUM_IMAGE_SIZES = 8


def box_section(findings: DatasetFindings) -> Markup:
    """Boxes, images and, with a template, anchors."""
    statistics = findings.statistics
    charts: list[Child] = []
    if statistics.total.num_images:
        charts.append(_objects_per_image(statistics))
    if statistics.total.num_objects:
        charts += [_ratios(statistics), _places(statistics), _box_sizes(statistics)]
    if statistics.total.num_images:
        charts.append(_image_sizes(statistics))
    return element(
        "section",
        element("h2", "Boxes", id="boxes"),
        None if charts else element("p", "There is no usable image.", class_="quiet"),
        element("div", charts, class_="charts"),
        _anchors(findings),
    )


def _objects_per_image(statistics: DatasetStatistics) -> Markup:
    per_image = statistics.total.num_objects_per_image
    most = max(per_image)
    step = max(1, -(-(most + 1) // _MAX_COLUMNS))
    num = most // step + 1
    labels = [str(first * step) if step == 1 else f"{first * step}+" for first in range(num)]
    counts = [
        np.bincount(np.asarray(split.num_objects_per_image, np.int64) // step, minlength=num)
        for split in statistics.splits.values()
    ]
    mean = statistics.total.num_objects / statistics.total.num_images
    text = f"{mean:.1f} on average, {most:,} at most"
    svg = columns(labels, counts, "objects in the image", f"Images by number of objects: {text}")
    return chart_figure("Objects per image", text, svg, split_legend(statistics))


def _box_sizes(statistics: DatasetStatistics) -> Markup:
    sizes = statistics.sizes_hw_px()
    counts = _count_sizes(sizes)
    text = (
        f"Median {_median(sizes[:, 1])}×{_median(sizes[:, 0])} pixels of the image. "
        + ", ".join(f"{count:,} {name}" for name, count in counts.items())
        + " (under 32² pixels, under 96², larger)"
    )
    return chart_figure("Sizes of boxes", text, box_size_plane(sizes, None, text))


def _ratios(statistics: DatasetStatistics) -> Markup:
    sizes = statistics.sizes_hw_px()
    place = np.searchsorted(_RATIO_EDGES, sizes[:, 1] / sizes[:, 0], side="right")
    counts = np.bincount(place, minlength=len(_RATIO_LABELS))
    found = quantiles(sizes[:, 1] / sizes[:, 0])
    assert found is not None
    text = f"Half of them from {found['p25']:.2f} to {found['p75']:.2f}"
    svg = columns(_RATIO_LABELS, [counts], "width / height, from", f"Boxes by aspect ratio: {text}")
    return chart_figure("Aspect ratios", text, svg)


def _places(statistics: DatasetStatistics) -> Markup:
    text = "Where in the image the centers of boxes are: the stronger the color, the more"
    svg = place_map(statistics.boxes_yxyx, text)
    return chart_figure("Places of boxes", text, svg)


def _image_sizes(statistics: DatasetStatistics) -> Markup:
    sizes = statistics.image_sizes
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    rows: list[list[Child]] = [
        [f"{width:,}×{height:,}", count] for (height, width), count in ordered
    ]
    shown = rows[:_NUM_IMAGE_SIZES]
    if len(rows) > len(shown):
        rest = sum(count for _, count in ordered[_NUM_IMAGE_SIZES:])
        shown.append([f"{len(rows) - len(shown):,} other sizes", rest])
    text = f"{len(sizes):,} different" if len(sizes) > 1 else "All of the same size"
    below = table("The most frequent sizes", ("width×height", "images"), shown, is_wide=False)
    svg = image_size_plane(sizes, f"Sizes of images: {text}") if len(sizes) > 1 else None
    return chart_figure("Sizes of images", text, svg, below)


def _anchors(findings: DatasetFindings) -> Child:
    matches = findings.matches
    if matches is None:
        return None
    height, width = matches.input_hw
    title = element("h2", f"Anchors of {matches.template}", id="anchors")
    if not matches.by_size:
        return [title, element("p", "There is no box to match.")]
    num_boxes, num_matched = len(matches.is_matched), int(matches.is_matched.sum())
    words = (
        f"{num_matched:,} of {num_boxes:,} boxes ({num_matched / num_boxes:.1%}) are matched by an "
        f"anchor: their IoU is {matches.threshold:g} or more, at an input of {width}×{height} "
        "pixels. The others are learned only where the matcher forces its best anchor on them. At "
        "best position: the boxes that would match if anchors were centered on them."
    )
    text = (
        f"Boxes in pixels of the {width}×{height} input. A circle is one shape of the "
        f"{matches.spec.num_anchors:,} anchors; the dashed line encloses the sizes that they can "
        "match"
    )
    svg = box_size_plane(matches.sizes_hw_px, matches, text)
    chart = chart_figure("Boxes and anchors", text, svg)
    return [
        title,
        element("p", words),
        match_table(matches.by_size),
        element("div", chart, class_="charts big"),
    ]


def _count_sizes(sizes_hw_px: npt.NDArray[np.float64]) -> Counter[str]:
    corners = np.concatenate([np.zeros_like(sizes_hw_px), sizes_hw_px], axis=1)
    counts = np.bincount(size_class_idx(corners), minlength=len(SIZE_CLASSES))
    return Counter({name: int(num) for (name, _), num in zip(SIZE_CLASSES, counts, strict=True)})


def _median(values: npt.NDArray[np.float64]) -> str:
    return f"{np.median(values):.0f}"
