"""The API's metrics: every set that an eval config can name, and the programs that compute them.

Expected values are derived by hand. All images are wider than they are high.
"""

import base64
import csv
import io
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.dataset_files import write_label_map, write_text

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_HEIGHT, _WIDTH = 50, 80
# LVIS alone wants to know how frequent a class is.
_CATEGORIES = (
    {"id": 1, "name": "cat", "frequency": "f"},
    {"id": 2, "name": "dog", "frequency": "f"},
)
_CAT_BOX, _DOG_BOX, _WRONG_BOX = (10, 10, 30, 50), (5, 56, 45, 76), (32, 4, 48, 44)


def _mask(box_yxyx: Sequence[int]) -> np.ndarray:
    top, left, bottom, right = box_yxyx
    mask = np.zeros((_HEIGHT, _WIDTH), np.uint8)
    mask[top:bottom, left:right] = 1
    return mask


def _masks(*boxes_yxyx: Sequence[int]) -> np.ndarray:
    return np.array([_mask(box) for box in boxes_yxyx], np.uint8).reshape(-1, _HEIGHT, _WIDTH)


def _image_with_objects() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A cat and a dog; both are found, but a cat that is not there has the highest score."""
    groundtruth = {
        "groundtruth_boxes": np.array([_CAT_BOX, _DOG_BOX], np.float32),
        "groundtruth_classes": np.array([1, 2], np.int64),
        "groundtruth_is_crowd": np.array([0, 0], np.int64),
        "groundtruth_area": np.array([800, 800], np.float32),
        "groundtruth_difficult": np.array([0, 0], np.int64),
        "groundtruth_group_of": np.array([0, 0], np.int64),
        "groundtruth_image_classes": np.array([1, 2], np.int64),
        "groundtruth_labeled_classes": np.array([0, 1, 1], np.int64),
        "groundtruth_verified_neg_classes": np.array([0, 0, 0], np.float32),
        "groundtruth_not_exhaustive_classes": np.array([0, 0, 0], np.float32),
        "groundtruth_instance_masks": _masks(_CAT_BOX, _DOG_BOX),
    }
    detections = {
        "detection_boxes": np.array([_WRONG_BOX, _CAT_BOX, _DOG_BOX], np.float32),
        "detection_scores": np.array([0.95, 0.9, 0.8], np.float32),
        "detection_classes": np.array([1, 1, 2], np.int64),
        "detection_masks": _masks(_WRONG_BOX, _CAT_BOX, _DOG_BOX),
    }
    return groundtruth, detections


def _image_without_anything() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    per_image = ("labeled_classes", "verified_neg_classes", "not_exhaustive_classes")
    groundtruth, detections = (
        {
            name: value if name.removeprefix("groundtruth_") in per_image else value[:0]
            for name, value in entries.items()
        }
        for entries in _image_with_objects()
    )
    return groundtruth, detections


# The cats: the false one first, so precision is 1/2 where recall is 1. The dog is found.
_PER_CLASS = {"cat": 0.5, "dog": 1.0}
_MEAN = 0.75
# Over all classes: 1/2 at recall 1/2 and 2/3 at recall 1; what is interpolated is 2/3 everywhere.
_OVER_ALL = 2 / 3


def _expected_of_pascal(prefix: str, mean: float) -> dict[str, float]:
    per_class = {
        f"{prefix}_PerformanceByCategory/AP@0.5IOU/{name}": ap for name, ap in _PER_CLASS.items()
    }
    return {f"{prefix}_Precision/mAP@0.5IOU": mean, **per_class}


_EXPECTED: Mapping[str, Mapping[str, float]] = {
    "pascal_voc_detection_metrics": _expected_of_pascal("PascalBoxes", _MEAN),
    "weighted_pascal_voc_detection_metrics": _expected_of_pascal("WeightedPascalBoxes", _OVER_ALL),
    "pascal_voc_instance_segmentation_metrics": _expected_of_pascal("PascalMasks", _MEAN),
    "weighted_pascal_voc_instance_segmentation_metrics": _expected_of_pascal(
        "WeightedPascalMasks", _OVER_ALL
    ),
    "precision_at_recall_detection_metrics": _expected_of_pascal("PrecisionAtRecallBoxes", _MEAN),
    "oid_V2_detection_metrics": _expected_of_pascal("OpenImagesV2", _MEAN),
    "oid_challenge_detection_metrics": _expected_of_pascal("OpenImagesDetectionChallenge", _MEAN),
    "oid_challenge_segmentation_metrics": _expected_of_pascal(
        "OpenImagesInstanceSegmentationChallenge", _MEAN
    ),
    "coco_detection_metrics": {
        "DetectionBoxes_Precision/mAP": _MEAN,
        "DetectionBoxes_Precision/mAP@.50IOU": _MEAN,
        "DetectionBoxes_Recall/AR@1": 0.5,  # the cat's best detection is the false one
        "DetectionBoxes_Recall/AR@100": 1,
        "DetectionBoxes_Precision/mAP (small)": _MEAN,
        "DetectionBoxes_Precision/mAP (large)": -1,
    },
    "coco_mask_metrics": {
        "DetectionMasks_Precision/mAP": _MEAN,
        "DetectionMasks_Recall/AR@100": 1,
    },
    "lvis_mask_metrics": {
        "DetectionMasks_AP": _MEAN,
        "DetectionMasks_AP50": _MEAN,
        "DetectionMasks_AR@300": 1,
    },
    # Cats: one of two predictions is right, so 1 / (1 + 1/2).
    "coco_panoptic_metrics": {
        "PanopticQuality@0.50IOU": (2 / 3 + 1) / 2,
        "SegmentationQuality@0.50IOU": 1,
        "RecognitionQuality@0.50IOU": (2 / 3 + 1) / 2,
    },
}


def _assert_metrics(metrics: Mapping[str, Any], expected: Mapping[str, float]) -> None:
    found = {name: float(metrics[name]) for name in expected}
    assert found == pytest.approx(dict(expected), abs=1e-6)


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
        images = (_image_with_objects(), _image_without_anything())
        for key, (groundtruth, detections) in enumerate(images):
            evaluator.add_single_ground_truth_image_info(key, groundtruth)
            evaluator.add_single_detected_image_info(key, detections)
        _assert_metrics(evaluator.evaluate(), _EXPECTED[name])
        evaluator.clear()

    @pytest.mark.parametrize("name", [name for name in _EXPECTED if "panoptic" not in name])
    def test_metrics_of_tensors_as_the_evaluation_job_passes_them(self, name):
        evaluator = self._evaluator(name)
        evaluator.add_eval_dict(_evaluation_dict())
        _assert_metrics(evaluator.evaluate(), _EXPECTED[name])

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
        _assert_metrics(evaluator.evaluate(), {f"{name} ByCategory/cat": 0.5 for name in names})


# In pixels, of the three detections: the second and third are where the objects' own are.
_KEYPOINTS_YX = np.array(
    [[[34, 6], [46, 40]], [[12, 12], [28, 48]], [[10, 60], [40, 70]]], np.float32
)


def _evaluation_dict() -> dict[str, Any]:
    """What the TF2 evaluation loop makes of a batch of one image and its detections."""
    import tensorflow as tf
    from object_detection import eval_util

    groundtruth, detections = _image_with_objects()
    size = np.array([_HEIGHT, _WIDTH], np.float32)
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
        tf.zeros([1, _HEIGHT, _WIDTH, 3], tf.uint8),
        tf.constant([7]),
        *batch_of_one,
        scale_to_absolute=True,
        max_gt_boxes=tf.constant([2]),
    )


def _example(features: Mapping[str, Sequence[Any]]) -> Any:
    """An example of these features, none of them empty."""
    import tensorflow as tf

    kinds = {bytes: "bytes_list", int: "int64_list", float: "float_list"}
    example = tf.train.Example()
    for name, values in features.items():
        getattr(example.features.feature[name], kinds[type(values[0])]).value.extend(values)
    return example


def _sides(prefix: str, boxes_yxyx: Sequence[Sequence[int]]) -> dict[str, list[float]]:
    sizes = (_HEIGHT, _WIDTH, _HEIGHT, _WIDTH)
    return {
        f"{prefix}/{side}": [box[i] / sizes[i] for box in boxes_yxyx]
        for i, side in enumerate(("ymin", "xmin", "ymax", "xmax"))
    }


def _read_metrics(path: Path) -> dict[str, str]:
    with path.open(newline="") as table:
        return dict(csv.reader(table))


class TestOfflineEvaluation:
    @pytest.mark.parametrize(
        ("metrics_set", "prefix"),
        [
            ("pascal_voc_detection_metrics", "PascalBoxes"),
            ("oid_V2_detection_metrics", "OpenImagesV2"),
        ],
    )
    def test_metrics_of_detections_in_records(self, tmp_path, metrics_set, prefix):
        import tensorflow as tf
        from google.protobuf import text_format
        from object_detection.protos import eval_pb2, input_reader_pb2

        from odapi_ssd.plugin.api_programs import loaded_program

        first = _example(
            {
                "image/source_id": [b"first"],
                **_sides("image/object/bbox", [_CAT_BOX, _DOG_BOX]),
                "image/object/class/label": [1, 2],
                "image/object/difficult": [0, 0],
                "image/object/group_of": [0, 0],
                **_sides("image/detection/bbox", [_WRONG_BOX, _CAT_BOX, _DOG_BOX]),
                "image/detection/label": [1, 1, 2],
                "image/detection/score": [0.95, 0.9, 0.8],
            }
        )
        # Without detections, an image is left out.
        second = _example({"image/source_id": [b"second"], "image/object/class/label": [1]})
        for shard, example in enumerate((first, second)):
            path = tmp_path / f"detections.record-{shard:05}-of-00002"
            with tf.io.TFRecordWriter(str(path)) as writer:
                writer.write(example.SerializeToString())
        label_map = write_label_map(tmp_path / "label_map.pbtxt", ["cat", "dog"])
        reader = text_format.Parse(
            f"label_map_path: '{label_map}'\n"
            f"tf_record_input_reader {{ input_path: '{tmp_path}/detections.record@2' }}",
            input_reader_pb2.InputReader(),
        )
        config = eval_pb2.EvalConfig(metrics_set=[metrics_set])
        # Its two functions and not `main`, which asks for `eval_input_config`: a name that the
        # API's own config_util no longer gives it.
        with loaded_program("metrics.offline_eval_map_corloc", {}) as program:
            metrics = program.read_data_and_evaluate(reader, config)
            program.write_metrics(metrics, str(tmp_path))
        written = _read_metrics(tmp_path / "metrics.csv")
        _assert_metrics(written, _expected_of_pascal(prefix, _MEAN))


class TestOpenImagesChallenge:
    HEADER = "ImageID,LabelName,XMin,XMax,YMin,YMax"
    # No label is verified in the first image but those of its boxes; in the second a cat is not
    # there and nobody looked for dogs; nothing is found in the third.
    IMAGE_LABELS = "ImageID,LabelName,Confidence\nb,/m/cat,0\nc,/m/dog,0\n"

    def _row(self, image: str, name: str, box_yxyx: Sequence[int], *others: object) -> str:
        top, left, bottom, right = box_yxyx
        sides = (left / _WIDTH, right / _WIDTH, top / _HEIGHT, bottom / _HEIGHT)
        return ",".join(str(value) for value in (image, f"/m/{name}", *sides, *others)) + "\n"

    def _encoded_mask(self, box_yxyx: Sequence[int]) -> str:
        from pycocotools import mask

        run_lengths = mask.encode(np.asfortranarray(_mask(box_yxyx)))["counts"]
        return base64.b64encode(zlib.compress(run_lengths)).decode()

    @pytest.mark.parametrize("with_masks", [False, True])
    def test_the_program_writes_the_metrics(self, tmp_path, with_masks):
        from odapi_ssd.plugin.api_programs import loaded_program

        objects = (("cat", _CAT_BOX), ("dog", _DOG_BOX))
        predictions = (
            ("a", "cat", _WRONG_BOX, 0.95),
            ("a", "cat", _CAT_BOX, 0.9),
            ("a", "dog", _DOG_BOX, 0.8),
            ("b", "cat", _CAT_BOX, 0.5),
            ("b", "dog", _DOG_BOX, 0.99),
        )

        def mask(box_yxyx: Sequence[int]) -> tuple[object, ...]:
            return (_WIDTH, _HEIGHT, self._encoded_mask(box_yxyx)) if with_masks else ()

        mask_columns = ",ImageWidth,ImageHeight,Mask" if with_masks else ""
        boxes = [self._row("a", name, box, 0) for name, box in objects]
        segments = [self._row("a", name, box, 0, *mask(box)) for name, box in objects]
        rows = [self._row(i, name, box, score, *mask(box)) for i, name, box, score in predictions]
        tables = {
            "input_annotations_boxes": f"{self.HEADER},IsGroupOf\n" + "".join(boxes),
            "input_annotations_labels": self.IMAGE_LABELS,
            "input_predictions": f"{self.HEADER},Score{mask_columns}\n" + "".join(rows),
        }
        if with_masks:
            header = f"{self.HEADER},IsGroupOf{mask_columns}\n"
            tables["input_annotations_segm"] = header + "".join(segments)
        label_map = write_label_map(tmp_path / "label_map.pbtxt", ["/m/cat", "/m/dog"])
        flag_values = {
            **{name: write_text(tmp_path / f"{name}.csv", t) for name, t in tables.items()},
            "input_class_labelmap": label_map,
            "output_metrics": tmp_path / "metrics.csv",
        }
        with loaded_program("metrics.oid_challenge_evaluation", flag_values) as program:
            program.main([])
        kind = "InstanceSegmentation" if with_masks else "Detection"
        expected = _expected_of_pascal(f"OpenImages{kind}Challenge", _MEAN)
        written = _read_metrics(tmp_path / "metrics.csv")
        _assert_metrics(
            written, {name.replace("IOU/", "IOU//m/"): value for name, value in expected.items()}
        )


class TestVisualRelationships:
    """Where a subject, an object and how they relate are found together."""

    CLASSES: Mapping[str, int] = {"/m/cat": 1, "/m/dog": 2, "/m/sofa": 3}
    RELATIONS: Mapping[str, int] = {"on": 1, "beside": 2}
    BOXES = (
        "ImageID,LabelName1,LabelName2,XMin1,XMax1,YMin1,YMax1,XMin2,XMax2,YMin2,YMax2,"
        "RelationshipLabel"
    )
    # Left and right come before top and bottom in the tables, unlike in the arrays.
    CAT_ON_SOFA = "a,/m/cat,/m/sofa,0.125,0.25,0.5,0.75,0.0,1.0,0.625,0.875,on"
    DOG_BESIDE_SOFA = "a,/m/dog,/m/sofa,0.5,0.625,0.25,0.375,0.0,1.0,0.625,0.875,beside"
    DOG_ON_SOFA = "a,/m/dog,/m/sofa,0.5,0.625,0.25,0.375,0.0,1.0,0.625,0.875,on"

    def _groundtruth(self, *image_labels: str) -> Mapping[str, np.ndarray]:
        import pandas as pd
        from object_detection.metrics import oid_vrd_challenge_evaluation_utils

        text = "\n".join([self.BOXES, self.CAT_ON_SOFA, self.DOG_BESIDE_SOFA])
        labels = "\n".join(["ImageID,LabelName,Confidence", *image_labels])
        tables = [pd.read_csv(io.StringIO(table)) for table in (text, labels)]
        return oid_vrd_challenge_evaluation_utils.build_groundtruth_vrd_dictionary(
            pd.concat(tables), self.CLASSES, self.RELATIONS
        )

    def _predictions(self) -> Mapping[str, np.ndarray]:
        import pandas as pd
        from object_detection.metrics import oid_vrd_challenge_evaluation_utils

        rows = [f"{self.DOG_ON_SOFA},0.75", f"{self.CAT_ON_SOFA},0.5"]
        text = "\n".join([f"{self.BOXES},Score", *rows])
        return oid_vrd_challenge_evaluation_utils.build_predictions_vrd_dictionary(
            pd.read_csv(io.StringIO(text)), self.CLASSES, self.RELATIONS
        )

    def test_vrd_dictionaries_have_the_structured_values(self):
        from object_detection.utils import vrd_evaluation

        groundtruth = self._groundtruth("a,/m/sofa,1", "a,/m/cat,0")
        predictions = self._predictions()
        cat, dog, sofa = [0.5, 0.125, 0.75, 0.25], [0.25, 0.5, 0.375, 0.625], [0.625, 0, 0.875, 1]
        for found, expected in (
            (groundtruth["groundtruth_boxes"], [(cat, sofa), (dog, sofa)]),
            (predictions["detection_boxes"], [(dog, sofa), (cat, sofa)]),
        ):
            assert found.dtype == vrd_evaluation.vrd_box_data_type
            np.testing.assert_array_equal(found, np.array(expected, found.dtype))
        for found, expected in (
            (groundtruth["groundtruth_classes"], [(1, 3, 1), (2, 3, 2)]),
            (predictions["detection_classes"], [(2, 3, 1), (1, 3, 1)]),
        ):
            assert found.dtype == vrd_evaluation.label_data_type
            np.testing.assert_array_equal(found, np.array(expected, found.dtype))
        np.testing.assert_array_equal(groundtruth["groundtruth_image_classes"], [3, 1])
        np.testing.assert_array_equal(predictions["detection_scores"], [0.75, 0.5])

    @pytest.mark.parametrize("image_labels", [(), ("a,/m/sofa,1", "a,/m/cat,1")])
    @pytest.mark.parametrize("kind", ["Relation", "Phrase"])
    def test_metrics_of_relationships(self, kind, image_labels):
        from object_detection.utils import vrd_evaluation

        evaluator = getattr(vrd_evaluation, f"VRD{kind}DetectionEvaluator")()
        evaluator.add_single_ground_truth_image_info("a", self._groundtruth(*image_labels))
        evaluator.add_single_detected_image_info("a", self._predictions())
        metrics = evaluator.evaluate(relationships={1: "on", 2: "beside"})
        # One of two relationships is found, after one that is not there.
        prefix = {"Relation": "VRDMetric_Relationships_", "Phrase": "VRDMetric_Phrases_"}[kind]
        expected = {"AP@0.5IOU/on": 0.5, "AP@0.5IOU/beside": 0, "Recall@50@0.5IOU": 0.5}
        _assert_metrics(metrics, {f"{prefix}{name}": value for name, value in expected.items()})
