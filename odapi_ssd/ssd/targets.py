"""What each anchor is to predict: a class and the encoding of its box."""

from typing import Any, NamedTuple

import tensorflow as tf

from odapi_ssd.ssd import box_coder
from odapi_ssd.ssd.matching import BACKGROUND

__all__ = ["Targets", "assign_targets"]


class Targets(NamedTuple):
    """What the predictions for each anchor are compared with, and how much it counts."""

    classes: tf.Tensor
    """float32 [B, A, C]."""
    encodings: tf.Tensor
    """float32 [B, A, 4]; 0 where an anchor has no box."""
    class_weights: tf.Tensor
    """float32 [B, A]; 0 where an anchor is ignored."""
    box_weights: tf.Tensor
    """float32 [B, A]; 0 where an anchor has no box."""


def assign_targets(
    matches: Any,
    boxes_yxyx: Any,
    labels: Any,
    weights: Any,
    anchors_yxyx: Any,
    *,
    background: Any,
    background_weight: float = 1.0,
    scales: Any = box_coder.SCALES,
) -> Targets:
    """Gathers for each anchor what belongs to the box that it was matched to.

    Args:
        matches: int32 [B, A], from `matching.match`.
        boxes_yxyx: float32 [B, M, 4], normalized and padded.
        labels: float32 [B, M, C], of each box, usually one-hot.
        weights: float32 [B, M], how much each box counts.
        anchors_yxyx: float32 [A, 4].
        background: float32 [C], the label of anchors without a box.
        background_weight: how much these count in classification.
        scales: of the box encodings.
    Returns:
        The targets. Ignored anchors have the background's label and no weight.
    """
    num_boxes = tf.shape(boxes_yxyx)[1]
    has_box = matches > BACKGROUND
    # One row more than there are boxes: what an anchor without a box has.
    row = tf.where(has_box, matches, num_boxes)
    backgrounds = tf.broadcast_to(background, [tf.shape(labels)[0], 1, labels.shape[-1]])
    classes = tf.gather(tf.concat([labels, backgrounds], axis=1), row, batch_dims=1)
    box_weights = tf.gather(tf.pad(weights, [[0, 0], [0, 1]]), row, batch_dims=1)
    background_weights = tf.where(matches == BACKGROUND, background_weight, 0.0)
    boxes = tf.gather(tf.pad(boxes_yxyx, [[0, 0], [0, 1], [0, 0]]), row, batch_dims=1)
    encodings = box_coder.encode(boxes, anchors_yxyx, scales)
    return Targets(
        classes,
        tf.where(has_box[..., None], encodings, 0.0),
        tf.where(has_box, box_weights, background_weights),
        box_weights,
    )
