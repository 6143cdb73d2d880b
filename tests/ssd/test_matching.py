"""Matching, from given IoU values and from boxes."""

import numpy as np
import pytest

pytestmark = pytest.mark.tf


@pytest.fixture(scope="module")
def matching():
    from odapi_ssd import compat

    compat.import_tensorflow()
    from odapi_ssd.ssd import matching

    return matching


# Rows are boxes, columns anchors: the example of the PyTorch tutorial on SSD.
_TUTORIAL_IOU = (
    (0.75, 0, 0.05, 0, 0.05, 0, 0),
    (0.07, 0, 0, 0.03, 0.88, 0.03, 0),
    (0, 0, 0, 0, 0.06, 0.65, 0.68),
)


def _match(matching, iou, force_match="none", is_box=None, **options):
    iou = np.array(iou, np.float32)[None]
    is_box = np.ones(iou.shape[:2], bool) if is_box is None else np.array([is_box])
    force_match = matching.ForceMatch(force_match)
    matches = matching.match_by_iou(iou, is_box, force_match=force_match, **options)
    return matches.numpy()[0].tolist()


@pytest.mark.parametrize("force_match", ["none", "argmax", "bipartite"])
def test_the_tutorial_s_seven_priors(matching, force_match):
    labels = {-1: "background", 0: "dog", 1: "dog", 2: "cat"}
    matches = _match(matching, _TUTORIAL_IOU, force_match)
    assert matches == [0, -1, -1, -1, 1, 2, 2]
    assert [labels[box] for box in matches] == [
        "dog", "background", "background", "background", "dog", "cat", "cat",
    ]  # fmt: skip


def test_a_box_gets_its_best_anchor_whatever_the_overlap(matching):
    iou = [[0.1, 0.3, 0.2]]
    assert _match(matching, iou) == [-1, -1, -1]
    assert _match(matching, iou, "argmax") == [-1, 0, -1]
    assert _match(matching, iou, "bipartite") == [-1, 0, -1]
    assert _match(matching, iou, "argmax", may_force=[[False]]) == [-1, -1, -1]


def test_of_two_boxes_that_want_one_anchor(matching):
    # Both overlap the first anchor most, the second box by more.
    iou = [[0.3, 0.1, 0.2], [0.4, 0.2, 0.1]]
    # The API: the first box gets it, the second one none.
    assert _match(matching, iou, "argmax") == [0, -1, -1]
    # The paper's code: the better pair comes first, the other box gets its next best anchor.
    assert _match(matching, iou, "bipartite") == [1, -1, 0]


def test_a_forced_anchor_is_taken_from_a_box_that_overlaps_it_more(matching):
    # Anchor 0 is the best of both boxes; anchor 1 is by 0.6 the second box's as well.
    iou = [[0.5, 0.1], [0.9, 0.6]]
    assert _match(matching, iou, "argmax") == [0, 1]
    assert _match(matching, iou, "bipartite") == [1, 0]


def test_a_box_that_overlaps_nothing(matching):
    iou = [[0.0, 0.0], [0.2, 0.0]]
    # The API's argmax over zeros is the first anchor, which it takes from the second box.
    assert _match(matching, iou, "argmax") == [0, -1]
    assert _match(matching, iou, "bipartite") == [1, -1]


def test_thresholds_and_what_lies_between(matching):
    iou = [[0.29, 0.3, 0.49, 0.5, 0.7]]
    options = {"matched_threshold": 0.5, "unmatched_threshold": 0.3}
    assert _match(matching, iou, **options) == [-1, -2, -2, 0, 0]
    assert _match(matching, iou) == [-1, -1, -1, 0, 0]
    with pytest.raises(ValueError, match="above matched_threshold"):
        _match(matching, iou, matched_threshold=0.4, unmatched_threshold=0.5)


@pytest.mark.parametrize("force_match", ["none", "argmax", "bipartite"])
def test_padding_matches_nothing(matching, force_match):
    iou = [[0.9, 0.9, 0.1], [0.1, 0.6, 0.2], [0.9, 0.9, 0.9]]
    assert _match(matching, iou, force_match, is_box=[False, True, False]) == [-1, 1, -1]
    assert _match(matching, iou, force_match, is_box=[False] * 3) == [-1, -1, -1]
    assert _match(matching, np.zeros([0, 3]), force_match, is_box=np.zeros(0, bool)) == [-1] * 3


def test_of_equal_overlaps_the_first(matching):
    iou = [[0.6, 0.6, 0.2], [0.6, 0.6, 0.2]]
    assert _match(matching, iou) == [0, 0, -1]
    assert _match(matching, iou, "argmax") == [0, 0, -1]
    # The first pair of anchor and box, then what is left of both.
    assert _match(matching, iou, "bipartite") == [0, 1, -1]


def test_boxes(matching):
    # Anchors: the left half, the right half, a point; one image without boxes, one with two.
    anchors = np.array([[0, 0, 1, 0.5], [0, 0.5, 1, 1], [0.5, 0.5, 0.5, 0.5]], np.float32)
    boxes = np.array([[[0, 0, 0, 0], [0, 0, 0, 0]], [[0, 0.4, 1, 1], [0, 0, 0.6, 0.5]]], np.float32)
    is_box = np.array([[False, False], [True, True]])
    # IoU: the first box has 0.1 / 1.0 and 0.5 / 0.6; the second one 0.3 / 0.5 and 0.
    assert matching.match(boxes, is_box, anchors).numpy().tolist() == [[-1, -1, -1], [1, 0, -1]]


@pytest.mark.parametrize("force_match", ["none", "argmax", "bipartite"])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_it_is_traced_once_and_compiles(matching, force_match, jit_compile):
    import tensorflow as tf

    generator = np.random.default_rng(3)
    corners = np.sort(generator.uniform(0, 1, [3, 5, 2, 2]), axis=2).astype(np.float32)
    boxes = corners.reshape(3, 5, 4)
    anchors = np.sort(generator.uniform(0, 1, [40, 2, 2]), axis=1).reshape(40, 4).astype("float32")
    num_traces = 0

    @tf.function(jit_compile=jit_compile)
    def match(boxes, is_box):
        nonlocal num_traces
        num_traces += 1
        return matching.match(boxes, is_box, anchors, force_match=matching.ForceMatch(force_match))

    for counts in ([0, 0, 0], [5, 1, 3], [2, 0, 5]):
        is_box = np.arange(5)[None] < np.array(counts)[:, None]
        expected = matching.match(
            boxes, is_box, anchors, force_match=matching.ForceMatch(force_match)
        )
        found = match(tf.constant(boxes), tf.constant(is_box))
        np.testing.assert_array_equal(found, expected)
    assert num_traces == 1
