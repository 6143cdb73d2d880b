"""Detections: against plain loops, the tutorial's example by hand, and the API."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

import odapi_ssd

pytestmark = pytest.mark.tf

# An image with a window that is neither square nor at the origin.
WINDOW_YXYX = (0.125, 0.0, 1.0, 0.75)


@pytest.fixture(scope="module", autouse=True)
def _registered():
    """Before TensorFlow is imported, which the API wants with Keras 2."""
    odapi_ssd.register()


def detect(boxes_yxyx, scores, **options):
    """The detections as NumPy arrays."""
    from odapi_ssd.ssd import nms

    found = nms.detect(
        np.asarray(boxes_yxyx, np.float32), np.asarray(scores, np.float32), **options
    )
    return nms.Detections(*(part.numpy() for part in found))


def traced_detect(*, jit_compile, **options):
    """`detect` in a graph for any batch size, and the list that grows with each trace."""
    import tensorflow as tf

    from odapi_ssd.ssd import nms

    traces = []

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def run(boxes_yxyx, scores):
        traces.append(boxes_yxyx.shape)
        return nms.detect(boxes_yxyx, scores, **options)

    return run, traces


# A plain reference: loops over images, classes and candidates.


def iou_of_two(first_yxyx, second_yxyx):
    height = min(first_yxyx[2], second_yxyx[2]) - max(first_yxyx[0], second_yxyx[0])
    width = min(first_yxyx[3], second_yxyx[3]) - max(first_yxyx[1], second_yxyx[1])
    if height <= 0 or width <= 0:
        return np.float32(0)
    intersection = height * width
    first, second = (
        (ymax - ymin) * (xmax - xmin) for ymin, xmin, ymax, xmax in (first_yxyx, second_yxyx)
    )
    return intersection / (first + second - intersection)


def has_area(box_yxyx):
    return bool(box_yxyx[2] > box_yxyx[0] and box_yxyx[3] > box_yxyx[1])


def clip(box_yxyx, window_yxyx):
    if window_yxyx is None:
        return box_yxyx
    lowest, highest = np.tile(window_yxyx[:2], 2), np.tile(window_yxyx[2:], 2)
    return np.clip(box_yxyx, lowest, highest).astype(np.float32)


def detect_in_one_image(
    boxes_yxyx,
    scores,
    score_threshold,
    iou_threshold,
    max_candidates,
    max_per_class,
    max_detections,
    clip_window_yxyx,
):
    """Of one image's boxes [A, 4] or [A, C, 4] and scores [A, C]: rows (score, class, box)."""
    found = []
    for class_idx in range(scores.shape[1]):
        class_boxes = boxes_yxyx if boxes_yxyx.ndim == 2 else boxes_yxyx[:, class_idx]
        class_scores = scores[:, class_idx]
        candidates = [a for a in range(len(scores)) if class_scores[a] > score_threshold]
        candidates.sort(key=lambda a: -class_scores[a])  # Stable: the lower anchor first.
        kept = []
        for anchor in candidates[:max_candidates]:
            overlaps = [iou_of_two(class_boxes[anchor], class_boxes[other]) for other in kept]
            if all(overlap <= np.float32(iou_threshold) for overlap in overlaps):
                kept.append(anchor)
        for anchor in kept[:max_per_class]:
            clipped = clip(class_boxes[anchor], clip_window_yxyx)
            if has_area(clipped) and has_area(class_boxes[anchor]):
                found.append((class_scores[anchor], class_idx, clipped))
    found.sort(key=lambda row: -row[0])  # Stable: the lower class first.
    return found[:max_detections]


def detect_by_loops(boxes_yxyx, scores, *, max_detections, **options):
    batch = len(scores)
    detections = (
        np.zeros([batch, max_detections, 4], np.float32),
        np.zeros([batch, max_detections], np.float32),
        np.zeros([batch, max_detections], np.int32),
        np.zeros([batch], np.int32),
    )
    for image_idx in range(batch):
        found = detect_in_one_image(
            boxes_yxyx[image_idx], scores[image_idx], max_detections=max_detections, **options
        )
        detections[3][image_idx] = len(found)
        for row, (score, class_idx, box_yxyx) in enumerate(found):
            detections[0][image_idx, row] = box_yxyx
            detections[1][image_idx, row] = score
            detections[2][image_idx, row] = class_idx
    return detections


def assert_equal(found, expected):
    assert [part.dtype for part in found] == [np.float32, np.float32, np.int32, np.int32]
    for part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part, expected_part)


def jittered_boxes(rng, shape, num_objects=4):
    """Boxes that crowd around a few places, and some that have no area or lie outside 0..1."""
    centers = rng.uniform(0, 1.1, [num_objects, 2])[rng.integers(0, num_objects, shape)]
    sizes = np.array([0.2, 0.3]) * rng.uniform(0.7, 1.4, (*shape, 2))
    centers = centers + rng.normal(0, 0.04, (*shape, 2))
    boxes = np.concatenate([centers - sizes / 2, centers + sizes / 2], axis=-1).astype(np.float32)
    boxes[:, ::9, ..., 3] = boxes[:, ::9, ..., 1]
    boxes[:, 4::9] += 1
    return boxes


# Coordinates in eighths have overlaps without rounding, so that thresholds are met exactly; they
# reach over the window and come upside down, too.
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


class TestTutorialExample:
    """Document 003: three dogs and two cats that are two dogs and one cat.

    Its tables give overlaps: dogs B and A 0.1, B and C 0.6, A and C 0.05; cats A and B 0.8. Two
    equal boxes of area 1 that share I overlap by I/(2 - I), so the dogs share 2/11, 3/4 and 2/21 of
    their area, the cats 8/9. In units of a dog's height and width, C lies 1/4 below B; A lies
    0.475 above B and 1 - 80/231 to its right: (1 - 0.475)·80/231 = 2/11 and
    (1 - 0.475 - 0.25)·80/231 = 2/21. Cat B lies 1/9 to the right of cat A.
    """

    # A dog is 0.4 high and 0.5 wide, a cat 0.2 high and 0.45 wide. The page lists each class in
    # the order of its scores, whose values it shows only in a picture.
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

    def test_overlap_above_one_half_leaves_one_rogue_less_of_each(self):
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
    # The second is the upper half of the first: an overlap of exactly 1/2. The third is elsewhere.
    BOXES_YXYX = ((0, 0, 0.5, 0.25), (0, 0, 0.25, 0.25), (0.5, 0.5, 0.75, 1))

    def found_scores(self, scores, boxes_yxyx=BOXES_YXYX, **options):
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
        found = detect([[self.BOXES_YXYX[0]]], [[[0.25, 0.75]]], max_detections=3)
        assert found.class_idx.tolist() == [[1, 0, 0]]
        assert found.num_detections.tolist() == [2]

    def test_ties_go_to_the_lower_class_then_the_lower_anchor(self):
        found = detect([self.BOXES_YXYX], [[[0.5, 0.5]] * 3], max_detections=5)
        assert found.class_idx.tolist() == [[0, 0, 1, 1, 0]]
        first, third = np.asarray(self.BOXES_YXYX, np.float32)[[0, 2]]
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
        boxes_yxyx = np.asarray([self.BOXES_YXYX], np.float32)
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


class TestGraph:
    OPTIONS = {  # noqa: RUF012
        "score_threshold": 0.25,
        "iou_threshold": 0.45,
        "max_candidates": 20,
        "max_detections": 12,
    }

    @pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
    @pytest.mark.parametrize("is_per_class", [False, True], ids=["shared", "per_class"])
    def test_equals_eager_for_an_unknown_batch_size(self, jit_compile, is_per_class):
        import tensorflow as tf

        rng = np.random.default_rng(1)
        box_shape = [None, 30, 3, 4] if is_per_class else [None, 30, 4]
        run, traces = traced_detect(jit_compile=jit_compile, **self.OPTIONS)
        compiled = run.get_concrete_function(
            tf.TensorSpec(box_shape, tf.float32), tf.TensorSpec([None, 30, 3], tf.float32)
        )
        assert [part.shape.as_list() for part in compiled.structured_outputs] == [
            [None, 12, 4],
            [None, 12],
            [None, 12],
            [None],
        ]
        for batch in (1, 3):
            boxes_yxyx = jittered_boxes(rng, [batch, *box_shape[1:-1]])
            scores = rng.integers(0, 9, (batch, 30, 3)).astype(np.float32) / 8
            found = compiled(tf.constant(boxes_yxyx), tf.constant(scores))
            expected = detect(boxes_yxyx, scores, **self.OPTIONS)
            assert expected.num_detections.min() > 3
            for part, expected_part in zip(found, expected, strict=True):
                np.testing.assert_allclose(part, expected_part, rtol=1e-6)
        assert len(traces) == 1

    @pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
    def test_is_traced_once_whatever_there_is_to_find(self, jit_compile):
        import tensorflow as tf

        rng = np.random.default_rng(2)
        run, traces = traced_detect(jit_compile=jit_compile, **self.OPTIONS)
        boxes_yxyx = tf.constant(jittered_boxes(rng, (2, 30)))
        nums = {
            tuple(run(boxes_yxyx, tf.constant(scores, tf.float32)).num_detections.numpy())
            for scores in (
                np.zeros((2, 30, 3)),
                np.ones((2, 30, 3)),
                np.full((2, 30, 3), np.nan),
                rng.random((2, 30, 3)) * 0.26,
            )
        }
        assert len(nums) > 2
        assert len(traces) == 1

    def test_thresholds_may_be_tensors(self):
        import tensorflow as tf

        boxes_yxyx, scores = [TestRules.BOXES_YXYX], [[[0.75], [0.5], [0.25]]]
        found = detect(
            boxes_yxyx,
            scores,
            score_threshold=tf.constant(0.25),
            iou_threshold=tf.constant(0.5),
        )
        assert found.num_detections.tolist() == [2]

    def test_anchors_must_be_static(self):
        import tensorflow as tf

        run, _ = traced_detect(jit_compile=False)
        with pytest.raises(ValueError, match=r"static A and C, got \(2, None, 3\)"):
            run.get_concrete_function(
                tf.TensorSpec([2, None, 4], tf.float32), tf.TensorSpec([2, None, 3], tf.float32)
            )


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
        boxes_yxyx = np.asarray(
            [[*TestRules.BOXES_YXYX, (0.75, 0, 1, 0.5), (0.75, 0.5, 1, 1)]], np.float32
        )
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
        boxes_yxyx = np.asarray([TestRules.BOXES_YXYX], np.float32)
        scores = np.asarray([[[0.75], [0.5], [0.25]]], np.float32)
        *_, api_num = self.detect_by_api(boxes_yxyx, scores, **options)
        assert api_num.numpy().tolist() == [2]
        found = detect(boxes_yxyx, scores, max_candidates=2, **options)
        assert found.num_detections.tolist() == [1]
