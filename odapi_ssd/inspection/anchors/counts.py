"""Counts what a config's anchors do with the boxes of records: by anchor shape, by size of box."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from odapi_ssd.inspection.anchors.geometry import AnchorGeometry
from odapi_ssd.inspection.anchors.recall import SIZE_CLASSES, Coverage, cover, size_class_idx
from odapi_ssd.inspection.anchors.record_boxes import RecordBoxes
from odapi_ssd.ssd.anchors import AnchorSpec

__all__ = [
    "BoxCounts",
    "CoveredBoxes",
    "ShapeRow",
    "SizeRow",
    "count_boxes",
    "cover_records",
    "shape_rows",
]


@dataclass(frozen=True)
class ShapeRow:
    """One anchor shape: a height and width of one layer, in pixels of the input.

    Attributes:
        layer_idx: the feature map, from 0.
        grid_hw: its cells.
        step_yx_px: from one cell's center to the next.
        size_hw_px: height and width of the anchors.
        num_anchors: one per cell.
        num_caught: boxes that they overlap by the threshold; None without records.
        num_best: those among them that no other shape overlaps more; None without records.
    """

    layer_idx: int
    grid_hw: tuple[int, int]
    step_yx_px: tuple[float, float]
    size_hw_px: tuple[float, float]
    num_anchors: int
    num_caught: int | None = None
    num_best: int | None = None


@dataclass(frozen=True)
class SizeRow:
    """The boxes of one class of size.

    Attributes:
        name: one of `SIZE_CLASSES`, or "all".
        num_boxes: how many there are.
        num_caught: those that an anchor overlaps by the threshold.
        num_caught_if_centerd: those that one would, if one stood right on each of them.
        mean_best_iou: NaN for no boxes.
    """

    name: str
    num_boxes: int
    num_caught: int
    num_caught_if_centerd: int
    mean_best_iou: float


@dataclass(frozen=True)
class BoxCounts:
    """What was counted over the records.

    Attributes:
        split: "train" or "val".
        num_images: images read: all that there are.
        by_size: for each class of size and, last, for all.
    """

    split: str
    num_images: int
    by_size: tuple[SizeRow, ...]


@dataclass(frozen=True)
class CoveredBoxes:
    """N boxes of records in the network's input, and what the anchors do with them.

    Attributes:
        split: "train" or "val".
        boxes: as the records hold them.
        boxes_yxyx_px: float64 [N, 4], in pixels of the input that each box's image makes.
        coverage: of these boxes.
        is_caught: bool [N], whether an anchor overlaps the box by the threshold.
    """

    split: str
    boxes: RecordBoxes
    boxes_yxyx_px: npt.NDArray[np.float64]
    coverage: Coverage
    is_caught: npt.NDArray[np.bool_]


def cover_records(
    geometry: AnchorGeometry, boxes: RecordBoxes, split: str, threshold: float
) -> CoveredBoxes:
    """Overlaps boxes and anchors, each box in the input that its image makes.

    Args:
        geometry: of the config.
        boxes: of the records; may hold none.
        split: what they are called.
        threshold: the IoU from which an anchor catches a box.
    """
    placements = [geometry.place(image_hw) for image_hw in boxes.image_hws]
    content_hws = np.array([one.content_hw for one in placements], np.float64)
    boxes_px = boxes.boxes_yxyx * np.tile(content_hws, 2)[boxes.image_idx]
    input_hws = np.array([one.input_hw for one in placements])
    sizes_hw, size_idx = np.unique(input_hws, axis=0, return_inverse=True)
    order = np.argsort(size_idx.reshape(-1)[boxes.image_idx], kind="stable")
    counts = np.bincount(size_idx.reshape(-1)[boxes.image_idx], minlength=len(sizes_hw))
    parts = []
    for input_hw, of_size in zip(sizes_hw, np.split(order, counts.cumsum()[:-1]), strict=True):
        spec = geometry.spec_px((int(input_hw[0]), int(input_hw[1])))
        parts.append(cover(boxes_px[of_size], spec, threshold))
    back = np.argsort(order)
    coverage = Coverage(
        best_iou=np.concatenate([part.best_iou for part in parts])[back],
        best_shape_idx=np.concatenate([part.best_shape_idx for part in parts])[back],
        centerd_iou=np.concatenate([part.centerd_iou for part in parts])[back],
        num_caught=np.sum([part.num_caught for part in parts], axis=0),
    )
    is_caught = coverage.best_iou >= np.float32(threshold)
    return CoveredBoxes(split, boxes, boxes_px, coverage, is_caught)


def shape_rows(spec: AnchorSpec, covered: CoveredBoxes | None) -> tuple[ShapeRow, ...]:
    """A row for each anchor shape of a specification in pixels; with counts if there are any."""
    rows = [
        ShapeRow(idx, layer.grid_hw, layer.step_yx, size_hw, layer.grid_hw[0] * layer.grid_hw[1])
        for idx, layer in enumerate(spec.layers)
        for size_hw in layer.box_sizes_hw
    ]
    if covered is None:
        return tuple(rows)
    best_of_caught = covered.coverage.best_shape_idx[covered.is_caught]
    num_best = np.bincount(best_of_caught, minlength=len(rows))
    return tuple(
        replace(row, num_caught=int(caught), num_best=int(best))
        for row, caught, best in zip(rows, covered.coverage.num_caught, num_best, strict=True)
    )


def count_boxes(covered: CoveredBoxes, threshold: float) -> BoxCounts:
    """Counts boxes by their size in the input."""
    size_idx = size_class_idx(covered.boxes_yxyx_px)
    would_be_caught = covered.coverage.centerd_iou >= np.float32(threshold)

    def row(name: str, is_in: npt.NDArray[np.bool_]) -> SizeRow:
        ious = covered.coverage.best_iou[is_in]
        return SizeRow(
            name=name,
            num_boxes=len(ious),
            num_caught=int(covered.is_caught[is_in].sum()),
            num_caught_if_centerd=int(would_be_caught[is_in].sum()),
            mean_best_iou=float(ious.mean()) if len(ious) else float("nan"),
        )

    rows = [row(name, size_idx == idx) for idx, (name, _) in enumerate(SIZE_CLASSES)]
    rows.append(row("all", np.ones(len(size_idx), bool)))
    return BoxCounts(covered.split, len(covered.boxes.image_names), tuple(rows))
