"""Box encodings: boxes as offsets from anchors.

Faster R-CNN's parametrization (Ren et al., arXiv:1506.01497, equation 2) with SSD's scales: the
offset between the centers in units of the anchor's size, and the logarithm of the ratio of the
sizes, multiplied by 10, 10, 5, 5. Caffe calls the inverses of the scales variances: 0.1, 0.1, 0.2,
0.2.
"""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

__all__ = ["SCALES", "decode", "encode"]

# Of the center's y and x and of the logarithms of height and width.
SCALES = (10.0, 10.0, 5.0, 5.0)
# The API adds this to sizes before it divides and takes logarithms: boxes may have zero area.
_EPSILON = 1e-8


def encode(boxes_yxyx: Any, anchors_yxyx: Any, scales: Sequence[float] = SCALES) -> tf.Tensor:
    """Encodes boxes relative to anchors, as the box predictor is trained to predict them.

    Args:
        boxes_yxyx: float32 [..., A, 4], the box matched to each anchor.
        anchors_yxyx: float32 [A, 4].
        scales: of y, x, height and width.
    Returns:
        float32 [..., A, 4]: ty, tx, th, tw. A height or width of 0 gives a large negative number.
    """
    centers, sizes = _centers_and_sizes(boxes_yxyx)
    anchor_centers, anchor_sizes = _centers_and_sizes(anchors_yxyx)
    anchor_sizes += _EPSILON
    offsets = (centers - anchor_centers) / anchor_sizes
    log_sizes = tf.math.log((sizes + _EPSILON) / anchor_sizes)
    return tf.concat([offsets, log_sizes], axis=-1) * tf.constant(scales, tf.float32)


def decode(
    encodings: Any,
    anchors_yxyx: Any,
    scales: Sequence[float] = SCALES,
    *,
    max_log_size: float | None = None,
) -> tf.Tensor:
    """Decodes box encodings, the inverse of `encode`.

    Args:
        encodings: float32 [..., A, 4]: ty, tx, th, tw.
        anchors_yxyx: float32 [A, 4].
        scales: those that the boxes were encoded with.
        max_log_size: limits each side of a box to exp(max_log_size) times the anchor's; None: no
            limit. torchvision uses log(1000 / 16).
    Returns:
        float32 [..., A, 4], `ymin, xmin, ymax, xmax`; not clipped.
    Raises:
        ValueError: max_log_size is not finite.
    """
    anchor_centers, anchor_sizes = _centers_and_sizes(anchors_yxyx)
    offsets, log_sizes = tf.split(encodings / tf.constant(scales, tf.float32), 2, axis=-1)
    if max_log_size is not None:
        if not math.isfinite(max_log_size):
            raise ValueError(f"max_log_size must be a finite number, not {max_log_size}")
        log_sizes = tf.minimum(log_sizes, max_log_size)
    centers = offsets * anchor_sizes + anchor_centers
    half_sizes = tf.exp(log_sizes) * anchor_sizes / 2
    return tf.concat([centers - half_sizes, centers + half_sizes], axis=-1)


def _centers_and_sizes(boxes_yxyx: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Centers and sizes, each [..., 2]: y before x, heights before widths."""
    low, high = tf.split(boxes_yxyx, 2, axis=-1)
    sizes = high - low
    return low + sizes / 2, sizes
