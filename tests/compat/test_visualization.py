"""The API's drawing functions, checked by the pixels that they draw.

All images are wider than they are high, and black unless stated otherwise.
"""

import contextlib
import io
import sys
import types
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageColor

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_HEIGHT, _WIDTH = 60, 100
_CATEGORY_INDEX: Mapping[int, Mapping[str, Any]] = {1: {"id": 1, "name": "cat"}}
_BOX = (0.5, 0.2, 0.9, 0.8)  # rows 30 to 54, columns 20 to 80
_INSIDE, _OUTSIDE = (42, 50), (58, 5)  # of the box; y, x
_RED = (255, 0, 0)


@pytest.fixture
def image() -> np.ndarray:
    return np.zeros((_HEIGHT, _WIDTH, 3), np.uint8)


def _color(name: str) -> tuple[int, ...]:
    return ImageColor.getrgb(name)


def _mask() -> np.ndarray:
    """The mask of the box."""
    mask = np.zeros((_HEIGHT, _WIDTH), np.uint8)
    mask[30:54, 20:80] = 1
    return mask


def _assert_pixel(image: np.ndarray, place_yx: tuple[int, int], color: tuple[int, ...]) -> None:
    np.testing.assert_allclose(image[place_yx], color, atol=1)


class TestOnArrays:
    @pytest.mark.parametrize("is_normalized", [True, False])
    def test_a_box_with_its_labels(self, image, is_normalized):
        from object_detection.utils import visualization_utils as vis

        box = _BOX if is_normalized else (30, 20, 54, 80)
        vis.draw_bounding_box_on_image_array(
            image,
            *box,
            thickness=2,
            display_str_list=["cat: 90%"],
            use_normalized_coordinates=is_normalized,
        )
        for side in ((42, 20), (42, 80), (30, 50), (54, 50)):
            _assert_pixel(image, side, _RED)
        _assert_pixel(image, _INSIDE, (0, 0, 0))
        # The label is above the box, black on the box's color; nothing is drawn below.
        label = image[15:28, 22:60]
        assert (label == _RED).all(axis=-1).any()
        assert (label == 0).all(axis=-1).any()
        assert not image[57:].any()

    def test_the_label_of_a_box_at_the_top_is_below_it(self, image):
        from object_detection.utils import visualization_utils as vis

        vis.draw_bounding_box_on_image_array(
            image, 0.0, 0.2, 0.5, 0.8, thickness=2, display_str_list=["cat", "90%"]
        )
        assert (image[33:, 20:40] == _RED).all(axis=-1).any()

    def test_boxes_with_different_labels(self, image):
        from object_detection.utils import visualization_utils as vis

        boxes = np.array([_BOX, (0.1, 0.0, 0.3, 0.1)])
        labels = [["cat"], []]
        vis.draw_bounding_boxes_on_image_array(
            image, boxes, color="blue", thickness=2, display_str_list_list=labels
        )
        _assert_pixel(image, (42, 80), (0, 0, 255))
        _assert_pixel(image, (12, 10), (0, 0, 255))

    def test_a_mask(self, image):
        from object_detection.utils import visualization_utils as vis

        vis.draw_mask_on_image_array(image, _mask(), color="red", alpha=0.4)
        expected = np.zeros_like(image)
        expected[30:54, 20:80, 0] = 102
        np.testing.assert_allclose(image.astype(int), expected, atol=1)

    def test_masks_of_parts(self, image):
        from object_detection.utils import visualization_utils as vis

        parts = _mask()
        parts[:, 50:] *= 2
        vis.draw_part_mask_on_image_array(image, parts, alpha=1.0)
        _assert_pixel(image, (42, 30), _color(vis.STANDARD_COLORS[0]))
        _assert_pixel(image, (42, 60), _color(vis.STANDARD_COLORS[1]))
        _assert_pixel(image, _OUTSIDE, (0, 0, 0))

    def test_a_float_channel(self, image):
        from object_detection.utils import visualization_utils as vis

        channel = np.zeros((_HEIGHT, _WIDTH), np.float32)
        channel[:, 50:] = 1
        vis.draw_float_channel_on_image_array(image, channel, _mask(), alpha=1.0, cmap="gray")
        _assert_pixel(image, (42, 30), (0, 0, 0))
        _assert_pixel(image, (42, 60), (255, 255, 255))
        _assert_pixel(image, _OUTSIDE, (0, 0, 0))

    def test_keypoints_and_their_edges(self, image):
        from object_detection.utils import visualization_utils as vis

        keypoints = np.array([(0.5, 0.1), (0.5, 0.5), (0.1, 0.9)])
        vis.draw_keypoints_on_image_array(
            image,
            keypoints,
            keypoint_scores=np.array([0.9, 0.9, 0.1]),
            keypoint_edges=[(0, 1), (1, 2)],
        )
        # Edges are drawn over the points, which are wider.
        _assert_pixel(image, (28, 10), _RED)
        _assert_pixel(image, (28, 50), _RED)
        _assert_pixel(image, (30, 30), _color("green"))
        # The last one's score is too low; so is that of the edge to it.
        assert not image[:26].any()

    def test_heatmaps(self, image):
        from object_detection.utils import visualization_utils as vis

        heatmaps = np.zeros((_HEIGHT, _WIDTH, 2), np.float32)
        heatmaps[:30, :, 0] = 1
        heatmaps[30:, 50:, 1] = 1
        drawn = vis.draw_heatmaps_on_image_array(image, heatmaps)
        _assert_pixel(drawn, (10, 50), _color(vis.STANDARD_COLORS[0]))
        _assert_pixel(drawn, (50, 80), _color(vis.STANDARD_COLORS[1]))
        _assert_pixel(drawn, (50, 20), (0, 0, 0))

    def test_png(self, image, tmp_path):
        from object_detection.utils import visualization_utils as vis

        image[_INSIDE] = (10, 20, 30)
        vis.save_image_array_as_png(image, str(tmp_path / "image.png"))
        encoded = vis.encode_image_array_as_png_str(image)
        for file in (tmp_path / "image.png", io.BytesIO(encoded)):
            np.testing.assert_array_equal(np.asarray(Image.open(file)), image)


class TestDetections:
    def _draw(self, image: np.ndarray, **options: Any) -> np.ndarray:
        from object_detection.utils import visualization_utils as vis

        return vis.visualize_boxes_and_labels_on_image_array(
            image,
            np.array([_BOX, (0.0, 0.0, 0.2, 0.2)], np.float32),
            np.array([1, 1]),
            np.array([0.9, 0.1], np.float32),  # the second is not drawn
            _CATEGORY_INDEX,
            use_normalized_coordinates=True,
            line_thickness=2,
            **options,
        )

    def test_boxes_with_labels(self, image):
        from object_detection.utils import visualization_utils as vis

        color = _color(vis.STANDARD_COLORS[1])
        drawn = self._draw(image)
        assert drawn is image
        _assert_pixel(drawn, (42, 80), color)
        _assert_pixel(drawn, _INSIDE, (0, 0, 0))
        assert not drawn[:12, :12].any()

    def test_masks_boundaries_and_keypoints(self, image):
        from object_detection.utils import visualization_utils as vis

        masks = np.stack([_mask(), _mask()])
        boundaries = np.zeros_like(masks)
        boundaries[:, 34, 20:80] = 1
        keypoints = np.array([[(0.8, 0.4), (0.8, 0.6)]] * 2, np.float32)
        self._draw(
            image,
            instance_masks=masks,
            instance_boundaries=boundaries,
            keypoints=keypoints,
            keypoint_scores=np.ones((2, 2), np.float32),
            keypoint_edges=[(0, 1)],
            mask_alpha=0.4,
        )
        color = _color(vis.STANDARD_COLORS[1])
        _assert_pixel(image, _INSIDE, tuple(round(0.4 * c) for c in color))
        _assert_pixel(image, (34, 50), _RED)
        _assert_pixel(image, (48, 40), color)
        _assert_pixel(image, (48, 50), color)

    def test_tracks_give_the_color(self, image):
        from object_detection.utils import visualization_utils as vis

        other = image.copy()
        self._draw(image, track_ids=np.array([3, 4]))
        self._draw(other, track_ids=np.array([4, 4]))
        assert tuple(image[42, 80]) != tuple(other[42, 80])
        colors = {_color(name) for name in vis.STANDARD_COLORS}
        assert {tuple(image[42, 80]), tuple(other[42, 80])} <= colors

    def test_groundtruth_without_scores(self, image):
        from object_detection.utils import visualization_utils as vis

        image[:] = 255
        boxes = np.array([_BOX], np.float32)
        vis.visualize_boxes_and_labels_on_image_array(
            image, boxes, None, None, _CATEGORY_INDEX, use_normalized_coordinates=True
        )
        _assert_pixel(image, (42, 80), (0, 0, 0))


class TestOnTensors:
    @pytest.mark.parametrize("num_channels", [1, 3, 4])
    def test_all_outputs_of_a_model(self, num_channels):
        import tensorflow as tf
        from object_detection.utils import visualization_utils as vis

        drawn = vis.draw_bounding_boxes_on_image_tensors(
            tf.zeros([2, _HEIGHT, _WIDTH, num_channels], tf.uint8),
            tf.constant([[_BOX], [(0, 0, 0, 0)]]),
            tf.constant([[1], [1]], tf.int64),
            tf.constant([[0.9], [0.0]]),
            _CATEGORY_INDEX,
            original_image_spatial_shape=tf.constant([[_HEIGHT, _WIDTH]] * 2),
            true_image_shape=tf.constant([[_HEIGHT, _WIDTH, 3]] * 2),
            instance_masks=tf.constant(np.stack([_mask()] * 2)[:, np.newaxis]),
            keypoints=tf.constant([[[(0.8, 0.4)]]] * 2),
            keypoint_scores=tf.ones([2, 1, 1]),
            keypoint_edges=[(0, 0)],
            track_ids=tf.constant([[3], [3]]),
        ).numpy()
        assert drawn.shape == (2, _HEIGHT, _WIDTH, 3)
        assert drawn.dtype == np.uint8
        color = drawn[0, 42, 80]
        assert tuple(color) in {_color(name) for name in vis.STANDARD_COLORS}
        _assert_pixel(drawn[0], _INSIDE, tuple(round(0.4 * int(c)) for c in color))
        _assert_pixel(drawn[0], (48, 40), tuple(color))
        assert not drawn[1].any()

    def test_heatmaps_are_enlarged(self):
        import tensorflow as tf
        from object_detection.utils import visualization_utils as vis

        heatmaps = np.full((1, 6, 10, 1), -100, np.float32)
        heatmaps[:, :, 5:] = 100
        drawn = vis.draw_heatmaps_on_image_tensors(
            tf.zeros([1, _HEIGHT, _WIDTH, 3], tf.uint8), tf.constant(heatmaps), apply_sigmoid=True
        ).numpy()
        _assert_pixel(drawn[0], (30, 90), _color(vis.STANDARD_COLORS[0]))
        _assert_pixel(drawn[0], (30, 10), (0, 0, 0))


def _evaluation_dict() -> dict[str, Any]:
    """One image with a cat that is detected, and a false detection."""
    import tensorflow as tf

    return {
        "original_image": tf.zeros([1, _HEIGHT, _WIDTH, 3], tf.uint8),
        "original_image_spatial_shape": tf.constant([[_HEIGHT, _WIDTH]]),
        "true_image_shape": tf.constant([[_HEIGHT, _WIDTH, 3]]),
        "detection_boxes": tf.constant([[_BOX, (0.0, 0.0, 0.4, 0.1)]]),
        "detection_classes": tf.constant([[1, 1]], tf.int64),
        "detection_scores": tf.constant([[0.9, 0.8]]),
        "detection_masks": tf.constant(np.stack([_mask(), 0 * _mask()])[np.newaxis]),
        "detection_surface_coords": tf.ones([1, 2, _HEIGHT, _WIDTH, 2]),
        "groundtruth_boxes": tf.constant([[_BOX]]),
        "groundtruth_classes": tf.constant([[1]], tf.int64),
        "num_groundtruth_boxes": tf.constant([1]),
    }


class TestEvaluationImages:
    def test_detections_beside_the_groundtruth(self):
        from object_detection.utils import visualization_utils as vis

        (drawn,) = vis.draw_side_by_side_evaluation_image(_evaluation_dict(), _CATEGORY_INDEX)
        assert drawn.shape == (1, _HEIGHT, 2 * _WIDTH, 3)
        detections, groundtruth = np.split(drawn.numpy()[0], 2, axis=1)
        color = _color(vis.STANDARD_COLORS[1])
        _assert_pixel(detections, (42, 80), color)
        _assert_pixel(detections, (24, 5), color)
        _assert_pixel(groundtruth, (42, 80), color)
        _assert_pixel(groundtruth, (24, 5), (0, 0, 0))

    def test_densepose_beside_its_coordinates(self):
        from object_detection.utils import visualization_utils as vis

        (drawn,) = vis.draw_densepose_visualizations(_evaluation_dict())
        parts, coordinates = np.split(drawn.numpy()[0], 2, axis=1)
        color = _color(vis.STANDARD_COLORS[0])
        _assert_pixel(parts, _INSIDE, tuple(round(0.4 * c) for c in color))
        assert coordinates[_INSIDE].any()
        assert not coordinates[_OUTSIDE].any()

    def test_the_metric_that_collects_images(self):
        from object_detection.utils import visualization_utils as vis

        metric = vis.VisualizeSingleFrameDetections(_CATEGORY_INDEX, max_examples_to_draw=2)
        (drawn,) = metric.images_from_evaluation_dict(_evaluation_dict())
        _assert_pixel(drawn.numpy()[0], (42, 80), _color(vis.STANDARD_COLORS[1]))
        names = metric.get_estimator_eval_metric_ops(_evaluation_dict()).keys()
        assert names == {f"Detections_Left_Groundtruth_Right/{i}" for i in range(2)}


def test_boxes_drawn_in_colab(monkeypatch, image):
    """`colab_utils.annotate`, which only runs in Colab: its messages to and from the browser."""
    callbacks, scripts, boxes = {}, [], ["of before"]
    output = types.ModuleType("google.colab.output")
    output.eval_js = scripts.append
    output.register_callback = callbacks.__setitem__
    output.redirect_to_element = lambda _: contextlib.nullcontext()
    colab = types.ModuleType("google.colab")
    colab.output = output
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    monkeypatch.setitem(sys.modules, "google.colab.output", output)
    monkeypatch.delitem(sys.modules, "object_detection.utils.colab_utils", raising=False)
    from object_detection.utils import colab_utils

    monkeypatch.setattr(colab_utils, "display", lambda _: None)
    colab_utils.annotate([image, image], boxes, callbackId="done")
    (script,) = scripts
    assert script.startswith("load_image([")
    assert script.endswith("'done')")
    callbacks["done"]([[{"x": 0.25, "y": 0.5, "w": 0.5, "h": 0.75}], []])
    np.testing.assert_array_equal(boxes[0], [[0.5, 0.25, 1, 0.75]])
    assert boxes[1:] == [None]
