"""The API's programs that compute metrics from files: records, and tables of Open Images.

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


def _example(features: Mapping[str, Sequence[Any]]) -> Any:
    """An example of these features, none of them empty."""
    import tensorflow as tf

    kinds = {bytes: "bytes_list", int: "int64_list", float: "float_list"}
    example = tf.train.Example()
    for name, values in features.items():
        getattr(example.features.feature[name], kinds[type(values[0])]).value.extend(values)
    return example


def _sides(prefix: str, boxes_yxyx: Sequence[Sequence[int]]) -> dict[str, list[float]]:
    sizes = (HEIGHT, WIDTH, HEIGHT, WIDTH)
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
                **_sides("image/object/bbox", [CAT_BOX, DOG_BOX]),
                "image/object/class/label": [1, 2],
                "image/object/difficult": [0, 0],
                "image/object/group_of": [0, 0],
                **_sides("image/detection/bbox", [WRONG_BOX, CAT_BOX, DOG_BOX]),
                "image/detection/label": [1, 1, 2],
                "image/detection/score": [0.95, 0.9, 0.8],
            }
        )
        # An image without detections is skipped.
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
        # Not through `main`, which reads `eval_input_config`, a key that the API's own config_util
        # no longer provides.
        with loaded_program("metrics.offline_eval_map_corloc", {}) as program:
            metrics = program.read_data_and_evaluate(reader, config)
            program.write_metrics(metrics, str(tmp_path))
        written = _read_metrics(tmp_path / "metrics.csv")
        assert_metrics(written, expected_of_pascal(prefix, MEAN))


class TestOpenImagesChallenge:
    HEADER = "ImageID,LabelName,XMin,XMax,YMin,YMax"
    # Verified labels: of the first image only those of its boxes; of the second, that it has no cat
    # (dogs are not verified); of the third, which has no detections, that it has no dog.
    IMAGE_LABELS = "ImageID,LabelName,Confidence\nb,/m/cat,0\nc,/m/dog,0\n"

    def _row(self, image: str, name: str, box_yxyx: Sequence[int], *others: object) -> str:
        top, left, bottom, right = box_yxyx
        sides = (left / WIDTH, right / WIDTH, top / HEIGHT, bottom / HEIGHT)
        return ",".join(str(value) for value in (image, f"/m/{name}", *sides, *others)) + "\n"

    def _encoded_mask(self, box_yxyx: Sequence[int]) -> str:
        from pycocotools import mask

        run_lengths = mask.encode(np.asfortranarray(box_mask(box_yxyx)))["counts"]
        return base64.b64encode(zlib.compress(run_lengths)).decode()

    @pytest.mark.parametrize("with_masks", [False, True])
    def test_the_program_writes_the_metrics(self, tmp_path, with_masks):
        from odapi_ssd.plugin.api_programs import loaded_program

        objects = (("cat", CAT_BOX), ("dog", DOG_BOX))
        predictions = (
            ("a", "cat", WRONG_BOX, 0.95),
            ("a", "cat", CAT_BOX, 0.9),
            ("a", "dog", DOG_BOX, 0.8),
            ("b", "cat", CAT_BOX, 0.5),
            ("b", "dog", DOG_BOX, 0.99),
        )

        def mask(box_yxyx: Sequence[int]) -> tuple[object, ...]:
            return (WIDTH, HEIGHT, self._encoded_mask(box_yxyx)) if with_masks else ()

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
        expected = expected_of_pascal(f"OpenImages{kind}Challenge", MEAN)
        written = _read_metrics(tmp_path / "metrics.csv")
        assert_metrics(
            written, {name.replace("IOU/", "IOU//m/"): value for name, value in expected.items()}
        )


class TestVisualRelationships:
    """Detections of a subject, an object and their relationship."""

    CLASSES: Mapping[str, int] = {"/m/cat": 1, "/m/dog": 2, "/m/sofa": 3}
    RELATIONS: Mapping[str, int] = {"on": 1, "beside": 2}
    BOXES = (
        "ImageID,LabelName1,LabelName2,XMin1,XMax1,YMin1,YMax1,XMin2,XMax2,YMin2,YMax2,"
        "RelationshipLabel"
    )
    # The tables have left and right before top and bottom, unlike the arrays.
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
        # One of two relationships is detected, with a lower score than a false one.
        prefix = {"Relation": "VRDMetric_Relationships_", "Phrase": "VRDMetric_Phrases_"}[kind]
        expected = {"AP@0.5IOU/on": 0.5, "AP@0.5IOU/beside": 0, "Recall@50@0.5IOU": 0.5}
        assert_metrics(metrics, {f"{prefix}{name}": value for name, value in expected.items()})
