"""The metrics of an evaluation: VOC average precision at IoU 0.5, per class and mean."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Evaluation", "VocScorer"]

_IOU = 0.5
_METRIC = (
    "PASCAL VOC average precision at IoU 0.5: area under the interpolated precision/recall curve "
    "(all points, as from VOC2010 on); difficult objects neither rewarded nor punished"
)


@dataclass(frozen=True)
class Evaluation:
    """The metrics of a checkpoint on a split.

    Attributes:
        checkpoint: the prefix of the evaluated checkpoint.
        step: the training step that it was saved at.
        num_images: images evaluated.
        num_objects: objects per class that count (difficult ones do not).
        mean_ap: mean of per_class over the classes that have objects; NaN if none has.
        per_class: AP by class name in the order of class ids; NaN for a class without objects.
    """

    checkpoint: str
    step: int
    num_images: int
    num_objects: Mapping[str, int]
    mean_ap: float
    per_class: Mapping[str, float]

    def to_json(self) -> str:
        """The text of `metrics.json`; NaN is written as null."""
        content = {
            "step": self.step,
            "num_images": self.num_images,
            "mAP@0.5": _none_if_nan(self.mean_ap),
            "per_class": {name: _none_if_nan(ap) for name, ap in self.per_class.items()},
            "num_objects": dict(self.num_objects),
            "metric": _METRIC,
            "checkpoint": self.checkpoint,
        }
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


class VocScorer:
    """Scores detections image by image with the API's VOC evaluator, and counts the objects."""

    def __init__(self, class_names: Mapping[int, str]):
        """Starts without images.

        Args:
            class_names: by class id, from 1, in the order of the result.
        """
        from object_detection.utils import object_detection_evaluation

        self._names = dict(class_names)
        categories = [{"id": class_id, "name": name} for class_id, name in self._names.items()]
        self._evaluator = object_detection_evaluation.PascalDetectionEvaluator(
            categories, matching_iou_threshold=_IOU
        )
        self._num_objects = dict.fromkeys(self._names.values(), 0)
        self.num_images = 0

    def add(self, truth: dict[str, Any], detections: dict[str, Any]) -> None:
        """Adds one image.

        Args:
            truth: `groundtruth_boxes` [N, 4] yxyx, `groundtruth_classes` int [N] and, if they are
                known, `groundtruth_difficult` bool [N].
            detections: `detection_boxes` [M, 4] yxyx in the same units, `detection_classes` int [M]
                and `detection_scores` [M].
        """
        key = self.num_images
        self.num_images += 1
        self._evaluator.add_single_ground_truth_image_info(key, truth)
        self._evaluator.add_single_detected_image_info(key, detections)
        classes = truth["groundtruth_classes"]
        difficult = truth.get("groundtruth_difficult", np.zeros(len(classes), bool))
        for class_id in classes[~difficult]:
            self._num_objects[self._names[int(class_id)]] += 1

    def evaluation(self, checkpoint: str, step: int) -> Evaluation:
        """The metrics over all images added.

        Args:
            checkpoint: the prefix of the checkpoint that the detections are from.
            step: its training step.
        """
        metrics = self._evaluator.evaluate()
        prefix = "PascalBoxes_PerformanceByCategory/AP@0.5IOU/"
        per_class = {name: float(metrics.get(prefix + name, "nan")) for name in self._num_objects}
        with_objects = [ap for name, ap in per_class.items() if self._num_objects[name]]
        return Evaluation(
            checkpoint=checkpoint,
            step=step,
            num_images=self.num_images,
            num_objects=self._num_objects,
            mean_ap=float(np.mean(with_objects)) if with_objects else math.nan,
            per_class=per_class,
        )


def _none_if_nan(value: float) -> float | None:
    return None if math.isnan(value) else value
