"""Matching: assigns each anchor a ground-truth box, the background or nothing.

Liu et al., arXiv:1512.02325, section 2.2: each box is matched to its best anchor, that of the
highest IoU (the forced match); then every other anchor is matched to its best box if their IoU
reaches a threshold. The paper's code and the API differ in the first step: see `ForceMatch`.
"""

import enum
from typing import Any

import tensorflow as tf

from odapi_ssd.ssd.boxes import pairwise_iou

__all__ = ["BACKGROUND", "IGNORED", "ForceMatch", "match", "match_by_iou"]

# Matches that are not the index of a box: a negative example, and no example at all.
BACKGROUND = -1
IGNORED = -2


class ForceMatch(enum.Enum):
    """The rule for forced matches, which give a box an anchor whatever their IoU."""

    NONE = "none"
    # The API's rule: every box takes its best anchor. If two boxes have the same best anchor, the
    # first box gets it and the other gets no forced match.
    ARGMAX = "argmax"
    # Caffe's rule, greedy: the pair of the highest IoU is matched first, then the best pair of the
    # boxes and anchors that are left. Boxes that overlap no free anchor get none.
    BIPARTITE = "bipartite"


def match(
    boxes_yxyx: Any,
    is_box: Any,
    anchors_yxyx: Any,
    *,
    matched_threshold: float = 0.5,
    unmatched_threshold: float | None = None,
    force_match: ForceMatch = ForceMatch.ARGMAX,
    may_force: Any = None,
) -> tf.Tensor:
    """Matches each anchor of each image to a box, the background or nothing.

    Holds several float32 [B, M, A] tensors at a time: trim M to the largest number of boxes in an
    image.

    Args:
        boxes_yxyx: float32 [B, M, 4], normalized; the values of padding do not matter.
        is_box: bool [B, M], false for padding.
        anchors_yxyx: float32 [A, 4].
        matched_threshold: an anchor is matched to its best box if their IoU is at least this.
        unmatched_threshold: an anchor is background if the IoU with its best box is below this, and
            ignored between the thresholds. None: as matched_threshold, so that none is ignored.
        force_match: the rule for forced matches.
        may_force: bool [B, M], the boxes that get a forced match; None: all.
    Returns:
        int32 [B, A]: the index of a box, BACKGROUND or IGNORED. Of boxes with the same IoU, the
        first is taken. In images without boxes all anchors are background.
    Raises:
        ValueError: unmatched_threshold is above matched_threshold.
    """
    return match_by_iou(
        pairwise_iou(boxes_yxyx, anchors_yxyx),
        is_box,
        matched_threshold=matched_threshold,
        unmatched_threshold=unmatched_threshold,
        force_match=force_match,
        may_force=may_force,
    )


def match_by_iou(
    iou: Any,
    is_box: Any,
    *,
    matched_threshold: float = 0.5,
    unmatched_threshold: float | None = None,
    force_match: ForceMatch = ForceMatch.ARGMAX,
    may_force: Any = None,
) -> tf.Tensor:
    """Like `match`, from the IoU of boxes and anchors: float32 [B, M, A]."""
    if unmatched_threshold is None:
        unmatched_threshold = matched_threshold
    if unmatched_threshold > matched_threshold:
        raise ValueError(
            f"unmatched_threshold {unmatched_threshold} is above matched_threshold "
            f"{matched_threshold}."
        )
    may_force = is_box if may_force is None else is_box & may_force
    iou, is_box, may_force = _at_least_one(iou, is_box, may_force)
    # Below any IoU, so that padding is not any anchor's best box.
    iou = tf.where(is_box[..., None], iou, -1.0)
    best_box_idx = tf.argmax(iou, axis=1, output_type=tf.int32)
    best_iou = tf.reduce_max(iou, axis=1)
    below = tf.where(best_iou < unmatched_threshold, BACKGROUND, IGNORED)
    matches = tf.where(best_iou >= matched_threshold, best_box_idx, below)
    if force_match is ForceMatch.ARGMAX:
        matches = _force_argmax(matches, iou, may_force)
    elif force_match is ForceMatch.BIPARTITE:
        matches = _force_bipartite(matches, iou, may_force)
    has_boxes = tf.reduce_any(is_box, axis=1, keepdims=True)
    return tf.where(has_boxes, matches, BACKGROUND)


def _at_least_one(*tensors: Any) -> tuple[tf.Tensor, ...]:
    """Pads an empty dimension M to 1, as there is no maximum of an empty dimension."""
    num_boxes = tensors[0].shape[1]
    if num_boxes is not None and num_boxes > 0:
        return tensors
    num_added = tf.cast(tf.equal(tf.shape(tensors[0])[1], 0), tf.int32)
    paddings = [[0, 0], [0, num_added], [0, 0]]
    return tuple(tf.pad(tensor, paddings[: len(tensor.shape)]) for tensor in tensors)


def _force_argmax(matches: tf.Tensor, iou: tf.Tensor, may_force: tf.Tensor) -> tf.Tensor:
    num_images, num_boxes, num_anchors = tf.unstack(tf.shape(iou))
    best_anchor_idx = tf.argmax(iou, axis=2, output_type=tf.int32)
    # For each anchor the first box whose best anchor it is; `num_boxes` for none.
    box_idx = tf.where(may_force, tf.range(num_boxes)[None], num_boxes)
    flat_anchor_idx = tf.range(num_images)[:, None] * num_anchors + best_anchor_idx
    forced = tf.math.unsorted_segment_min(
        tf.reshape(box_idx, [-1]), tf.reshape(flat_anchor_idx, [-1]), num_images * num_anchors
    )
    forced = tf.reshape(forced, tf.shape(matches))
    return tf.where(forced < num_boxes, forced, matches)


def _force_bipartite(matches: tf.Tensor, iou: tf.Tensor, may_force: tf.Tensor) -> tf.Tensor:
    num_boxes, num_anchors = tf.shape(iou)[1], tf.shape(iou)[2]
    # Of the pairs that can still be matched; boxes that overlap no anchor stay unmatched.
    open_iou = tf.where(may_force[..., None], iou, -1.0)

    def take_best_pair(
        count: tf.Tensor, matches: tf.Tensor, open_iou: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        flat = tf.reshape(open_iou, [tf.shape(open_iou)[0], -1])
        pair_idx = tf.argmax(flat, axis=1, output_type=tf.int32)
        is_pair = tf.reduce_max(flat, axis=1)[:, None] > 0
        box_idx, anchor_idx = pair_idx[:, None] // num_anchors, pair_idx[:, None] % num_anchors
        is_anchor = (tf.range(num_anchors)[None] == anchor_idx) & is_pair
        is_box = (tf.range(num_boxes)[None] == box_idx) & is_pair
        is_taken = is_anchor[:, None, :] | is_box[..., None]
        return (
            count + 1,
            tf.where(is_anchor, box_idx, matches),
            tf.where(is_taken, -1.0, open_iou),
        )

    _, matches, _ = tf.while_loop(
        lambda count, *_: count < num_boxes, take_best_pair, (0, matches, open_iou)
    )
    return matches
