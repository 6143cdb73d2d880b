"""The multibox loss: classification and localization over matched anchors and hard negatives.

Liu et al., arXiv:1512.02325, equations 1 to 3 and "Hard negative mining"; focal loss from Lin et
al., arXiv:1708.02002, equation 5. No gradient flows through the mining.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf

from odapi_ssd.ssd.matching import BACKGROUND
from odapi_ssd.ssd.targets import Targets

__all__ = [
    "Mining",
    "MultiboxLoss",
    "focal",
    "mine_hard_examples",
    "multibox_loss",
    "sigmoid",
    "smooth_l1",
    "softmax",
]

# Takes logits and targets, both float32 [B, A, C]; returns float32 [B, A].
ClassificationLoss = Callable[[Any, Any], tf.Tensor]


class MultiboxLoss(NamedTuple):
    """The two parts of SSD's loss, weighted and normalized: float32 scalars."""

    localization: tf.Tensor
    classification: tf.Tensor


@dataclass(frozen=True)
class Mining:
    """Hard negative mining: which anchors of an image contribute to the loss.

    The defaults follow the paper, where an image without objects contributes nothing. Caffe and the
    tutorial rank anchors by the classification loss alone, as the default weights do.

    Attributes:
        max_negatives_per_positive: background anchors per matched anchor; those of the highest loss
            are kept. None: all.
        min_negatives_per_image: background anchors that are kept in any case.
        num_hard_examples: only so many anchors of the highest loss, matched or not, are candidates;
            None: all.
        classification_weight: of the classification loss in the loss that anchors are ranked by.
        localization_weight: of the localization loss.

    Raises:
        ValueError: num_hard_examples is below 1, or max_negatives_per_positive below 0.
    """

    max_negatives_per_positive: float | None = 3.0
    min_negatives_per_image: int = 0
    num_hard_examples: int | None = None
    classification_weight: float = 1.0
    localization_weight: float = 0.0

    def __post_init__(self) -> None:
        if self.num_hard_examples is not None and self.num_hard_examples < 1:
            raise ValueError(f"num_hard_examples must be at least 1, not {self.num_hard_examples}")
        if self.max_negatives_per_positive is not None and self.max_negatives_per_positive < 0:
            raise ValueError(
                f"max_negatives_per_positive must be 0 or more, not "
                f"{self.max_negatives_per_positive}"
            )


def smooth_l1(encodings: Any, targets: Any, delta: float = 1.0) -> tf.Tensor:
    """Smooth L1 loss (Girshick, arXiv:1504.08083, equation 3), summed over the four encodings.

    Args:
        encodings: float32 [B, A, 4].
        targets: float32 [B, A, 4]; NaN targets are ignored.
        delta: the error at which the loss turns from quadratic to linear; also the slope.
    Returns:
        float32 [B, A].
    """
    return _smooth_l1(encodings, tf.stop_gradient(targets), delta)


@tf.custom_gradient
def _smooth_l1(encodings: Any, targets: Any, delta: Any) -> Any:
    # The gradient is written out: TensorFlow's takes more passes over the memory.
    errors = encodings - tf.where(tf.math.is_nan(targets), encodings, targets)
    slopes = tf.clip_by_value(errors, -delta, delta)
    losses = tf.reduce_sum(slopes * (errors - 0.5 * slopes), axis=-1)

    def gradient(upstream: Any) -> Any:
        return upstream[..., None] * slopes, None, None

    return losses, gradient


def softmax(logits: Any, targets: Any) -> tf.Tensor:
    """Softmax cross-entropy over the classes, the background being one of them.

    Args:
        logits: float32 [B, A, C].
        targets: float32 [B, A, C], a distribution over the classes.
    Returns:
        float32 [B, A].
    """
    return _softmax(logits, tf.stop_gradient(targets))


@tf.custom_gradient
def _softmax(logits: Any, targets: Any) -> Any:
    # On a CPU, TensorFlow's fused operation takes twice as long.
    log_sums = tf.reduce_logsumexp(logits, axis=-1)
    totals = tf.reduce_sum(targets, axis=-1)
    losses = log_sums * totals - tf.reduce_sum(targets * logits, axis=-1)

    def gradient(upstream: Any) -> Any:
        softmax = tf.exp(logits - log_sums[..., None])
        # The gradient of that operation, which assumes that the targets sum to 1.
        return upstream[..., None] * (softmax - targets), None

    return losses, gradient


def sigmoid(logits: Any, targets: Any) -> tf.Tensor:
    """Sigmoid cross-entropy, summed over the classes; the same shapes as `softmax`."""
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    return tf.reduce_sum(losses, axis=-1)


def focal(logits: Any, targets: Any, *, gamma: float = 2.0, alpha: float | None = 0.25) -> Any:
    """Focal loss: sigmoid cross-entropy in which well-classified examples are down-weighted.

    Args:
        logits: float32 [B, A, C].
        targets: float32 [B, A, C], each 0 or 1.
        gamma: the focusing parameter; 0 gives plain cross-entropy.
        alpha: the weight of targets of 1, that of 0 being 1 - alpha; None: 1 for both.
    Returns:
        float32 [B, A].
    """
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    if gamma:
        probabilities = tf.sigmoid(logits)
        errors = targets * (1 - probabilities) + (1 - targets) * probabilities
        losses *= tf.pow(errors, gamma)
    if alpha is not None:
        losses *= targets * alpha + (1 - targets) * (1 - alpha)
    return tf.reduce_sum(losses, axis=-1)


def mine_hard_examples(
    matches: Any, classification_losses: Any, localization_losses: Any, mining: Mining
) -> tf.Tensor:
    """Marks the anchors that contribute to the loss.

    Args:
        matches: int32 [B, A], from `matching.match`.
        classification_losses: float32 [B, A].
        localization_losses: float32 [B, A].
        mining: how many anchors to keep, and how to rank them.
    Returns:
        bool [B, A]. Of equal losses, the first anchor is kept. Ignored anchors, whose weight is 0,
        may be among them.
    """
    hardness = mining.classification_weight * classification_losses
    if mining.localization_weight:
        hardness += mining.localization_weight * localization_losses
    # A NaN ranks first, so that it reaches the loss. Adding 0 turns -0 into 0.
    hardness = tf.stop_gradient(hardness)
    hardness = tf.where(tf.math.is_nan(hardness), math.inf, hardness) + 0.0
    kept = tf.ones_like(matches, tf.bool)
    if mining.num_hard_examples is not None:
        kept = _largest(hardness, kept, mining.num_hard_examples)
    if mining.max_negatives_per_positive is None:
        return kept
    is_positive = kept & (matches > BACKGROUND)
    num_positives = tf.reduce_sum(tf.cast(is_positive, tf.float32), axis=-1, keepdims=True)
    max_negatives = tf.maximum(
        mining.min_negatives_per_image,
        tf.cast(mining.max_negatives_per_positive * num_positives, tf.int32),
    )
    return is_positive | (kept & _largest(hardness, matches == BACKGROUND, max_negatives))


def _largest(values: tf.Tensor, is_candidate: tf.Tensor, counts: Any) -> tf.Tensor:
    """Marks the largest candidates of each row; of equal ones the first.

    The smallest value among them is found by bisection: counting 32 times takes no longer than
    sorting, compiles, and needs no count that is known when the graph is built.

    Args:
        values: float32 [B, A].
        is_candidate: bool [B, A].
        counts: int32 [B, 1] or an int: how many to mark; all candidates if there are fewer.
    Returns:
        bool [B, A].
    """
    # Integers in the same order as the floats.
    bits = tf.bitcast(values, tf.int32)
    keys = tf.where(bits < 0, bits ^ tf.int32.max, bits)
    keys = tf.where(is_candidate, keys, tf.int32.min)
    low = tf.fill([tf.shape(keys)[0], 1], tf.constant(tf.int32.min, tf.int64))
    high = tf.fill(tf.shape(low), tf.constant(tf.int32.max, tf.int64))

    def halve(step: Any, low: tf.Tensor, high: tf.Tensor) -> tuple[Any, tf.Tensor, tf.Tensor]:
        middle = low + (high - low + 1) // 2
        is_enough = _count(keys >= tf.cast(middle, tf.int32)) >= counts
        low, high = tf.where(is_enough, middle, low), tf.where(is_enough, high, middle - 1)
        return step + 1, low, high

    _, smallest, _ = tf.while_loop(lambda step, *_: step < 32, halve, (0, low, high))
    smallest = tf.cast(smallest, tf.int32)
    is_larger = keys > smallest
    is_equal = is_candidate & (keys == smallest)
    num_left = counts - _count(is_larger)
    return is_larger | (is_equal & (tf.cumsum(tf.cast(is_equal, tf.int32), axis=-1) <= num_left))


def _count(is_true: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(is_true, tf.int32), axis=-1, keepdims=True)


def multibox_loss(
    encodings: Any,
    logits: Any,
    targets: Targets,
    matches: Any,
    *,
    classification_loss: ClassificationLoss = softmax,
    localization_delta: float = 1.0,
    mining: Mining | None = Mining(),  # frozen
    image_weights: Any = None,
    classification_weight: float = 1.0,
    localization_weight: float = 1.0,
    is_normalized: bool = True,
    is_normalized_by_code_size: bool = False,
) -> MultiboxLoss:
    """The multibox loss of a batch; the defaults follow the paper.

    Args:
        encodings: float32 [B, A, 4], predicted.
        logits: float32 [B, A, C], predicted.
        targets: from `targets.assign_targets`.
        matches: int32 [B, A], from `matching.match`.
        classification_loss: `softmax`, `sigmoid`, `focal` or the like.
        localization_delta: of the smooth L1 loss.
        mining: which anchors contribute; None: all.
        image_weights: float32 [B], the weight of each image; None: 1 each.
        classification_weight: of the classification loss.
        localization_weight: of the localization loss, the paper's alpha.
        is_normalized: whether to divide by the total weight of the matched anchors, or 1 if that is
            less.
        is_normalized_by_code_size: whether to divide the localization loss by 4 as well.
    Returns:
        The two parts; their sum is the loss. The localization loss of a batch without boxes is 0.
    """
    localization = smooth_l1(encodings, targets.encodings, localization_delta)
    localization *= targets.box_weights
    classification = classification_loss(logits, targets.classes) * targets.class_weights
    if image_weights is not None:
        localization *= image_weights[:, None]
        classification *= image_weights[:, None]
    if mining is not None:
        kept = mine_hard_examples(matches, classification, localization, mining)
        localization = tf.where(kept, localization, 0.0)
        classification = tf.where(kept, classification, 0.0)
    normalizer = tf.constant(1.0)
    if is_normalized:
        normalizer = tf.maximum(tf.reduce_sum(targets.box_weights), 1.0)
    code_size = 4.0 if is_normalized_by_code_size else 1.0
    return MultiboxLoss(
        tf.reduce_sum(localization) * (localization_weight / (normalizer * code_size)),
        tf.reduce_sum(classification) * (classification_weight / normalizer),
    )
