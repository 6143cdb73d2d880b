"""Evaluation: ground truth without padding, hand-computed AP, and the files that it writes."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from odapi_ssd.config.files import load_config
from odapi_ssd.errors import OdapiError
from odapi_ssd.evaluation import run as evaluation

pytestmark = [pytest.mark.tf, pytest.mark.slow]

_CATEGORIES = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}, {"id": 3, "name": "owl"}]


@pytest.fixture(scope="module")
def api() -> None:
    import odapi_ssd

    odapi_ssd.register()


def _truth(boxes, classes, difficult=None):
    return {
        "groundtruth_boxes": np.array(boxes, np.float32).reshape(-1, 4),
        "groundtruth_classes": np.array(classes, np.int64),
        "groundtruth_difficult": np.array(difficult or [False] * len(classes), bool),
    }


def _found(boxes, classes, scores):
    return {
        "detection_boxes": np.array(boxes, np.float32).reshape(-1, 4),
        "detection_classes": np.array(classes, np.int64),
        "detection_scores": np.array(scores, np.float32),
    }


class TestScorer:
    LEFT = (0.0, 0.0, 1.0, 0.4)
    RIGHT = (0.0, 0.6, 1.0, 1.0)

    def test_ap_of_a_hand_computed_case(self, api):
        """Cats: 2 objects; hit at 0.9, miss at 0.8, hit at 0.7.

        Precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1: area 1/2 * 1 + 1/2 * 2/3 = 5/6.
        """
        scorer = evaluation._Scorer(_CATEGORIES)
        scorer.add(
            _truth([self.LEFT, self.RIGHT], [1, 1]),
            _found([self.LEFT, (0.0, 0.4, 0.1, 0.5), self.RIGHT], [1, 1, 1], [0.9, 0.8, 0.7]),
        )
        result = scorer.evaluation("ckpt-1", 3)
        assert result.per_class["cat"] == pytest.approx(5 / 6)
        assert result.mean_ap == pytest.approx(5 / 6)
        assert result.num_objects == {"cat": 2, "dog": 0, "owl": 0}

    def test_a_class_without_objects_does_not_count(self, api):
        scorer = evaluation._Scorer(_CATEGORIES)
        scorer.add(_truth([self.LEFT], [2]), _found([self.LEFT], [2], [0.9]))
        scorer.add(_truth([], []), _found([self.RIGHT], [3], [0.9]))
        result = scorer.evaluation("ckpt-1", 3)
        assert result.per_class["dog"] == pytest.approx(1.0)
        assert math.isnan(result.per_class["cat"])
        assert result.mean_ap == pytest.approx(1.0)
        assert json.loads(result.to_json())["per_class"]["cat"] is None

    def test_difficult_objects_are_neither_rewarded_nor_punished(self, api):
        scorer = evaluation._Scorer(_CATEGORIES)
        scorer.add(
            _truth([self.LEFT, self.RIGHT], [1, 1], [True, False]),
            _found([self.LEFT, self.RIGHT], [1, 1], [0.9, 0.8]),
        )
        result = scorer.evaluation("ckpt-1", 3)
        assert result.num_objects["cat"] == 1
        assert result.per_class["cat"] == pytest.approx(1.0)

    def test_an_object_found_twice_counts_once(self, api):
        scorer = evaluation._Scorer(_CATEGORIES)
        scorer.add(
            _truth([self.LEFT, self.RIGHT], [1, 1]),
            _found([self.LEFT, self.LEFT], [1, 1], [0.9, 0.8]),
        )
        assert scorer.evaluation("c", 0).per_class["cat"] == pytest.approx(0.5)


class TestSplitBatch:
    def test_ground_truth_loses_its_padding_and_is_turned_to_the_true_image(self, api):
        """A 60x100 image (height x width) in a 100x200 frame; one of three rows is real."""
        import tensorflow as tf

        features = {
            "image": tf.zeros([1, 100, 200, 3]),
            "true_image_shape": tf.constant([[60, 100, 3]]),
        }
        labels = {
            "num_groundtruth_boxes": tf.constant([1]),
            "groundtruth_boxes": tf.constant(
                [[[0.3, 0.1, 0.6, 0.5], [0, 0, 0, 0], [0, 0, 0, 0]]], tf.float32
            ),
            "groundtruth_classes": tf.constant([[[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]]),
            "groundtruth_difficult": tf.constant([[1, 0, 0]]),
        }
        detections = {
            "num_detections": tf.constant([2.0]),
            "detection_boxes": tf.zeros([1, 5, 4]),
            "detection_scores": tf.constant([[0.9, 0.8, 0.0, 0.0, 0.0]]),
            "detection_classes": tf.constant([[1.0, 0.0, 0.0, 0.0, 0.0]]),
        }
        ((truth, found),) = evaluation._split_batch(features, labels, detections)
        np.testing.assert_allclose(truth["groundtruth_boxes"], [[0.5, 0.2, 1.0, 1.0]], rtol=1e-6)
        assert truth["groundtruth_classes"].tolist() == [2]
        assert truth["groundtruth_difficult"].tolist() == [True]
        assert found["detection_classes"].tolist() == [2, 1]
        assert found["detection_scores"].shape == (2,)


class TestEvaluate:
    def test_every_image_and_object_counts_once(self, trained_run, records_dir, tmp_path):
        config = load_config(
            trained_run.config_path,
            # Batches that do not divide the split, and less room than the objects need.
            ["eval_config.batch_size=2", "eval_input_reader[0].max_number_of_boxes=1"],
        )
        result = evaluation.evaluate(config, trained_run.model_dir, tmp_path)
        expected = json.loads((records_dir / "dataset.json").read_text())["splits"]["val"]
        assert expected["num_examples"] % 2 == 1
        assert result.num_images == expected["num_examples"]
        assert result.num_objects == expected["num_objects_per_class"]
        assert result.step == 7
        written = json.loads((tmp_path / "metrics.json").read_text())
        assert written["step"] == 7
        assert written["num_images"] == result.num_images
        assert written["mAP@0.5"] == pytest.approx(result.mean_ap)
        assert list(written["per_class"]) == ["circle", "square", "triangle"]
        assert "IoU 0.5" in written["metric"]
        assert list(tmp_path.glob("events.*"))

    def test_an_earlier_checkpoint_can_be_named(self, trained_run, tmp_path):
        config = load_config(trained_run.config_path)
        result = evaluation.evaluate(config, trained_run.model_dir / "ckpt-2", tmp_path)
        assert result.step == 5

    def test_no_checkpoint_is_said(self, trained_run, tmp_path):
        config = load_config(trained_run.config_path)
        with pytest.raises(OdapiError, match="holds no checkpoint"):
            evaluation.evaluate(config, tmp_path, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_another_model_s_checkpoint_is_refused(self, trained_run, run_without_note, tmp_path):
        config = load_config(
            trained_run.config_path, ["model.ssd.feature_extractor.depth_multiplier=0.5"]
        )
        with pytest.raises(OdapiError, match="does not fit the model"):
            evaluation.evaluate(config, run_without_note, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_other_anchors_are_refused(self, trained_run, tmp_path):
        """They have the same shapes: only the run's config tells."""
        anchors = "model.ssd.anchor_generator.ssd_anchor_generator"
        config = load_config(trained_run.config_path, [f"{anchors}.min_scale=0.3"])
        with pytest.raises(OdapiError, match=r"min_scale is 0\.2 there and 0\.3 in"):
            evaluation.evaluate(config, trained_run.model_dir, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_a_split_without_images_is_an_error(self, trained_run, tmp_path):
        empty = tmp_path / "val.record-00000-of-00001"
        empty.touch()
        field = "eval_input_reader[0].tf_record_input_reader.input_path"
        config = load_config(trained_run.config_path, [f"{field}={empty}"])
        with pytest.raises(OdapiError, match="no images to evaluate"):
            evaluation.evaluate(config, trained_run.model_dir, tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_moving_averages_are_evaluated_where_the_config_wants_them(
    tiny_config_path, tmp_path, monkeypatch
):
    from odapi_ssd.config.files import save_config
    from odapi_ssd.training import run as training

    overrides = [
        "train_config.optimizer.use_moving_average=true",
        "train_config.optimizer.moving_average_decay=0.9",
        "eval_config.use_moving_averages=true",
    ]
    config = load_config(tiny_config_path, overrides)
    config_path = tmp_path / "ema.config"
    save_config(config, config_path)
    flags = {"pipeline_config_path": str(config_path), "model_dir": str(tmp_path / "model")}
    training.train({**flags, "num_train_steps": 3})
    evaluated = {}
    detector_class = evaluation._Detector

    class Detector(detector_class):
        def run(self):
            yield from super().run()
            evaluated.update({v.name: v.numpy() for v in self._model.trainable_variables})

    monkeypatch.setattr(evaluation, "_Detector", Detector)
    assert evaluation.evaluate(config, tmp_path / "model", tmp_path / "out").step == 3

    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(tmp_path / "model"))
    averages = [
        reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if ".OPTIMIZER_SLOT/optimizer/average/" in name
    ]
    assert len(averages) == len(evaluated)
    for name, value in evaluated.items():
        assert any(np.array_equal(value, average) for average in averages), name


def test_the_api_s_continuous_evaluation_runs_and_says_its_metrics(trained_run, tmp_path):
    """`--checkpoint_dir`, as in model_main_tf2; it ends when it has seen the last step."""
    command = [sys.executable, "-m", "odapi_ssd", "train", "--model_dir", tmp_path]
    command += ["--pipeline_config_path", trained_run.config_path]
    completed = subprocess.run(
        [*command, "--checkpoint_dir", trained_run.model_dir, "--eval_timeout=5"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    assert "Eval metrics at step 7" in completed.stderr
    assert completed.stderr.count("PascalBoxes_Precision/mAP@0.5IOU") == 1
    assert "WARNING" not in completed.stderr
    assert list((tmp_path / "eval").rglob("events.*"))
