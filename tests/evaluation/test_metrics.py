"""AP with numbers by hand, and how it is written."""

import json
import math

import numpy as np
import pytest

from odapi_ssd.evaluation.metrics import Evaluation, VocScorer

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_NAMES = {1: "cat", 2: "dog", 3: "owl"}


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


class TestVocScorer:
    LEFT = (0.0, 0.0, 1.0, 0.4)
    RIGHT = (0.0, 0.6, 1.0, 1.0)

    def test_ap_of_a_hand_computed_case(self):
        """Cats: 2 objects; hit at 0.9, miss at 0.8, hit at 0.7.

        Precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1: area 1/2 * 1 + 1/2 * 2/3 = 5/6.
        """
        scorer = VocScorer(_NAMES)
        scorer.add(
            _truth([self.LEFT, self.RIGHT], [1, 1]),
            _found([self.LEFT, (0.0, 0.4, 0.1, 0.5), self.RIGHT], [1, 1, 1], [0.9, 0.8, 0.7]),
        )
        result = scorer.evaluation("ckpt-1", 3)
        assert result.per_class["cat"] == pytest.approx(5 / 6)
        assert result.mean_ap == pytest.approx(5 / 6)
        assert result.num_objects == {"cat": 2, "dog": 0, "owl": 0}

    def test_a_class_without_objects_does_not_count(self):
        scorer = VocScorer(_NAMES)
        scorer.add(_truth([self.LEFT], [2]), _found([self.LEFT], [2], [0.9]))
        scorer.add(_truth([], []), _found([self.RIGHT], [3], [0.9]))
        result = scorer.evaluation("ckpt-1", 3)
        assert result.per_class["dog"] == pytest.approx(1.0)
        assert math.isnan(result.per_class["cat"])
        assert result.mean_ap == pytest.approx(1.0)
        assert json.loads(result.to_json())["per_class"]["cat"] is None

    def test_difficult_objects_are_neither_rewarded_nor_punished(self):
        scorer = VocScorer(_NAMES)
        scorer.add(
            _truth([self.LEFT, self.RIGHT], [1, 1], [True, False]),
            _found([self.LEFT, self.RIGHT], [1, 1], [0.9, 0.8]),
        )
        result = scorer.evaluation("ckpt-1", 3)
        assert result.num_objects["cat"] == 1
        assert result.per_class["cat"] == pytest.approx(1.0)

    def test_an_object_found_twice_counts_once(self):
        scorer = VocScorer(_NAMES)
        scorer.add(
            _truth([self.LEFT, self.RIGHT], [1, 1]),
            _found([self.LEFT, self.LEFT], [1, 1], [0.9, 0.8]),
        )
        assert scorer.evaluation("c", 0).per_class["cat"] == pytest.approx(0.5)

    def test_without_images_there_is_nothing_to_score(self):
        result = VocScorer(_NAMES).evaluation("c", 0)
        assert result.num_images == 0
        assert math.isnan(result.mean_ap)

    def test_a_box_must_overlap_by_half(self):
        """Heights 0.5 and 0.4 of an object of height 1: IoU 0.5 and 0.4."""
        for height, expected in ((0.5, 1.0), (0.4, 0.0)):
            scorer = VocScorer(_NAMES)
            scorer.add(
                _truth([(0.0, 0.0, 1.0, 1.0)], [1]), _found([(0.0, 0.0, height, 1.0)], [1], [0.9])
            )
            assert scorer.evaluation("c", 0).mean_ap == pytest.approx(expected)


def test_the_json_of_an_evaluation():
    """NaN is no JSON."""
    evaluation = Evaluation(
        checkpoint="run/ckpt-3",
        step=7,
        num_images=5,
        num_objects={"cät": 2, "dog": 0},
        mean_ap=0.25,
        per_class={"cät": 0.25, "dog": math.nan},
    )
    text = evaluation.to_json()
    assert "cät" in text
    content = json.loads(text)
    assert "IoU 0.5" in content.pop("metric")
    assert content == {
        "step": 7,
        "num_images": 5,
        "mAP@0.5": 0.25,
        "per_class": {"cät": 0.25, "dog": None},
        "num_objects": {"cät": 2, "dog": 0},
        "checkpoint": "run/ckpt-3",
    }
