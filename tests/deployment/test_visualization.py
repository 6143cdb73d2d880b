"""Boxes and labels drawn on images."""

import numpy as np
from PIL import Image

from odapi_ssd.deployment.detections import Detection
from odapi_ssd.deployment.visualization import color_of_class, draw_boxes, draw_detections


class TestDrawBoxes:
    def test_the_border_of_a_box_has_its_class_s_color(self):
        image = Image.new("RGB", (200, 100))
        draw_boxes(image, [(20, 50, 80, 150)], ["кот 90%"], [2])
        pixels = np.asarray(image)
        color = color_of_class(2)
        assert tuple(pixels[60, 50]) == color
        assert tuple(pixels[80, 100]) == color
        assert tuple(pixels[50, 100]) == (0, 0, 0)
        assert tuple(pixels[60, 149]) == color

    def test_boxes_at_or_beyond_the_border_are_drawn(self):
        image = Image.new("RGB", (60, 30))
        draw_boxes(image, [(-5, -5, 40, 70), (30, 60, 30, 60)], ["a" * 40, "b"], [1, 1])
        assert np.asarray(image).any()

    def test_neighboring_classes_differ(self):
        colors = {color_of_class(class_id) for class_id in range(1, 21)}
        assert len(colors) == 20


def test_detections_carry_their_name_and_score():
    box = (20.0, 50.0, 80.0, 150.0)
    drawn, expected = (Image.new("RGB", (200, 100)) for _ in range(2))
    draw_detections(drawn, [Detection(2, "cat", 0.876, box)])
    draw_boxes(expected, [box], ["cat 88%"], [2])
    np.testing.assert_array_equal(np.asarray(drawn), np.asarray(expected))


def test_nothing_is_drawn_for_no_detections():
    image = Image.new("RGB", (20, 10))
    draw_detections(image, [])
    assert not np.asarray(image).any()
