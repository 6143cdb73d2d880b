"""Detections: the rules one by one, and the tutorial's example by hand."""

import numpy as np
import pytest

from tests.support.plain_nms import HALVES_YXYX, assert_equal, detect, iou_of_two, traced_detect

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


class TestTutorialExample:
    """The PyTorch tutorial's example: three dogs and two cats that are two dogs and one cat.

    Its tables give the overlaps: dogs B and A 0.1, B and C 0.6, A and C 0.05; cats A and B 0.8. Two
    equal boxes of area 1 that share I overlap by I/(2 - I), so the dogs share 2/11, 3/4 and 2/21 of
    their area, the cats 8/9. In units of a dog's height and width, C lies 1/4 below B; A lies
    0.475 above B and 1 - 80/231 to its right: (1 - 0.475)·80/231 = 2/11 and
    (1 - 0.475 - 0.25)·80/231 = 2/21. Cat B lies 1/9 to the right of cat A.
    """

    # A dog is 0.4 high and 0.5 wide, a cat 0.2 high and 0.45 wide. The tutorial lists each class
    # in the order of its scores; the values here are made up.
    BOXES_YXYX = (
        (0.3, 0.1, 0.7, 0.6),  # dog B
        (0.11, 0.42683983, 0.51, 0.92683983),  # dog A: 0.19 up, 0.32683983 to the right
        (0.4, 0.1, 0.8, 0.6),  # dog C
        (0.1, 0.05, 0.3, 0.5),  # cat A
        (0.1, 0.1, 0.3, 0.55),  # cat B
    )
    DOG_B, DOG_A, DOG_C, CAT_A, CAT_B = range(5)
    SCORES = ((0.9, 0), (0.8, 0), (0.6, 0), (0, 0.85), (0, 0.7))

    def found_anchors(self, iou_threshold):
        found = detect([self.BOXES_YXYX], [self.SCORES], iou_threshold=iou_threshold)
        boxes_yxyx = np.asarray(self.BOXES_YXYX, np.float32)
        anchors = [
            int(np.flatnonzero((boxes_yxyx == box).all(-1))[0])
            for box in found.boxes_yxyx[0, : found.num_detections[0]]
        ]
        return anchors, found.class_idx[0, : found.num_detections[0]].tolist()

    def test_boxes_overlap_as_in_the_tables(self):
        boxes = np.asarray(self.BOXES_YXYX, np.float32)
        for first, second, overlap in (
            (self.DOG_B, self.DOG_A, 0.1),
            (self.DOG_B, self.DOG_C, 0.6),
            (self.DOG_A, self.DOG_C, 0.05),
            (self.CAT_A, self.CAT_B, 0.8),
        ):
            assert iou_of_two(boxes[first], boxes[second]) == pytest.approx(overlap, rel=1e-5)

    def test_an_overlap_above_one_half_suppresses_one_dog_and_one_cat(self):
        expected = [self.DOG_B, self.CAT_A, self.DOG_A], [0, 1, 0]
        assert self.found_anchors(iou_threshold=0.5) == expected

    @pytest.mark.parametrize(
        ("iou_threshold", "expected"),
        [
            (0.08, [DOG_B, CAT_A]),
            (0.55, [DOG_B, CAT_A, DOG_A]),
            (0.65, [DOG_B, CAT_A, DOG_A, DOG_C]),
            (0.85, [DOG_B, CAT_A, DOG_A, CAT_B, DOG_C]),
        ],
    )
    def test_other_thresholds(self, iou_threshold, expected):
        assert self.found_anchors(iou_threshold)[0] == expected


class TestRules:
    def found_scores(self, scores, boxes_yxyx=HALVES_YXYX, **options):
        found = detect([boxes_yxyx], np.reshape(scores, [1, len(boxes_yxyx), -1]), **options)
        num = found.num_detections[0]
        assert not found.scores[0, num:].any()
        assert not found.boxes_yxyx[0, num:].any()
        assert not found.class_idx[0, num:].any()
        return found.scores[0, :num].tolist()

    def test_score_at_the_threshold_is_out(self):
        assert self.found_scores([0.5, 0.25, 0.75], score_threshold=0.5) == [0.75]

    def test_overlap_at_the_threshold_does_not_suppress(self):
        assert self.found_scores([0.75, 0.5, 0.25], iou_threshold=0.5) == [0.75, 0.5, 0.25]
        assert self.found_scores([0.75, 0.5, 0.25], iou_threshold=0.4999) == [0.75, 0.25]

    def test_what_is_suppressed_suppresses_nothing(self):
        chain = [(0, x, 0.5, x + 0.5) for x in (0, 0.125, 0.25)]  # Neighbors 0.6, ends 1/3.
        assert self.found_scores([0.75, 0.5, 0.25], chain, iou_threshold=0.5) == [0.75, 0.25]

    def test_classes_do_not_suppress_each_other(self):
        found = detect([[HALVES_YXYX[0]]], [[[0.25, 0.75]]], max_detections=3)
        assert found.class_idx.tolist() == [[1, 0, 0]]
        assert found.num_detections.tolist() == [2]

    def test_ties_go_to_the_lower_class_then_the_lower_anchor(self):
        found = detect([HALVES_YXYX], [[[0.5, 0.5]] * 3], max_detections=5)
        assert found.class_idx.tolist() == [[0, 0, 1, 1, 0]]
        first, third = np.asarray(HALVES_YXYX, np.float32)[[0, 2]]
        np.testing.assert_array_equal(found.boxes_yxyx[0, :4], [first, third, first, third])

    def test_limits(self):
        apart = [(0, x / 8, 0.5, (x + 1) / 8) for x in range(4)]
        scores = [0.25, 0.75, 0.5, 1.0]
        assert self.found_scores(scores, apart, max_candidates=3) == [1.0, 0.75, 0.5]
        assert self.found_scores(scores, apart, max_per_class=2) == [1.0, 0.75]
        assert self.found_scores(scores, apart, max_detections=1) == [1.0]

    def test_max_candidates_are_taken_before_the_suppression_max_per_class_after(self):
        assert self.found_scores([0.75, 0.5, 0.25], max_candidates=2) == [0.75]
        assert self.found_scores([0.75, 0.5, 0.25], max_per_class=2) == [0.75, 0.25]

    def test_nan_is_never_kept_and_suppresses_nothing(self):
        nan = float("nan")
        assert self.found_scores([nan, 0.5, 0.25], score_threshold=-1.0) == [0.5, 0.25]

    @pytest.mark.parametrize("jit_compile", [False, True], ids=["eager", "xla"])
    @pytest.mark.parametrize("side", range(4))
    def test_box_with_nan_is_never_kept_and_suppresses_nothing(self, side, jit_compile):
        boxes_yxyx = np.asarray([HALVES_YXYX], np.float32)
        boxes_yxyx[0, 0, side] = float("nan")
        scores = np.asarray([[[0.75], [0.5], [0.25]]], np.float32)
        run, _ = traced_detect(jit_compile=True, max_detections=3) if jit_compile else (detect, [])
        found = run(boxes_yxyx, scores)
        assert np.asarray(found.scores)[0, :3].tolist() == [0.5, 0.25, 0]

    def test_flat_and_upside_down_boxes_are_dropped(self):
        flat, upside_down = (0, 0, 0, 0.5), (0.25, 0.25, 0, 0)
        boxes_yxyx = (flat, upside_down, (0, 0, 0.25, 0.25))
        for window in (None, (0.0, 0.0, 1.0, 1.0)):
            found = self.found_scores([0.75, 0.5, 0.25], boxes_yxyx, clip_window_yxyx=window)
            assert found == [0.25]

    def test_clips_after_the_suppression_with_a_window_per_image(self):
        # Whole, they overlap by 1/2; clipped to the second window they would be the same.
        boxes_yxyx = [((0, 0, 0.5, 0.5), (0, 0, 0.5, 1), (0.5, 0.75, 1, 1))] * 2
        found = detect(
            boxes_yxyx,
            [[[0.75], [0.5], [0.25]]] * 2,
            iou_threshold=0.5,
            max_detections=3,
            clip_window_yxyx=[(0.0, 0.0, 1.0, 1.0), (0.25, 0.0, 1.0, 0.5)],
        )
        assert found.num_detections.tolist() == [3, 2]
        np.testing.assert_array_equal(found.boxes_yxyx[0], boxes_yxyx[0])
        np.testing.assert_array_equal(
            found.boxes_yxyx[1], [(0.25, 0, 0.5, 0.5), (0.25, 0, 0.5, 0.5), (0, 0, 0, 0)]
        )

    @pytest.mark.parametrize("shape", [(0, 5, 2), (2, 0, 2), (2, 5, 0), (2, 5, 2)])
    def test_nothing_to_find(self, shape):
        found = detect(np.ones([*shape[:2], 4]), np.zeros(shape), max_detections=7)
        assert found.boxes_yxyx.shape == (shape[0], 7, 4)
        assert_equal(
            found,
            (*(np.zeros([shape[0], 7, *rest]) for rest in ([4], [], [])), np.zeros(shape[0])),
        )

    @pytest.mark.parametrize(
        ("boxes_shape", "scores_shape", "options", "message"),
        [
            ((2, 5, 4), (2, 5), {}, r"scores must be \[B, A, C\].*got \(2, 5\)"),
            ((2, 6, 4), (2, 5, 3), {}, r"boxes_yxyx must be \(2, 5, 4\) or \(2, 5, 3, 4\).*6"),
            ((2, 5, 1, 4), (2, 5, 3), {}, r"boxes_yxyx must be .*got \(2, 5, 1, 4\)"),
            ((2, 5, 4), (2, 5, 3), {"iou_threshold": 45}, "iou_threshold must be in 0..1, got 45"),
            ((2, 5, 4), (2, 5, 3), {"max_candidates": 0}, "max_candidates must be at least 1"),
            ((2, 5, 4), (2, 5, 3), {"max_per_class": 0}, "max_per_class must be at least 1"),
            ((2, 5, 4), (2, 5, 3), {"max_detections": 0}, "max_detections must be at least 1"),
            ((2, 5, 4), (2, 5, 3), {"clip_window_yxyx": (0.0, 1.0)}, r"clip_window_yxyx .*\(2,\)"),
        ],
    )
    def test_says_what_is_wrong(self, boxes_shape, scores_shape, options, message):
        with pytest.raises(ValueError, match=message):
            detect(np.zeros(boxes_shape), np.zeros(scores_shape), **options)
