"""Post-processing: score threshold, non-maximum suppression per class, the best detections.

Liu et al., "SSD: Single Shot MultiBox Detector" (arXiv:1512.02325), section "Inference time":
scores above 0.01, an IoU of 0.45, the best 200 detections. As in Caffe's detection output layer,
the best 400 candidates of a class enter its suppression. As in the API (the paper does not say),
boxes are clipped after the suppression, and those of zero area are then dropped.

Decoding of boxes and conversion of logits to scores are not here, nor is Soft-NMS.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from odapi_ssd.ssd.boxes import pairwise_iou

__all__ = ["Detections", "detect"]

# The score of candidates that are out: below every real score.
_NO_SCORE = float("-inf")


class Detections(NamedTuple):
    """The detections of a batch, best first, padded with zeros to D = max_detections.

    Attributes:
        boxes_yxyx: float32 [B, D, 4], in the units of the input boxes.
        scores: float32 [B, D], descending.
        class_idx: int32 [B, D], counted from 0, without the background.
        num_detections: int32 [B]; the first so many of an image are detections, the rest padding.
    """

    boxes_yxyx: tf.Tensor
    scores: tf.Tensor
    class_idx: tf.Tensor
    num_detections: tf.Tensor


def detect(
    boxes_yxyx: Any,
    scores: Any,
    *,
    score_threshold: Any = 0.01,
    iou_threshold: Any = 0.45,
    max_candidates: int = 400,
    max_per_class: int | None = None,
    max_detections: int = 200,
    clip_window_yxyx: Any = (0.0, 0.0, 1.0, 1.0),
) -> Detections:
    """Greedy non-maximum suppression within each class, then the best detections of each image.

    The candidates of a class are its best max_candidates with a score above score_threshold. From
    the best down, a candidate is kept if its IoU with every kept one is at most iou_threshold. Kept
    boxes are clipped to the window; the best max_detections of all classes, without boxes of zero
    area, are the image's detections. Of equal scores, the lower class goes first, then the lower
    anchor.

    Runs eagerly, in a `tf.function` (also with unknown B) and under `jit_compile=True`.

    Args:
        boxes_yxyx: float32 [B, A, 4], shared by the classes, or [B, A, C, 4], one per class;
            normalized, or in the units of clip_window_yxyx. Boxes with NaN, of zero area, or with a
            minimum above the maximum are never detections and suppress nothing.
        scores: float32 [B, A, C], without background; higher is better. NaN is never a detection.
            B may be unknown or 0; A and C are static and may be 0. XLA ranks -0.0 below 0.0.
        score_threshold: float32 scalar; a score must be greater, not equal.
        iou_threshold: float32 scalar in 0..1; the IoU must be greater, not equal, to suppress.
        max_candidates: candidates of a class that enter its suppression; A or more: all of them.
        max_per_class: boxes of a class that are kept, counted before clipping; None: no limit.
        max_detections: D, the maximum number of detections of an image.
        clip_window_yxyx: float32 [4], or [B, 4] with a window per image; None: no clipping.
    Returns:
        Detections, padded with zeros.
    Raises:
        ValueError: shapes that do not fit each other or are not static, a count below 1, or an
            iou_threshold outside 0..1.
    """
    boxes_yxyx = tf.convert_to_tensor(boxes_yxyx, tf.float32)
    scores = tf.convert_to_tensor(scores, tf.float32)
    _check_shapes(boxes_yxyx.shape, scores.shape)
    _check_counts(max_candidates, max_per_class, max_detections)
    if isinstance(iou_threshold, int | float) and not 0 <= iou_threshold <= 1:
        raise ValueError(f"iou_threshold must be in 0..1, got {iou_threshold}")

    if 0 in scores.shape[1:]:
        return _nothing(tf.shape(scores)[0], max_detections)
    boxes_yxyx, scores = _best_candidates(boxes_yxyx, scores, score_threshold, max_candidates)
    clipped_yxyx = boxes_yxyx
    if clip_window_yxyx is not None:
        clipped_yxyx = _clip(boxes_yxyx, clip_window_yxyx)
    kept_scores = _suppress(
        boxes_yxyx,
        scores,
        # Checked before clipping too, which may turn NaN into a number.
        is_detectable=_has_area(clipped_yxyx) & _has_area(boxes_yxyx),
        iou_threshold=iou_threshold,
        max_per_class=max_per_class,
        max_detections=max_detections,
    )
    return _best_of_all_classes(clipped_yxyx, kept_scores, max_detections)


def _check_shapes(boxes_shape: tf.TensorShape, scores_shape: tf.TensorShape) -> None:
    if scores_shape.rank != 3 or None in scores_shape[1:].as_list():
        raise ValueError(f"scores must be [B, A, C] with static A and C, got {scores_shape}")
    shared = scores_shape[:2].concatenate(4)
    per_class = scores_shape.concatenate(4)
    if boxes_shape.rank is None or not (
        boxes_shape.is_compatible_with(shared) or boxes_shape.is_compatible_with(per_class)
    ):
        raise ValueError(
            f"boxes_yxyx must be {shared} or {per_class} to fit scores of {scores_shape}, "
            f"got {boxes_shape}"
        )


def _check_counts(max_candidates: int, max_per_class: int | None, max_detections: int) -> None:
    for name, count in (
        ("max_candidates", max_candidates),
        ("max_per_class", 1 if max_per_class is None else max_per_class),
        ("max_detections", max_detections),
    ):
        if count < 1:
            raise ValueError(f"{name} must be at least 1, got {count}")


def _nothing(batch_size: Any, max_detections: int) -> Detections:
    return Detections(
        boxes_yxyx=tf.zeros([batch_size, max_detections, 4]),
        scores=tf.zeros([batch_size, max_detections]),
        class_idx=tf.zeros([batch_size, max_detections], tf.int32),
        num_detections=tf.zeros([batch_size], tf.int32),
    )


def _best_candidates(
    boxes_yxyx: tf.Tensor, scores: tf.Tensor, score_threshold: Any, max_candidates: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """The best K = min(max_candidates, A) of each class above the threshold, best first.

    Returns:
        boxes float32 [B, C, K, 4] and scores float32 [B, C, K]; _NO_SCORE for anchors that do not
        pass the threshold.
    """
    # NaN does not pass either: no comparison with it is true.
    scores = tf.transpose(scores, [0, 2, 1])
    scores = tf.where(scores > score_threshold, scores, _NO_SCORE)
    # Of equal scores, top_k takes the lower index first.
    scores, anchor_idx = tf.math.top_k(scores, min(max_candidates, scores.shape[2]))
    if boxes_yxyx.shape.rank == 3:
        return tf.gather(boxes_yxyx, anchor_idx, batch_dims=1), scores
    boxes_yxyx = tf.transpose(boxes_yxyx, [0, 2, 1, 3])
    return tf.gather(boxes_yxyx, anchor_idx, batch_dims=2), scores


def _clip(boxes_yxyx: tf.Tensor, window_yxyx: Any) -> tf.Tensor:
    """Clips boxes [B, C, K, 4] to a window [4] or [B, 4]; boxes outside get zero area."""
    window_yxyx = tf.convert_to_tensor(window_yxyx, tf.float32)
    if window_yxyx.shape.rank not in (1, 2) or window_yxyx.shape[-1] != 4:
        raise ValueError(f"clip_window_yxyx must be [4] or [B, 4], got {window_yxyx.shape}")
    if window_yxyx.shape.rank == 2:
        window_yxyx = window_yxyx[:, None, None]
    lowest_yxyx = tf.gather(window_yxyx, [0, 1, 0, 1], axis=-1)
    highest_yxyx = tf.gather(window_yxyx, [2, 3, 2, 3], axis=-1)
    return tf.maximum(tf.minimum(boxes_yxyx, highest_yxyx), lowest_yxyx)


def _has_area(boxes_yxyx: tf.Tensor) -> tf.Tensor:
    """Bool [...] for boxes [..., 4]; false for zero area, NaN or a minimum above the maximum."""
    return tf.reduce_all(boxes_yxyx[..., 2:] > boxes_yxyx[..., :2], axis=-1)


def _suppress(
    boxes_yxyx: tf.Tensor,
    scores: tf.Tensor,
    *,
    is_detectable: tf.Tensor,
    iou_threshold: Any,
    max_per_class: int | None,
    max_detections: int,
) -> tf.Tensor:
    """Greedy suppression of all classes of all images in parallel, one box per class and step.

    A step computes the IoU of the picked box with the boxes of its class, so that no [K, K] matrix
    exists, which would be 115 million values for B=8, C=90, K=400. The number of steps is that of
    the boxes kept in the class that keeps most, often some twenty. An image is done earlier, once
    max_detections of its kept boxes have higher scores than all candidates that are left.

    Alternatives, measured with B=8, C=20, K=400: a fixed point of the IoU matrix, whole or class by
    class, and blocks of candidates. On clustered boxes, as detectors give them, they took about
    five times as long. They were faster where every class keeps hundreds of boxes, and there an
    image is done early.

    Args:
        boxes_yxyx: float32 [B, C, K, 4], best first.
        scores: float32 [B, C, K], descending; _NO_SCORE where there is no candidate.
        is_detectable: bool [B, C, K]; other boxes suppress and count too, but get no score.
        iou_threshold: float32 scalar.
        max_per_class: the maximum number of steps; None: until no candidate is left.
        max_detections: detections of an image that are needed.
    Returns:
        float32 [B, C, K]: the scores of the kept boxes, _NO_SCORE elsewhere.
    """
    num_candidates = scores.shape[2]
    order = tf.range(num_candidates)

    def is_any_left(is_left: tf.Tensor, kept_scores: tf.Tensor) -> tf.Tensor:
        del kept_scores
        return tf.reduce_any(is_left)

    def pick(is_left: tf.Tensor, kept_scores: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # Scores descend, so the first candidate left is the best; K if none is left.
        pick_idx = tf.reduce_min(tf.where(is_left, order, num_candidates), axis=2, keepdims=True)
        is_pick = order == pick_idx
        kept_scores = tf.where(is_pick & is_detectable, scores, kept_scores)
        # Without a pick the index is out of range; any box will do, as no candidate is left.
        picked_yxyx = tf.gather(
            boxes_yxyx, tf.minimum(pick_idx, num_candidates - 1), axis=2, batch_dims=2
        )
        overlaps = pairwise_iou(picked_yxyx, boxes_yxyx)[:, :, 0]
        is_left = is_left & ~is_pick & ~(overlaps > iou_threshold)
        # Strictly higher, as the order of equal scores is not decided yet.
        best_left = tf.reduce_max(tf.where(is_left, scores, _NO_SCORE), axis=[1, 2], keepdims=True)
        num_better = tf.math.count_nonzero(
            kept_scores > best_left, axis=[1, 2], keepdims=True, dtype=tf.int32
        )
        return is_left & (num_better < max_detections), kept_scores

    _, kept_scores = tf.while_loop(
        is_any_left,
        pick,
        (scores > _NO_SCORE, tf.fill(tf.shape(scores), _NO_SCORE)),
        maximum_iterations=min(max_per_class or num_candidates, num_candidates),
    )
    return kept_scores


def _best_of_all_classes(
    boxes_yxyx: tf.Tensor, kept_scores: tf.Tensor, max_detections: int
) -> Detections:
    """The best of boxes [B, C, K, 4] by kept_scores [B, C, K], padded to max_detections."""
    num_classes, num_candidates = kept_scores.shape[1:]
    num_all = num_classes * num_candidates
    # The lower class has the lower index, which top_k takes first.
    scores, flat_idx = tf.math.top_k(
        tf.reshape(kept_scores, [-1, num_all]), min(max_detections, num_all)
    )
    boxes_yxyx = tf.gather(tf.reshape(boxes_yxyx, [-1, num_all, 4]), flat_idx, batch_dims=1)
    is_detection = scores > _NO_SCORE
    padding = [[0, 0], [0, max(0, max_detections - num_all)]]
    return Detections(
        boxes_yxyx=tf.pad(tf.where(is_detection[..., None], boxes_yxyx, 0.0), [*padding, [0, 0]]),
        scores=tf.pad(tf.where(is_detection, scores, 0.0), padding),
        class_idx=tf.pad(tf.where(is_detection, flat_idx // num_candidates, 0), padding),
        num_detections=tf.math.count_nonzero(is_detection, axis=1, dtype=tf.int32),
    )
