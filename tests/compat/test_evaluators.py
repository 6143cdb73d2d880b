"""The API's evaluators: every metrics set that an eval config can name.

Expected values are derived by hand. All images are wider than they are high.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from tests.support.expected_metrics import (
    CAT_BOX,
    DOG_BOX,
    HEIGHT,
    MEAN,
    WIDTH,
    WRONG_BOX,
    assert_metrics,
    box_mask,
    expected_of_pascal,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

# Only LVIS uses the frequency of a class.
_CATEGORIES = (
    {"id": 1, "name": "cat", "frequency": "f"},
    {"id": 2, "name": "dog", "frequency": "f"},
)


def _masks(*boxes_yxyx: Sequence[int]) -> np.ndarray:
    return np.array([box_mask(box) for box in boxes_yxyx], np.uint8).reshape(-1, HEIGHT, WIDTH)


def _image_with_objects() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A cat and a dog; both are detected, but a false cat has the highest score."""
    groundtruth = {
        "groundtruth_boxes": np.array([CAT_BOX, DOG_BOX], np.float32),
        "groundtruth_classes": np.array([1, 2], np.int64),
        "groundtruth_is_crowd": np.array([0, 0], np.int64),
        "groundtruth_area": np.array([800, 800], np.float32),
        "groundtruth_difficult": np.array([0, 0], np.int64),
        "groundtruth_group_of": np.array([0, 0], np.int64),
        "groundtruth_image_classes": np.array([1, 2], np.int64),
        "groundtruth_labeled_classes": np.array([0, 1, 1], np.int64),
        "groundtruth_verified_neg_classes": np.array([0, 0, 0], np.float32),
        "groundtruth_not_exhaustive_classes": np.array([0, 0, 0], np.float32),
        "groundtruth_instance_masks": _masks(CAT_BOX, DOG_BOX),
    }
    detections = {
        "detection_boxes": np.array([WRONG_BOX, CAT_BOX, DOG_BOX], np.float32),
        "detection_scores": np.array([0.95, 0.9, 0.8], np.float32),
        "detection_classes": np.array([1, 1, 2], np.int64),
        "detection_masks": _masks(WRONG_BOX, CAT_BOX, DOG_BOX),
    }
    return groundtruth, detections


def _empty_image() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    per_image = ("labeled_classes", "verified_neg_classes", "not_exhaustive_classes")
    groundtruth, detections = (
        {
            name: value if name.removeprefix("groundtruth_") in per_image else value[:0]
            for name, value in entries.items()
        }
        for entries in _image_with_objects()
    )
    return groundtruth, detections


# Over all classes the precision is 1/2 at recall 1/2 and 2/3 at recall 1; interpolated, it is 2/3
# everywhere.
_OVER_ALL = 2 / 3


_EXPECTED: Mapping[str, Mapping[str, float]] = {
    "pascal_voc_detection_metrics": expected_of_pascal("PascalBoxes", MEAN),
    "weighted_pascal_voc_detection_metrics": expected_of_pascal("WeightedPascalBoxes", _OVER_ALL),
    "pascal_voc_instance_segmentation_metrics": expected_of_pascal("PascalMasks", MEAN),
    "weighted_pascal_voc_instance_segmentation_metrics": expected_of_pascal(
        "WeightedPascalMasks", _OVER_ALL
    ),
    "precision_at_recall_detection_metrics": expected_of_pascal("PrecisionAtRecallBoxes", MEAN),
    "oid_V2_detection_metrics": expected_of_pascal("OpenImagesV2", MEAN),
    "oid_challenge_detection_metrics": expected_of_pascal("OpenImagesDetectionChallenge", MEAN),
    "oid_challenge_segmentation_metrics": expected_of_pascal(
        "OpenImagesInstanceSegmentationChallenge", MEAN
    ),
    "coco_detection_metrics": {
        "DetectionBoxes_Precision/mAP": MEAN,
        "DetectionBoxes_Precision/mAP@.50IOU": MEAN,
        "DetectionBoxes_Recall/AR@1": 0.5,  # the cat's best detection is false
        "DetectionBoxes_Recall/AR@100": 1,
        "DetectionBoxes_Precision/mAP (small)": MEAN,
        "DetectionBoxes_Precision/mAP (large)": -1,
    },
    "coco_mask_metrics": {
        "DetectionMasks_Precision/mAP": MEAN,
        "DetectionMasks_Recall/AR@100": 1,
    },
    "lvis_mask_metrics": {
        "DetectionMasks_AP": MEAN,
        "DetectionMasks_AP50": MEAN,
        "DetectionMasks_AR@300": 1,
    },
    # Cats: one of two predictions is right, so 1 / (1 + 1/2).
    "coco_panoptic_metrics": {
        "PanopticQuality@0.50IOU": (2 / 3 + 1) / 2,
        "SegmentationQuality@0.50IOU": 1,
        "RecognitionQuality@0.50IOU": (2 / 3 + 1) / 2,
    },
}


class TestEvaluators:
    def test_every_metrics_set_is_covered(self):
        from object_detection import eval_util

        assert {*_EXPECTED, "coco_keypoint_metrics"} == eval_util.EVAL_METRICS_CLASS_DICT.keys()

    def _evaluator(self, name: str) -> Any:
        from object_detection import eval_util
        from object_detection.protos import eval_pb2

        config = eval_pb2.EvalConfig(metrics_set=[name], recall_upper_bound=1.0)
        options = eval_util.evaluator_options_from_eval_config(config)
        (evaluator,) = eval_util.get_evaluators(config, list(_CATEGORIES), options)
        return evaluator

    @pytest.mark.parametrize("name", _EXPECTED)
    def test_metrics_of_arrays(self, name):
        evaluator = self._evaluator(name)
        images = (_image_with_objects(), _empty_image())
        for key, (groundtruth, detections) in enumerate(images):
            evaluator.add_single_ground_truth_image_info(key, groundtruth)
            evaluator.add_single_detected_image_info(key, detections)
        assert_metrics(evaluator.evaluate(), _EXPECTED[name])
        evaluator.clear()

    @pytest.mark.parametrize("name", [name for name in _EXPECTED if "panoptic" not in name])
    def test_metrics_of_tensors_as_the_evaluation_job_passes_them(self, name):
        evaluator = self._evaluator(name)
        evaluator.add_eval_dict(_evaluation_dict())
        assert_metrics(evaluator.evaluate(), _EXPECTED[name])

    def test_precision_between_two_recalls(self):
        from object_detection import eval_util
        from object_detection.protos import eval_pb2

        config = eval_pb2.EvalConfig(
            metrics_set=["precision_at_recall_detection_metrics"],
            recall_lower_bound=0.5,
            recall_upper_bound=0.9,
        )
        options = eval_util.evaluator_options_from_eval_config(config)
        (evaluator,) = eval_util.get_evaluators(config, list(_CATEGORIES), options)
        evaluator.add_eval_dict(_evaluation_dict())
        # Each class has one object, hence only the recalls 0 and 1.
        name = "PrecisionAtRecallBoxes_Precision/mAP@0.5IOU@[0.5,0.9]Recall"
        assert evaluator.evaluate()[name] == 0

    @pytest.mark.parametrize("as_tensors", [False, True])
    def test_keypoint_metrics(self, as_tensors):
        from google.protobuf import text_format
        from object_detection import eval_util
        from object_detection.protos import eval_pb2

        config = text_format.Parse(
            """
            parameterized_metric { coco_keypoint_metrics {
                class_label: "cat"
                keypoint_label_to_sigmas { key: "nose" value: 0.1 }
                keypoint_label_to_sigmas { key: "tail" value: 0.1 } } }
            """,
            eval_pb2.EvalConfig(),
        )
        categories = [{**_CATEGORIES[0], "keypoints": {"nose": 0, "tail": 1}}, _CATEGORIES[1]]
        evaluator = eval_util.get_evaluators(config, categories)[-1]
        if as_tensors:
            evaluator.add_eval_dict(_evaluation_dict())
        else:
            groundtruth, detections = _image_with_objects()
            groundtruth["groundtruth_keypoints"] = _KEYPOINTS_YX[1:]
            groundtruth["groundtruth_keypoint_visibilities"] = np.full((2, 2), 2)
            detections["detection_keypoints"] = _KEYPOINTS_YX
            evaluator.add_single_ground_truth_image_info(0, groundtruth)
            evaluator.add_single_detected_image_info(0, detections)
        names = ("Keypoints_Precision/mAP", "Keypoints_Precision/mAP@.50IOU")
        assert_metrics(evaluator.evaluate(), {f"{name} ByCategory/cat": 0.5 for name in names})


# In pixels, of the three detections; the second and third are exactly those of the objects.
_KEYPOINTS_YX = np.array(
    [[[34, 6], [46, 40]], [[12, 12], [28, 48]], [[10, 60], [40, 70]]], np.float32
)


def _evaluation_dict() -> dict[str, Any]:
    """The TF2 evaluation loop's dictionary for a batch of one image and its detections."""
    import tensorflow as tf
    from object_detection import eval_util

    groundtruth, detections = _image_with_objects()
    size = np.array([HEIGHT, WIDTH], np.float32)
    groundtruth["groundtruth_boxes"] /= np.tile(size, 2)
    groundtruth["groundtruth_keypoints"] = _KEYPOINTS_YX[1:] / size
    groundtruth["groundtruth_keypoint_visibilities"] = np.full((2, 2), True)
    detections["detection_boxes"] /= np.tile(size, 2)
    detections["detection_keypoints"] = _KEYPOINTS_YX / size
    detections["detection_classes"] = detections["detection_classes"].astype(np.float32) - 1
    # A model's masks cover the box alone, here all of it.
    detections["detection_masks"] = np.ones((3, 7, 7), np.float32)
    detections["num_detections"] = np.array(3, np.float32)
    batch_of_one = [
        {name: tf.constant(value[np.newaxis]) for name, value in entries.items()}
        for entries in (detections, groundtruth)
    ]
    return eval_util.result_dict_for_batched_example(
        tf.zeros([1, HEIGHT, WIDTH, 3], tf.uint8),
        tf.constant([7]),
        *batch_of_one,
        scale_to_absolute=True,
        max_gt_boxes=tf.constant([2]),
    )
