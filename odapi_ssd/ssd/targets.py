"""Training targets of each anchor: its class and the encoding of its matched box."""

from typing import Any, NamedTuple

import tensorflow as tf

from odapi_ssd.ssd import box_coder
from odapi_ssd.ssd.matching import BACKGROUND

__all__ = ["Targets", "assign_targets"]


class Targets(NamedTuple):
    """Training targets of each anchor, and its weights in the loss."""

    classes: tf.Tensor
    """float32 [B, A, C]."""
    encodings: tf.Tensor
    """float32 [B, A, 4]; 0 for anchors without a matched box."""
    class_weights: tf.Tensor
    """float32 [B, A]; 0 for ignored anchors."""
    box_weights: tf.Tensor
    """float32 [B, A]; 0 for anchors without a matched box."""


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
    """Gathers the labels, encodings and weights of the boxes that the anchors are matched to.

    Args:
        matches: int32 [B, A], from `matching.match`.
        boxes_yxyx: float32 [B, M, 4], normalized and padded.
        labels: float32 [B, M, C], the class of each box, usually one-hot.
        weights: float32 [B, M], the weight of each box.
        anchors_yxyx: float32 [A, 4].
        background: float32 [C], the label of background anchors.
        background_weight: the weight of background anchors in the classification loss.
        scales: of the box encodings.
    Returns:
        The targets. Ignored anchors get the background label and the weight 0.
    """
    num_boxes = tf.shape(boxes_yxyx)[1]
    has_box = matches > BACKGROUND
    # One extra row after the boxes, for anchors without a matched box.
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
