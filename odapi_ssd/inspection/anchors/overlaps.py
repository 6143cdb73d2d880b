"""Overlaps of ground-truth boxes with anchor shapes: the highest IoU that each box reaches.

An anchor shape is one height and width on one layer; its anchors are centered on the layer's cells.
The closer the centers of two boxes are in y and in x, the more the boxes overlap. So of a shape's
anchors, only the one of the cell nearest to a box is looked at: the result is exact, and costs
boxes × shapes instead of boxes × anchors.

NumPy only. The boxes come from `record_boxes`, the anchors from `geometry`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec

__all__ = ["ShapeOverlaps", "overlap_shapes"]

_BOXES_AT_ONCE = 16_384


@dataclass(frozen=True)
class ShapeOverlaps:
    """Overlaps of N boxes with the anchors of S shapes.

    Attributes:
        best_iou: float32 [N], the highest IoU of each box with any anchor, in 0..1.
        best_shape_idx: int64 [N], the shape of that anchor; the first one of equals.
        best_position_iou: float32 [N], the highest IoU that an anchor of any shape would have if it
            were centered on the box: the most that the shapes can reach, however dense the cells.
        num_matched: int64 [S], boxes with an IoU of the threshold or more with each shape. A box
            may be matched by several shapes.
    """

    best_iou: npt.NDArray[np.float32]
    best_shape_idx: npt.NDArray[np.int64]
    best_position_iou: npt.NDArray[np.float32]
    num_matched: npt.NDArray[np.int64]


def overlap_shapes(boxes_yxyx: npt.ArrayLike, spec: AnchorSpec, threshold: float) -> ShapeOverlaps:
    """Computes the overlaps of boxes with all anchors of a specification.

    Args:
        boxes_yxyx: float [N, 4] in the units of the specification; no box has zero area.
        spec: the anchors. Their shapes count layer by layer, in the order of `box_sizes_hw`.
        threshold: the IoU from which an anchor matches a box; compared in single precision, as the
            API does.
    Returns:
        Arrays of length 0 for no boxes.
    Raises:
        ValueError: boxes_yxyx is not [N, 4].
    """
    boxes = np.asarray(boxes_yxyx, np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"boxes_yxyx must be [N, 4], not {list(boxes.shape)}")
    num_shapes = sum(len(layer.box_sizes_hw) for layer in spec.layers)
    best_iou, best_position_iou = (np.zeros(len(boxes), np.float32) for _ in range(2))
    best_shape_idx = np.zeros(len(boxes), np.int64)
    num_matched = np.zeros(num_shapes, np.int64)
    for start in range(0, len(boxes), _BOXES_AT_ONCE):
        part = slice(start, start + _BOXES_AT_ONCE)
        by_layer = [_layer_iou(boxes[part], layer) for layer in spec.layers]
        iou = np.concatenate([nearest for nearest, _ in by_layer], axis=1)  # [n, S]
        best_shape_idx[part] = iou.argmax(axis=1)
        best_iou[part] = iou.max(axis=1)
        best_position_iou[part] = np.max([centered.max(axis=1) for _, centered in by_layer], axis=0)
        num_matched += (iou >= np.float32(threshold)).sum(axis=0)
    return ShapeOverlaps(best_iou, best_shape_idx, best_position_iou, num_matched)


def _layer_iou(
    boxes_yxyx: npt.NDArray[np.float64], layer: AnchorLayer
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """IoU of n boxes with each of a layer's shapes.

    Returns:
        float32 [n, shapes], with the anchor of the nearest cell; and the same with an anchor that
        is centered on the box.
    """
    sizes_hw = np.asarray(layer.box_sizes_hw, np.float64)
    overlaps, centered_overlaps = [], []
    for axis in (0, 1):
        sides = (boxes_yxyx[:, axis + 2] - boxes_yxyx[:, axis])[:, None]  # [n, 1]
        centers = (boxes_yxyx[:, axis + 2] + boxes_yxyx[:, axis]) / 2
        distances = _distance_to_grid(
            centers, layer.offset_yx[axis], layer.step_yx[axis], layer.grid_hw[axis]
        )[:, None]
        shorter = np.minimum(sides, sizes_hw[None, :, axis])
        reach = (sides + sizes_hw[None, :, axis]) / 2 - distances
        overlaps.append(np.clip(reach, 0, shorter))
        centered_overlaps.append(shorter)
    areas = np.prod(boxes_yxyx[:, 2:] - boxes_yxyx[:, :2], axis=1)[:, None]
    sums = areas + np.prod(sizes_hw, axis=1)
    intersections, centered = np.prod(overlaps, axis=0), np.prod(centered_overlaps, axis=0)
    return (
        (intersections / (sums - intersections)).astype(np.float32),
        (centered / (sums - centered)).astype(np.float32),
    )


def _distance_to_grid(
    values: npt.NDArray[np.float64], offset: float, step: float, count: int
) -> npt.NDArray[np.float64]:
    """How far each value is from the nearest of offset, offset + step, … (count of them)."""
    if step == 0:
        return np.abs(values - offset)
    nearest = np.clip(np.rint((values - offset) / step), 0, count - 1)
    return np.abs(values - offset - step * nearest)
