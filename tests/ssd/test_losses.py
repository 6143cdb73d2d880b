"""The multibox loss and its parts, by hand. `tests/plugin` compares them with the API's."""

import math

import numpy as np
import pytest

pytestmark = pytest.mark.tf


@pytest.fixture(scope="module")
def losses():
    from odapi_ssd import compat

    compat.import_tensorflow()
    from odapi_ssd.ssd import losses

    return losses


def _row(*values):
    return np.array([values], np.float32)


def test_smooth_l1(losses):
    errors = np.array([[[0.5, -2, 0, 1]]], np.float32)
    zeros = np.zeros_like(errors)
    # 0.5 * 0.25, 2 - 0.5, 0, 0.5
    np.testing.assert_allclose(losses.smooth_l1(errors, zeros), [[0.125 + 1.5 + 0 + 0.5]])
    # delta 0.25: 0.25 * (x - 0.125) beyond it
    np.testing.assert_allclose(
        losses.smooth_l1(errors, zeros, delta=0.25), [[0.25 * (0.375 + 1.875 + 0.875)]]
    )
    nan = np.full_like(errors, math.nan)
    np.testing.assert_array_equal(losses.smooth_l1(errors, nan), [[0]])


def test_classification(losses):
    # Probabilities 1/4, 1/4, 1/2 under softmax; 1/2, 1/2, 2/3 under sigmoid.
    logits = np.array([[[0, 0, math.log(2)]]], np.float32)
    targets = np.array([[[0, 0, 1]]], np.float32)
    np.testing.assert_allclose(losses.softmax(logits, targets), [[math.log(2)]], rtol=1e-6)
    entropies = np.array([math.log(2), math.log(2), math.log(1.5)])
    np.testing.assert_allclose(losses.sigmoid(logits, targets), [[entropies.sum()]], rtol=1e-6)
    missed = np.array([1 / 2, 1 / 2, 1 / 3])
    focal = (entropies * missed**2 * [0.75, 0.75, 0.25]).sum()
    np.testing.assert_allclose(losses.focal(logits, targets), [[focal]], rtol=1e-6)
    np.testing.assert_allclose(
        losses.focal(logits, targets, gamma=0.0, alpha=None), [[entropies.sum()]], rtol=1e-6
    )


class TestMining:
    # Two anchors with a box, one that is ignored, five of background.
    matches = np.array([[-1, 0, -1, -2, -1, 1, -1, -1]], np.int32)
    classification = _row(0.1, 0.2, 0.9, 5.0, 0.3, 0.0, 0.4, 0.3)
    localization = _row(0, 7, 0, 0, 0, 0, 0, 0)

    def _kept(self, losses, **options):
        mining = losses.Mining(**options)
        arguments = (self.matches, self.classification, self.localization, mining)
        kept = losses.mine_hard_examples(*arguments).numpy()[0]
        return [i for i in np.flatnonzero(kept) if self.matches[0, i] != -2]

    def test_three_negatives_for_each_positive(self, losses):
        assert self._kept(losses) == [0, 1, 2, 4, 5, 6, 7]  # six are allowed, five there

    def test_the_hardest_are_kept_and_of_equal_ones_the_first(self, losses):
        assert self._kept(losses, max_negatives_per_positive=1) == [1, 2, 5, 6]
        assert self._kept(losses, max_negatives_per_positive=1.5) == [1, 2, 4, 5, 6]

    def test_only_the_hardest_examples_are_looked_at(self, losses):
        # In order: 3, 2, 6, 4, 7, 1, ...: the positives are not among the first four.
        options = {"num_hard_examples": 4, "max_negatives_per_positive": None}
        assert self._kept(losses, **options) == [2, 4, 6]
        assert self._kept(losses, num_hard_examples=4) == []
        assert self._kept(losses, num_hard_examples=4, min_negatives_per_image=2) == [2, 6]
        assert self._kept(losses, num_hard_examples=6, max_negatives_per_positive=1) == [1, 2]

    def test_localization_may_count(self, losses):
        options = {"num_hard_examples": 1, "localization_weight": 1, "classification_weight": 0}
        assert self._kept(losses, **options) == [1]

    def test_an_image_without_objects_has_no_negatives(self, losses):
        matches = np.full([2, 3], -1, np.int32)
        values = np.ones([2, 3], np.float32)
        mine = losses.mine_hard_examples
        assert not mine(matches, values, values, losses.Mining()).numpy().any()
        kept = mine(matches, values, values, losses.Mining(min_negatives_per_image=2)).numpy()
        assert kept.tolist() == [[True, True, False]] * 2

    @pytest.mark.parametrize("option", ["num_hard_examples", "max_negatives_per_positive"])
    def test_nonsense_is_refused(self, losses, option):
        with pytest.raises(ValueError, match=option):
            losses.Mining(**{option: -1})


def _targets_and_predictions():
    """Two images: a box that the second of four anchors gets, and nothing."""
    from odapi_ssd.ssd import matching, targets

    anchors = np.array(
        [[0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5], [0, 0.5, 0.5, 1], [0.5, 0.5, 1, 1]], np.float32
    )
    boxes = np.array([[[0.5, 0, 1, 0.4]], [[0, 0, 0, 0]]], np.float32)
    is_box = np.array([[True], [False]])
    matches = matching.match(boxes, is_box, anchors)
    labels = np.array([[[0, 0, 1]], [[0, 0, 0]]], np.float32)
    found = targets.assign_targets(
        matches, boxes, labels, is_box.astype("float32"), anchors, background=_row(1, 0, 0)[0]
    )
    return matches, found, np.zeros([2, 4, 4], "float32"), np.zeros([2, 4, 3], "float32")


def test_the_paper_s_loss(losses):
    matches, found, encodings, logits = _targets_and_predictions()
    loss = losses.multibox_loss(encodings, logits, found, matches)
    # One box; its anchor and three of background, each ln 3, none of the other image.
    np.testing.assert_allclose(loss.classification, 4 * math.log(3), rtol=1e-6)
    error = 5 * math.log(0.8)
    np.testing.assert_allclose(loss.localization, 0.5 + (-error - 0.5), rtol=1e-5)
    everything = losses.multibox_loss(encodings, logits, found, matches, mining=None)
    np.testing.assert_allclose(everything.classification, 8 * math.log(3), rtol=1e-6)


def test_weights_and_normalization(losses):
    matches, found, encodings, logits = _targets_and_predictions()
    plain = losses.multibox_loss(encodings, logits, found, matches)
    weighted = losses.multibox_loss(
        encodings,
        logits,
        found,
        matches,
        classification_weight=2,
        localization_weight=3,
        is_normalized_by_code_size=True,
    )
    np.testing.assert_allclose(weighted.classification, 2 * plain.classification, rtol=1e-6)
    np.testing.assert_allclose(weighted.localization, 3 / 4 * plain.localization, rtol=1e-6)
    without = losses.multibox_loss(
        encodings, logits, found, matches, image_weights=np.zeros(2, "float32")
    )
    assert (float(without.classification), float(without.localization)) == (0, 0)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_loss_and_gradients_compile_and_run_in_a_strategy(losses, jit_compile):
    import tensorflow as tf

    _, _, encodings, logits = _targets_and_predictions()

    @tf.function(jit_compile=jit_compile)
    def gradients(encodings, logits):
        matches, found, _, _ = _targets_and_predictions()
        with tf.GradientTape() as tape:
            tape.watch([encodings, logits])
            mining = losses.Mining(num_hard_examples=3)
            total = sum(losses.multibox_loss(encodings, logits, found, matches, mining=mining))
        return [total, *tape.gradient(total, [encodings, logits])]

    values = [tf.constant(encodings) + 0.1, tf.constant(logits) + 0.1]
    compiled = gradients(*values)
    eager = gradients.python_function(*values)
    for ours, expected in zip(compiled, eager, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-7)
    strategy = tf.distribute.MirroredStrategy(["cpu:0"])
    replicated = strategy.run(gradients, args=values)
    for ours, expected in zip(replicated, eager, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-7)
