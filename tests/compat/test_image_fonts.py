"""Text on images, measured with the fonts of Pillow."""

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_labels_are_drawn_on_images():
    from object_detection.utils import visualization_utils

    image = np.zeros((60, 90, 3), np.uint8)
    visualization_utils.draw_bounding_box_on_image_array(
        image, 0.3, 0.1, 0.9, 0.9, display_str_list=["cat: 90%"]
    )
    assert image.any()


def test_the_size_of_a_text():
    from PIL import ImageFont

    font = ImageFont.load_default()
    width, height = font.getsize("cat")
    assert width > 0
    assert height > 0
    assert font.getsize("cat cat")[0] > width
    assert font.getsize("")[0] == 0
