"""Detections in a graph and compiled: the same as eagerly, traced once."""

import numpy as np
import pytest

from tests.support.plain_nms import HALVES_YXYX, detect, jittered_boxes, traced_detect

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


OPTIONS = {
    "score_threshold": 0.25,
    "iou_threshold": 0.45,
    "max_candidates": 20,
    "max_detections": 12,
}


@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize("is_per_class", [False, True], ids=["shared", "per_class"])
def test_equals_eager_for_an_unknown_batch_size(jit_compile, is_per_class):
    import tensorflow as tf

    rng = np.random.default_rng(1)
    box_shape = [None, 30, 3, 4] if is_per_class else [None, 30, 4]
    run, traces = traced_detect(jit_compile=jit_compile, **OPTIONS)
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
        expected = detect(boxes_yxyx, scores, **OPTIONS)
        assert expected.num_detections.min() > 3
        for part, expected_part in zip(found, expected, strict=True):
            np.testing.assert_allclose(part, expected_part, rtol=1e-6)
    assert len(traces) == 1


@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
def test_is_traced_once_whatever_there_is_to_find(jit_compile):
    import tensorflow as tf

    rng = np.random.default_rng(2)
    run, traces = traced_detect(jit_compile=jit_compile, **OPTIONS)
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


def test_thresholds_may_be_tensors():
    import tensorflow as tf

    boxes_yxyx, scores = [HALVES_YXYX], [[[0.75], [0.5], [0.25]]]
    found = detect(
        boxes_yxyx,
        scores,
        score_threshold=tf.constant(0.25),
        iou_threshold=tf.constant(0.5),
    )
    assert found.num_detections.tolist() == [2]


def test_anchors_must_be_static():
    import tensorflow as tf

    run, _ = traced_detect(jit_compile=False)
    with pytest.raises(ValueError, match=r"static A and C, got \(2, None, 3\)"):
        run.get_concrete_function(
            tf.TensorSpec([2, None, 4], tf.float32), tf.TensorSpec([2, None, 3], tf.float32)
        )
