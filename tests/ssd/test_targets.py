"""Training targets, by hand. `tests/plugin` compares them with the API's."""

import math

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

# The four quarters of the image.
ANCHORS = np.array(
    [[0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5], [0, 0.5, 0.5, 1], [0.5, 0.5, 1, 1]], np.float32
)
BACKGROUND = np.array([1, 0, 0], np.float32)


def _assign(matches, boxes, labels, weights, **options):
    from odapi_ssd.ssd import targets

    found = targets.assign_targets(
        np.array(matches, np.int32),
        np.array(boxes, np.float32),
        np.array(labels, np.float32),
        np.array(weights, np.float32),
        ANCHORS,
        background=BACKGROUND,
        **options,
    )
    return targets.Targets(*(part.numpy() for part in found))


def test_two_images():
    """A box that the second anchor is matched to, and an image without boxes, which is padded."""
    boxes = [[[0.5, 0, 1, 0.4]], [[0, 0, 0, 0]]]
    labels = [[[0, 0, 1]], [[0, 0, 0]]]
    found = _assign([[-1, 0, -1, -1], [-1] * 4], boxes, labels, [[1], [0]])
    # The box is 0.05 to the left of the anchor, and 0.4 wide instead of 0.5.
    encoding = [0, -10 * 0.05 / 0.5, 0, 5 * math.log(0.8)]
    np.testing.assert_allclose(found.encodings[0, 1], encoding, atol=1e-5)
    assert np.count_nonzero(found.encodings) == 2
    assert found.classes.argmax(-1).tolist() == [[0, 2, 0, 0], [0] * 4]
    assert found.box_weights.tolist() == [[0, 1, 0, 0], [0] * 4]
    assert found.class_weights.tolist() == [[1] * 4] * 2


def test_weights_of_boxes_background_and_ignored_anchors():
    boxes, labels = [ANCHORS[:2]], [[[0, 1, 0], [0, 0, 1]]]
    matches = [[1, -2, 0, -1]]
    found = _assign(matches, boxes, labels, [[0.5, 0.25]], background_weight=0.125)
    assert found.classes.tolist() == [[[0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 0, 0]]]
    assert found.box_weights.tolist() == [[0.25, 0, 0.5, 0]]
    assert found.class_weights.tolist() == [[0.25, 0, 0.5, 0.125]]


def test_a_batch_without_any_box():
    found = _assign([[-1] * 4], np.zeros([1, 0, 4]), np.zeros([1, 0, 3]), np.zeros([1, 0]))
    assert found.classes.tolist() == [[[1, 0, 0]] * 4]
    assert not found.encodings.any()
    assert not found.box_weights.any()
    assert found.class_weights.tolist() == [[1] * 4]


def test_other_scales_of_the_encodings():
    # Half a width to the right of the anchor.
    found = _assign(
        [[0, -1, -1, -1]], [[[0, 0.25, 0.5, 0.75]]], [[[0, 1, 0]]], [[1]], scales=(1, 2, 3, 4)
    )
    np.testing.assert_allclose(found.encodings[0, 0], [0, 2 * 0.5, 0, 0], atol=1e-6)
