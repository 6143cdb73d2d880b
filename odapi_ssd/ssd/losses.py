"""SSD's loss: classification and localization over matched anchors and the hardest negatives.

Liu et al., arXiv:1512.02325, equations 1 to 3 and "Hard negative mining"; focal loss from Lin et
al., arXiv:1708.02002, equation 5. No gradient flows through the choice of the anchors.
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

# Of logits and targets, both float32 [B, A, C]; float32 [B, A].
ClassificationLoss = Callable[[Any, Any], tf.Tensor]


class MultiboxLoss(NamedTuple):
    """The two parts of SSD's loss, weighted and normalized: float32 scalars."""

    localization: tf.Tensor
    classification: tf.Tensor


@dataclass(frozen=True)
class Mining:
    """Which anchors count: the hardest ones of each image.

    `num_hard_examples` of the highest loss are looked at (None: all). Of these, every anchor that
    has a box counts, and of the background the hardest `max_negatives_per_positive` times as many,
    but at least `min_negatives_per_image` (with None, all of it counts). The paper has 3 and 0: an
    image without objects contributes nothing. "Hardest" is by the sum of both losses, times the
    weights given here; Caffe and the tutorial rank by the classification loss alone.
    """

    max_negatives_per_positive: float | None = 3.0
    min_negatives_per_image: int = 0
    num_hard_examples: int | None = None
    classification_weight: float = 1.0
    localization_weight: float = 0.0

    def __post_init__(self) -> None:
        """Refuses what would keep nothing."""
        if self.num_hard_examples is not None and self.num_hard_examples < 1:
            raise ValueError(f"num_hard_examples is {self.num_hard_examples}; at least 1 is needed")
        if self.max_negatives_per_positive is not None and self.max_negatives_per_positive < 0:
            raise ValueError(f"max_negatives_per_positive is {self.max_negatives_per_positive} < 0")


def smooth_l1(encodings: Any, targets: Any, delta: float = 1.0) -> tf.Tensor:
    """Smooth L1 loss (Girshick, arXiv:1504.08083, equation 3), summed over the four encodings.

    Args:
        encodings: float32 [B, A, 4].
        targets: float32 [B, A, 4]; what is NaN does not count.
        delta: where the square ends and the line begins; the line's slope.
    Returns:
        float32 [B, A].
    """
    return _smooth_l1(encodings, tf.stop_gradient(targets), delta)


@tf.custom_gradient
def _smooth_l1(encodings: Any, targets: Any, delta: Any) -> Any:
    # The gradient by hand: TensorFlow's takes more passes over memory.
    errors = encodings - tf.where(tf.math.is_nan(targets), encodings, targets)
    slopes = tf.clip_by_value(errors, -delta, delta)
    losses = tf.reduce_sum(slopes * (errors - 0.5 * slopes), axis=-1)

    def gradient(upstream: Any) -> Any:
        return upstream[..., None] * slopes, None, None

    return losses, gradient


def softmax(logits: Any, targets: Any) -> tf.Tensor:
    """Cross-entropy over classes that exclude each other, the background being one of them.

    Args:
        logits: float32 [B, A, C].
        targets: float32 [B, A, C], a distribution over the classes.
    Returns:
        float32 [B, A].
    """
    return _softmax(logits, tf.stop_gradient(targets))


@tf.custom_gradient
def _softmax(logits: Any, targets: Any) -> Any:
    # TensorFlow's fused operation takes twice the time of these few, on the CPU.
    log_sums = tf.reduce_logsumexp(logits, axis=-1)
    totals = tf.reduce_sum(targets, axis=-1)
    losses = log_sums * totals - tf.reduce_sum(targets * logits, axis=-1)

    def gradient(upstream: Any) -> Any:
        softmax = tf.exp(logits - log_sums[..., None])
        # As that operation has it, which takes the targets for a distribution.
        return upstream[..., None] * (softmax - targets), None

    return losses, gradient


def sigmoid(logits: Any, targets: Any) -> tf.Tensor:
    """Cross-entropy of each class by itself, summed over them: shapes as of `softmax`."""
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    return tf.reduce_sum(losses, axis=-1)


def focal(logits: Any, targets: Any, *, gamma: float = 2.0, alpha: float | None = 0.25) -> Any:
    """Sigmoid cross-entropy that counts less the better a class is told: shapes as of `softmax`.

    Args:
        logits: float32 [B, A, C].
        targets: float32 [B, A, C], each 0 or 1.
        gamma: how fast the well-told are left alone; 0 leaves plain cross-entropy.
        alpha: the weight of 1 against 0; None weighs both by 1.
    Returns:
        float32 [B, A].
    """
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    if gamma:
        probabilities = tf.sigmoid(logits)
        missed = targets * (1 - probabilities) + (1 - targets) * probabilities
        losses *= tf.pow(missed, gamma)
    if alpha is not None:
        losses *= targets * alpha + (1 - targets) * (1 - alpha)
    return tf.reduce_sum(losses, axis=-1)


def mine_hard_examples(
    matches: Any, classification_losses: Any, localization_losses: Any, mining: Mining
) -> tf.Tensor:
    """The anchors that count.

    Args:
        matches: int32 [B, A], from `matching.match`.
        classification_losses: float32 [B, A].
        localization_losses: float32 [B, A].
        mining: the rule.
    Returns:
        bool [B, A]. Of equal losses the first anchor is the harder one.
    """
    hardness = mining.classification_weight * classification_losses
    if mining.localization_weight:
        hardness += mining.localization_weight * localization_losses
    # What is no number counts, so that it shows. Adding 0 makes the same of -0 and 0.
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
    """The largest candidates of each row; of equal ones the first.

    By bisection for the smallest value that gets in: 32 times counting takes no longer than
    sorting, compiles, and needs no number that is known when the graph is made.

    Args:
        values: float32 [B, A].
        is_candidate: bool [B, A].
        counts: int32 [B, 1] or a number; all candidates are taken where there are no more.
    Returns:
        bool [B, A].
    """
    # Integers that are ordered as the floats are.
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
    """SSD's loss over a batch; what stands by default is the paper's.

    Args:
        encodings: float32 [B, A, 4], predicted.
        logits: float32 [B, A, C], predicted.
        targets: from `targets.assign_targets`.
        matches: int32 [B, A], from `matching.match`.
        classification_loss: `softmax`, `sigmoid`, `focal` or the like.
        localization_delta: of the smooth L1 loss.
        mining: which anchors count; None: all.
        image_weights: float32 [B], how much each image counts; None: 1 each.
        classification_weight: of the first part.
        localization_weight: of the second part, the paper's alpha.
        is_normalized: whether to divide by the weight of all matched anchors, if it is above 1.
        is_normalized_by_code_size: whether to divide the localization by 4 as well.
    Returns:
        The two parts; their sum is the loss. A batch without boxes has no localization loss.
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
