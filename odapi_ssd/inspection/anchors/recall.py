"""Recall of a config's anchors on the boxes of records: by anchor shape and by size of box.

A box is matched if its IoU with an anchor reaches the matcher's threshold. Forced matches
(`force_match_for_each_row`), which give every box its best anchor, do not count.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from odapi_ssd.inspection.anchors.geometry import AnchorGeometry
from odapi_ssd.inspection.anchors.overlaps import ShapeOverlaps, overlap_shapes
from odapi_ssd.inspection.anchors.record_boxes import RecordBoxes
from odapi_ssd.ssd.anchors import AnchorSpec

__all__ = [
    "SIZE_CLASSES",
    "BoxMatches",
    "ShapeRow",
    "SizeRow",
    "SplitRecall",
    "match_boxes",
    "recall_of",
    "shape_rows",
    "size_class_idx",
]

# COCO's size classes, each with the area in square pixels that its boxes stay below.
SIZE_CLASSES = (("small", 32.0**2), ("medium", 96.0**2), ("large", float("inf")))


@dataclass(frozen=True)
class ShapeRow:
    """One anchor shape: a height and width on one layer, in pixels of the input.

    Attributes:
        layer_idx: the feature map, from 0.
        grid_hw: its cells.
        step_yx_px: distance between the centers of neighboring cells.
        size_hw_px: height and width of the anchors.
        num_anchors: one per cell.
        num_matched: boxes that these anchors match; None without records.
        num_best: matched boxes that no other shape overlaps more; None without records.
    """

    layer_idx: int
    grid_hw: tuple[int, int]
    step_yx_px: tuple[float, float]
    size_hw_px: tuple[float, float]
    num_anchors: int
    num_matched: int | None = None
    num_best: int | None = None


@dataclass(frozen=True)
class SizeRow:
    """The boxes of one size class.

    Attributes:
        name: one of `SIZE_CLASSES`, or "all".
        num_boxes: boxes of this size.
        num_matched: boxes that an anchor matches.
        num_matched_at_best_position: boxes that an anchor would match if it were centered on them.
        mean_best_iou: mean over the boxes of their highest IoU with any anchor; NaN for no boxes.
    """

    name: str
    num_boxes: int
    num_matched: int
    num_matched_at_best_position: int
    mean_best_iou: float

    @property
    def recall(self) -> float:
        """The share of the boxes that are matched; NaN for no boxes."""
        return self.num_matched / self.num_boxes if self.num_boxes else float("nan")


@dataclass(frozen=True)
class SplitRecall:
    """Recall on the records of one split.

    Attributes:
        split: "train" or "val".
        num_images: images in the records.
        by_size: a row for each size class and, last, for all boxes.
    """

    split: str
    num_images: int
    by_size: tuple[SizeRow, ...]


@dataclass(frozen=True)
class BoxMatches:
    """N boxes of records in the network's input, and the anchors that they overlap.

    Attributes:
        split: "train" or "val".
        boxes: as the records hold them.
        boxes_yxyx_px: float64 [N, 4], in pixels of the input that each box's image is resized to.
        overlaps: of these boxes with the anchor shapes.
        is_matched: bool [N], whether an anchor's IoU with the box reaches the threshold.
        is_matched_at_best_position: bool [N], whether one would if it were centered on the box.
    """

    split: str
    boxes: RecordBoxes
    boxes_yxyx_px: npt.NDArray[np.float64]
    overlaps: ShapeOverlaps
    is_matched: npt.NDArray[np.bool_]
    is_matched_at_best_position: npt.NDArray[np.bool_]


def match_boxes(
    geometry: AnchorGeometry, boxes: RecordBoxes, split: str, threshold: float
) -> BoxMatches:
    """Matches boxes with anchors, each box in the input that its image is resized to.

    Args:
        geometry: of the config.
        boxes: of the records; may be none.
        split: "train" or "val".
        threshold: the IoU from which an anchor matches a box.
    """
    placements = [geometry.place(image_hw) for image_hw in boxes.image_hws]
    content_hws = np.array([one.content_hw for one in placements], np.float64)
    boxes_px = boxes.boxes_yxyx * np.tile(content_hws, 2)[boxes.image_idx]
    input_hws = np.array([one.input_hw for one in placements])
    overlaps = _overlap_by_input(geometry, boxes_px, input_hws, boxes.image_idx, threshold)
    limit = np.float32(threshold)
    return BoxMatches(
        split=split,
        boxes=boxes,
        boxes_yxyx_px=boxes_px,
        overlaps=overlaps,
        is_matched=overlaps.best_iou >= limit,
        is_matched_at_best_position=overlaps.best_position_iou >= limit,
    )


def shape_rows(spec: AnchorSpec, matches: BoxMatches | None) -> tuple[ShapeRow, ...]:
    """A row for each anchor shape of a specification in pixels; with counts if there are any."""
    rows = [
        ShapeRow(idx, layer.grid_hw, layer.step_yx, size_hw, layer.grid_hw[0] * layer.grid_hw[1])
        for idx, layer in enumerate(spec.layers)
        for size_hw in layer.box_sizes_hw
    ]
    if matches is None:
        return tuple(rows)
    best_of_matched = matches.overlaps.best_shape_idx[matches.is_matched]
    num_best = np.bincount(best_of_matched, minlength=len(rows))
    return tuple(
        replace(row, num_matched=int(matched), num_best=int(best))
        for row, matched, best in zip(rows, matches.overlaps.num_matched, num_best, strict=True)
    )


def recall_of(matches: BoxMatches) -> SplitRecall:
    """Recall by size of the boxes in the input."""
    size_idx = size_class_idx(matches.boxes_yxyx_px)

    def row(name: str, is_in: npt.NDArray[np.bool_]) -> SizeRow:
        ious = matches.overlaps.best_iou[is_in]
        return SizeRow(
            name=name,
            num_boxes=len(ious),
            num_matched=int(matches.is_matched[is_in].sum()),
            num_matched_at_best_position=int(matches.is_matched_at_best_position[is_in].sum()),
            mean_best_iou=float(ious.mean()) if len(ious) else float("nan"),
        )

    rows = [row(name, size_idx == idx) for idx, (name, _) in enumerate(SIZE_CLASSES)]
    rows.append(row("all", np.ones(len(size_idx), bool)))
    return SplitRecall(matches.split, len(matches.boxes.image_names), tuple(rows))


def size_class_idx(boxes_yxyx_px: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The index in `SIZE_CLASSES` of each box, int64 [N], by its area in pixels."""
    boxes = np.asarray(boxes_yxyx_px, np.float64).reshape(-1, 4)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    limits = [limit for _, limit in SIZE_CLASSES[:-1]]
    return np.searchsorted(limits, areas, side="right").astype(np.int64)


def _overlap_by_input(
    geometry: AnchorGeometry,
    boxes_px: npt.NDArray[np.float64],
    input_hws: npt.NDArray[np.int64],
    image_idx: npt.NDArray[np.int64],
    threshold: float,
) -> ShapeOverlaps:
    """Overlaps of N boxes, each with the anchors for the input size of its image.

    Args:
        geometry: of the config.
        boxes_px: [N, 4], yxyx in pixels of the input.
        input_hws: [I, 2], the input of each image.
        image_idx: [N], the image of each box.
        threshold: the IoU from which an anchor matches a box.
    """
    sizes_hw, size_idx = np.unique(input_hws, axis=0, return_inverse=True)
    box_size_idx = size_idx.reshape(-1)[image_idx]
    order = np.argsort(box_size_idx, kind="stable")
    counts = np.bincount(box_size_idx, minlength=len(sizes_hw))
    parts = []
    for input_hw, of_size in zip(sizes_hw, np.split(order, counts.cumsum()[:-1]), strict=True):
        spec = geometry.spec_px((int(input_hw[0]), int(input_hw[1])))
        parts.append(overlap_shapes(boxes_px[of_size], spec, threshold))
    back = np.argsort(order)
    return ShapeOverlaps(
        best_iou=np.concatenate([part.best_iou for part in parts])[back],
        best_shape_idx=np.concatenate([part.best_shape_idx for part in parts])[back],
        best_position_iou=np.concatenate([part.best_position_iou for part in parts])[back],
        num_matched=np.sum([part.num_matched for part in parts], axis=0),
    )
