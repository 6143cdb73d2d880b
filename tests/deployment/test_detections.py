"""A model's output as detections, by hand."""

import numpy as np

from odapi_ssd.deployment.detections import Detection, ModelOutput, output_to_detections

NAMES = {1: "cat", 2: "dog"}
# Of an image 100 high and 300 wide.
IMAGE_HW = (100, 300)


def _output(*rows):
    """(class_id, score, ymin, xmin, ymax, xmax) each."""
    values = np.array(rows, np.float32).reshape(-1, 6)
    return ModelOutput(values[:, 2:], values[:, 1], values[:, 0].astype(int))


def test_boxes_are_scaled_by_height_and_width():
    output = _output((1, 0.5, 0.1, 0.25, 0.333333, 0.5))
    (found,) = output_to_detections(output, IMAGE_HW, NAMES)
    assert found == Detection(1, "cat", 0.5, (10.0, 75.0, 33.33, 150.0))


def test_the_highest_score_comes_first_and_equal_ones_keep_their_order():
    output = _output((1, 0.25, 0, 0, 1, 1), (2, 0.75, 0, 0, 1, 1), (2, 0.25, 0, 0, 1, 1))
    found = output_to_detections(output, IMAGE_HW, NAMES)
    assert [(one.class_name, one.score) for one in found] == [
        ("dog", 0.75), ("cat", 0.25), ("dog", 0.25)
    ]  # fmt: skip


def test_lower_scores_are_left_out():
    output = _output((1, 0.25, 0, 0, 1, 1), (2, 0.5, 0, 0, 1, 1))
    assert [one.score for one in output_to_detections(output, IMAGE_HW, NAMES, 0.5)] == [0.5]
    assert output_to_detections(output, IMAGE_HW, NAMES, 0.6) == []


def test_what_is_not_finite_is_left_out():
    nan, inf = float("nan"), float("inf")
    output = _output(
        (1, nan, 0, 0, 1, 1), (1, inf, 0, 0, 1, 1), (1, 0.9, 0, nan, 1, 1), (1, 0.8, 0, 0, inf, 1),
        (2, 0.7, 0, 0, 1, 1),
    )  # fmt: skip
    assert [one.class_id for one in output_to_detections(output, IMAGE_HW, NAMES)] == [2]


def test_an_id_without_a_name():
    (found,) = output_to_detections(_output((7, 0.5, 0, 0, 1, 1)), IMAGE_HW, NAMES)
    assert found.class_name == "class 7"


def test_no_detections():
    assert output_to_detections(_output(), IMAGE_HW, NAMES) == []
