"""Areas of boxes, and the IoU of boxes with anchors."""

from typing import Any

import tensorflow as tf

__all__ = ["areas", "pairwise_iou"]


def areas(boxes_yxyx: Any) -> tf.Tensor:
    """The area of each box.

    Args:
        boxes_yxyx: float32 [..., 4].
    Returns:
        float32 [...]. A box with a minimum above its maximum gives a meaningless, perhaps negative
        area: this is not checked.
    """
    ymin, xmin, ymax, xmax = tf.unstack(boxes_yxyx, axis=-1)
    return (ymax - ymin) * (xmax - xmin)


def pairwise_iou(boxes_yxyx: Any, anchors_yxyx: Any) -> tf.Tensor:
    """Intersection over union of each box with each anchor.

    Args:
        boxes_yxyx: float32 [..., M, 4].
        anchors_yxyx: float32 [A, 4], the same for the whole batch, or [..., A, 4].
    Returns:
        float32 [..., M, A] in 0..1; 0 where they do not overlap, also for boxes of zero area.
    """
    ymin, xmin, ymax, xmax = (side[..., None] for side in tf.unstack(boxes_yxyx, axis=-1))
    anchor_ymin, anchor_xmin, anchor_ymax, anchor_xmax = (
        side[..., None, :] for side in tf.unstack(anchors_yxyx, axis=-1)
    )
    heights = tf.nn.relu(tf.minimum(ymax, anchor_ymax) - tf.maximum(ymin, anchor_ymin))
    widths = tf.nn.relu(tf.minimum(xmax, anchor_xmax) - tf.maximum(xmin, anchor_xmin))
    intersections = heights * widths
    box_areas = areas(boxes_yxyx)[..., None]
    unions = box_areas + areas(anchors_yxyx)[..., None, :] - intersections
    return tf.math.divide_no_nan(intersections, unions)
