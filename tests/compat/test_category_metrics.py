"""COCO's metrics per category, against pycocotools' own over all categories."""

from typing import Any

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_IMAGE_HW = (600, 900)
_NAMES = ("cat", "dog", "owl", "eel")


def _boxes(generator: np.random.Generator, sides: np.ndarray) -> np.ndarray:
    """Boxes of about the given side lengths, as ymin, xmin, ymax, xmax in pixels."""
    heights_widths = sides[:, None] * generator.uniform(0.8, 1.2, [len(sides), 2])
    corners = generator.uniform(0, 1, [len(sides), 2]) * (np.array(_IMAGE_HW) - heights_widths)
    return np.concatenate([corners, corners + heights_widths], axis=1).astype(np.float32)


def _metrics(classes: np.ndarray, *, all_metrics: bool = True) -> dict[str, Any]:
    """Evaluates three images with objects of every size, detected with some error.

    Args:
        classes: those of the objects in each image, int [48].
        all_metrics: whether to compute all twelve of each category.
    """
    from object_detection.metrics import coco_evaluation

    categories = [{"id": i, "name": name} for i, name in enumerate(_NAMES, start=1)]
    evaluator = coco_evaluation.CocoDetectionEvaluator(
        categories, include_metrics_per_category=True, all_metrics_per_category=all_metrics
    )
    generator = np.random.default_rng(7)
    sides = np.repeat([20.0, 60.0, 150.0, 250.0], 12)
    for image_id in range(3):
        boxes = _boxes(generator, sides)
        evaluator.add_single_ground_truth_image_info(
            image_id, {"groundtruth_boxes": boxes, "groundtruth_classes": classes}
        )
        moved = boxes + generator.normal(0, 0.06, boxes.shape) * sides[:, None]
        evaluator.add_single_detected_image_info(
            image_id,
            {
                "detection_boxes": np.concatenate([moved, _boxes(generator, sides)]),
                "detection_scores": generator.uniform(0, 1, 96).astype(np.float32),
                "detection_classes": np.tile(classes, 2),
            },
        )
    return evaluator.evaluate()


def test_their_mean_is_the_metric_over_all():
    # Each of three categories has an object of each size in every image; the fourth has none.
    metrics = _metrics(np.tile([1, 2, 3], 16))
    summary = {
        name.removeprefix("DetectionBoxes_"): value
        for name, value in metrics.items()
        if name.startswith(("DetectionBoxes_Precision", "DetectionBoxes_Recall"))
        and "ByCategory" not in name
    }
    assert len(summary) == 12
    assert len(set(summary.values())) == 12  # no two that could be confused
    for name, over_all in summary.items():
        of_each = [metrics[f"DetectionBoxes_{name} ByCategory/{category}"] for category in _NAMES]
        assert np.mean(of_each[:3]) == pytest.approx(over_all, abs=1e-9), name
        assert of_each[3] == -1, name


def test_of_a_single_category_they_are_the_metrics_over_all():
    metrics = _metrics(np.full(48, 2), all_metrics=False)
    over_all = metrics["DetectionBoxes_Precision/mAP"]
    assert 0 < over_all < 1
    of_each = {name: metrics[f"DetectionBoxes_PerformanceByCategory/mAP/{name}"] for name in _NAMES}
    assert of_each == {"cat": -1, "dog": pytest.approx(over_all), "owl": -1, "eel": -1}
