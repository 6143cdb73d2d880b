"""Detections against plain loops, and against the API's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from tests.support.plain_nms import (
    HALVES_YXYX,
    WINDOW_YXYX,
    assert_equal,
    detect,
    detect_by_loops,
    jittered_boxes,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


# Coordinates in eighths have overlaps without rounding, so that thresholds are met exactly; they
# reach over the window, and some have a minimum above their maximum.
@st.composite
def cases(draw):
    batch, anchors, classes = draw(
        st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 3))
    )
    box_shape = [batch, anchors, 4] if draw(st.booleans()) else [batch, anchors, classes, 4]
    eighths = draw(st_np.arrays(np.float32, box_shape, elements=st.integers(-1, 9).map(float)))
    if draw(st.booleans()):  # All the right way up; else three of four are not.
        eighths = np.concatenate(
            [
                np.minimum(eighths[..., :2], eighths[..., 2:]),
                np.maximum(eighths[..., :2], eighths[..., 2:]),
            ],
            axis=-1,
        )
    values = [0.0, 0.125, 0.25, 0.5, 0.75, 1.0, float("nan"), float("inf"), -1.0]
    scores = draw(
        st_np.arrays(
            np.float32,
            [batch, anchors, classes],
            elements=st.sampled_from(values) | st.floats(0, 1, width=32).map(abs),
        )
    )
    return (
        eighths / np.float32(8),
        scores,
        {
            "score_threshold": draw(st.sampled_from([-2.0, 0.0, 0.25, 0.5, 1.0])),
            "iou_threshold": draw(st.sampled_from([0.0, 0.125, 0.25, 1 / 3, 0.5, 1.0])),
            "max_candidates": draw(st.integers(1, 10)),
            "max_per_class": draw(st.none() | st.integers(1, 10)),
            "max_detections": draw(st.integers(1, 12)),
            "clip_window_yxyx": draw(st.sampled_from([None, (0.0, 0.0, 1.0, 1.0), WINDOW_YXYX])),
        },
    )


@given(cases())
@settings(deadline=None, max_examples=150)
def test_does_what_plain_loops_do(case):
    boxes_yxyx, scores, options = case
    assert_equal(
        detect(boxes_yxyx, scores, **options), detect_by_loops(boxes_yxyx, scores, **options)
    )


@pytest.mark.parametrize("max_detections", [3, 10, 40])
@pytest.mark.parametrize("num_levels", [3, 1000], ids=["ties", "few_ties"])
def test_stops_early_without_changing_what_is_found(num_levels, max_detections):
    rng = np.random.default_rng(7)
    boxes_yxyx = jittered_boxes(rng, (3, 80), num_objects=30)
    scores = rng.integers(0, num_levels, (3, 80, 4)).astype(np.float32) / num_levels
    options = {
        "score_threshold": 0.0,
        "iou_threshold": 0.45,
        "max_candidates": 50,
        "max_per_class": None,
        "max_detections": max_detections,
        "clip_window_yxyx": (0.0, 0.0, 1.0, 1.0),
    }
    expected = detect_by_loops(boxes_yxyx, scores, **options)
    found = detect(boxes_yxyx, scores, **options)
    for part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_allclose(part, expected_part, rtol=1e-6)


def test_stops_once_the_picks_beat_what_is_left(monkeypatch):
    """Five detections in two classes: after three picks in each, six beat all others."""
    from odapi_ssd.ssd import nms

    num_steps = 0

    def count_steps(*boxes):
        nonlocal num_steps
        num_steps += 1
        return pairwise_iou(*boxes)

    pairwise_iou = nms.pairwise_iou
    monkeypatch.setattr(nms, "pairwise_iou", count_steps)
    apart = [(0.25, x / 64, 0.5, (x + 1) / 64) for x in range(64)]
    scores = np.linspace(1, 0.5, 128).reshape(1, 64, 2)
    assert detect([apart], scores, max_detections=5).num_detections.tolist() == [5]
    assert num_steps == 3


class TestApi:
    """The same as the API's, for `max_candidates` that leave no anchor out: the API has no such
    limit.
    """

    @staticmethod
    def detect_by_api(boxes_yxyx, scores, **options):
        import tensorflow as tf
        from object_detection.core import post_processing

        if boxes_yxyx.ndim == 3:
            boxes_yxyx = boxes_yxyx[:, :, None]
        window = options["clip_window_yxyx"]
        boxes_yxyx, scores, class_idx, _, _, num_detections = (
            post_processing.batch_multiclass_non_max_suppression(
                tf.constant(boxes_yxyx),
                tf.constant(scores),
                options["score_threshold"],
                options["iou_threshold"],
                options["max_per_class"],
                options["max_detections"],
                clip_window=None if window is None else tf.constant(window),
            )
        )
        return boxes_yxyx, scores, class_idx, num_detections

    def compare(self, boxes_yxyx, scores, **options):
        found = detect(boxes_yxyx, scores, max_candidates=scores.shape[1], **options)
        expected = self.detect_by_api(boxes_yxyx, scores, **options)
        for part, expected_part in zip(found, expected, strict=True):
            np.testing.assert_allclose(part, expected_part, rtol=1e-6)
        return found

    @pytest.mark.parametrize("window", [None, (0.0, 0.0, 1.0, 1.0), WINDOW_YXYX])
    @pytest.mark.parametrize("is_per_class", [False, True], ids=["shared", "per_class"])
    @pytest.mark.parametrize(
        ("iou_threshold", "max_per_class", "max_detections"),
        [(0.45, 40, 60), (0.6, 4, 60), (0.3, 40, 7)],
        ids=["no_limit", "per_class_limit", "overall_limit"],
    )
    def test_equals_the_api(
        self, window, is_per_class, iou_threshold, max_per_class, max_detections
    ):
        rng = np.random.default_rng(3)
        found = self.compare(
            jittered_boxes(rng, (2, 60, 3) if is_per_class else (2, 60)),
            rng.random((2, 60, 3)).astype(np.float32),
            score_threshold=0.3,
            iou_threshold=iou_threshold,
            max_per_class=max_per_class,
            max_detections=max_detections,
            clip_window_yxyx=window,
        )
        assert found.num_detections.min() > 5

    def test_equals_the_api_at_the_borders(self):
        """A score at its threshold, an overlap at its, equal scores, a NaN."""
        boxes_yxyx = np.asarray([[*HALVES_YXYX, (0.75, 0, 1, 0.5), (0.75, 0.5, 1, 1)]], np.float32)
        scores = np.asarray([[[0.5], [0.5], [0.25], [np.nan], [0.75]]], np.float32)
        for iou_threshold, num in ((0.5, 3), (0.4, 2)):
            found = self.compare(
                boxes_yxyx,
                scores,
                score_threshold=0.25,
                iou_threshold=iou_threshold,
                max_per_class=5,
                max_detections=5,
                clip_window_yxyx=(0.0, 0.0, 1.0, 1.0),
            )
            assert found.num_detections.tolist() == [num]

    def test_differs_for_boxes_that_are_upside_down(self):
        """The API's suppression turns them the right way, so that they suppress others."""
        boxes_yxyx = np.asarray([[(0.5, 0.25, 0, 0), (0, 0, 0.5, 0.25)]], np.float32)
        scores = np.asarray([[[0.75], [0.5]]], np.float32)
        options = {
            "score_threshold": 0.1,
            "iou_threshold": 0.5,
            "max_per_class": 2,
            "max_detections": 2,
            "clip_window_yxyx": (0.0, 0.0, 1.0, 1.0),
        }
        *_, api_scores, _, api_num = (
            part.numpy() for part in self.detect_by_api(boxes_yxyx, scores, **options)
        )
        assert api_scores[0, : api_num[0]].tolist() == [0.75]
        found = detect(boxes_yxyx, scores, **options)
        assert found.scores[0, : found.num_detections[0]].tolist() == [0.5]

    def test_differs_where_candidates_are_left_out(self):
        """Caffe's limit: the third box is not looked at, though the second is suppressed."""
        options = {
            "score_threshold": 0.1,
            "iou_threshold": 0.4,
            "max_per_class": 3,
            "max_detections": 3,
            "clip_window_yxyx": None,
        }
        boxes_yxyx = np.asarray([HALVES_YXYX], np.float32)
        scores = np.asarray([[[0.75], [0.5], [0.25]]], np.float32)
        *_, api_num = self.detect_by_api(boxes_yxyx, scores, **options)
        assert api_num.numpy().tolist() == [2]
        found = detect(boxes_yxyx, scores, max_candidates=2, **options)
        assert found.num_detections.tolist() == [1]
