"""A cat and a dog of an image with three detections, and the metrics that follow, by hand.

Both are detected, but a false cat has the highest score. The image is wider than it is high.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

HEIGHT, WIDTH = 50, 80
CAT_BOX, DOG_BOX, WRONG_BOX = (10, 10, 30, 50), (5, 56, 45, 76), (32, 4, 48, 44)
# The false cat comes first, so the precision of cats is 1/2 where the recall is 1.
PER_CLASS = {"cat": 0.5, "dog": 1.0}
MEAN = 0.75


def box_mask(box_yxyx: Sequence[int]) -> np.ndarray:
    """A mask of ones in a box, in pixels: uint8 [HEIGHT, WIDTH]."""
    top, left, bottom, right = box_yxyx
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[top:bottom, left:right] = 1
    return mask


def expected_of_pascal(prefix: str, mean: float) -> dict[str, float]:
    """The average precisions under the names of PASCAL's metrics."""
    per_class = {
        f"{prefix}_PerformanceByCategory/AP@0.5IOU/{name}": ap for name, ap in PER_CLASS.items()
    }
    return {f"{prefix}_Precision/mAP@0.5IOU": mean, **per_class}


def assert_metrics(metrics: Mapping[str, Any], expected: Mapping[str, float]) -> None:
    """All expected metrics are there, with these values."""
    found = {name: float(metrics[name]) for name in expected}
    assert found == pytest.approx(dict(expected), abs=1e-6)
