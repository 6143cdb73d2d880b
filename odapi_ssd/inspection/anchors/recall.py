"""How well anchors cover ground-truth boxes: what each anchor shape overlaps, and by how much.

An anchor shape is one height and width of one layer; its anchors stand at the centers of the
layer's cells. The nearer two boxes of given sizes are to each other in y and in x, the more they
overlap. So of a shape's anchors, the one of the cell nearest to a box overlaps it most, and none of
the others is looked at: the result is exact, and costs boxes × shapes instead of boxes × anchors.

NumPy alone. Where boxes and anchors come from is in `record_boxes` and `geometry`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec

__all__ = ["SIZE_CLASSES", "Coverage", "cover", "size_class_idx"]

# COCO's classes of size: what a box's area is below, in pixels.
SIZE_CLASSES = (("small", 32.0**2), ("medium", 96.0**2), ("large", float("inf")))

_BOXES_AT_ONCE = 16_384


@dataclass(frozen=True)
class Coverage:
    """What became of N boxes with S anchor shapes.

    Attributes:
        best_iou: float32 [N], the highest IoU of each box with any anchor, in 0..1.
        best_shape_idx: int64 [N], the shape of that anchor; the first one of equals.
        centerd_iou: float32 [N], the highest IoU that an anchor of any shape would have if it
            stood right at the box's center: what the shapes could do if cells were no matter.
        num_caught: int64 [S], boxes that each shape overlaps by the threshold or more. A box
            may be caught by several shapes.
    """

    best_iou: npt.NDArray[np.float32]
    best_shape_idx: npt.NDArray[np.int64]
    centerd_iou: npt.NDArray[np.float32]
    num_caught: npt.NDArray[np.int64]


def cover(boxes_yxyx: npt.ArrayLike, spec: AnchorSpec, threshold: float) -> Coverage:
    """Overlaps boxes with all anchors of a specification.

    Args:
        boxes_yxyx: float [N, 4] in the units of the specification; each has an area.
        spec: not clipped. Its shapes count layer by layer, in the order of `box_sizes_hw`.
        threshold: the IoU from which an anchor catches a box; compared in single precision, as the
            API does.
    Returns:
        Arrays of length 0 for no boxes.
    Raises:
        ValueError: boxes_yxyx is not [N, 4], or the specification clips.
    """
    boxes = np.asarray(boxes_yxyx, np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"boxes_yxyx must be [N, 4], not {list(boxes.shape)}")
    if spec.clip:
        raise ValueError("clipped anchors of one shape differ in size; take one without clip")
    num_shapes = sum(len(layer.box_sizes_hw) for layer in spec.layers)
    best_iou, centerd_iou = (np.zeros(len(boxes), np.float32) for _ in range(2))
    best_shape_idx = np.zeros(len(boxes), np.int64)
    num_caught = np.zeros(num_shapes, np.int64)
    for start in range(0, len(boxes), _BOXES_AT_ONCE):
        part = slice(start, start + _BOXES_AT_ONCE)
        both = [_layer_iou(boxes[part], layer) for layer in spec.layers]
        iou = np.concatenate([placed for placed, _ in both], axis=1)  # [n, S]
        best_shape_idx[part] = iou.argmax(axis=1)
        best_iou[part] = iou.max(axis=1)
        centerd_iou[part] = np.max([centerd.max(axis=1) for _, centerd in both], axis=0)
        num_caught += (iou >= np.float32(threshold)).sum(axis=0)
    return Coverage(best_iou, best_shape_idx, centerd_iou, num_caught)


def size_class_idx(boxes_yxyx_px: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The index in `SIZE_CLASSES` of each box, int64 [N], by its area in pixels."""
    boxes = np.asarray(boxes_yxyx_px, np.float64).reshape(-1, 4)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    limits = [limit for _, limit in SIZE_CLASSES[:-1]]
    return np.searchsorted(limits, areas, side="right").astype(np.int64)


def _layer_iou(
    boxes_yxyx: npt.NDArray[np.float64], layer: AnchorLayer
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """IoU of n boxes with each of a layer's shapes, [n, shapes]: as the cells lie, and centerd."""
    sizes_hw = np.asarray(layer.box_sizes_hw, np.float64)
    overlaps, centerd_overlaps = [], []
    for axis in (0, 1):
        sides = (boxes_yxyx[:, axis + 2] - boxes_yxyx[:, axis])[:, None]  # [n, 1]
        centers = (boxes_yxyx[:, axis + 2] + boxes_yxyx[:, axis]) / 2
        distances = _distance_to_grid(
            centers, layer.offset_yx[axis], layer.step_yx[axis], layer.grid_hw[axis]
        )[:, None]
        shorter = np.minimum(sides, sizes_hw[None, :, axis])
        reach = (sides + sizes_hw[None, :, axis]) / 2 - distances
        overlaps.append(np.clip(reach, 0, shorter))
        centerd_overlaps.append(shorter)
    areas = np.prod(boxes_yxyx[:, 2:] - boxes_yxyx[:, :2], axis=1)[:, None]
    sums = areas + np.prod(sizes_hw, axis=1)
    intersections, centerd = np.prod(overlaps, axis=0), np.prod(centerd_overlaps, axis=0)
    return (
        (intersections / (sums - intersections)).astype(np.float32),
        (centerd / (sums - centerd)).astype(np.float32),
    )


def _distance_to_grid(
    values: npt.NDArray[np.float64], offset: float, step: float, count: int
) -> npt.NDArray[np.float64]:
    """How far each value is from the nearest of offset, offset + step, … (count of them)."""
    if step == 0:
        return np.abs(values - offset)
    nearest = np.clip(np.rint((values - offset) / step), 0, count - 1)
    return np.abs(values - offset - step * nearest)
