"""Plots as image summaries."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def _images_of_events(directory: Path) -> dict[str, np.ndarray]:
    """The image summaries below a folder, by their tags; the last one of each."""
    import tensorflow as tf
    from tensorflow.python.summary.summary_iterator import summary_iterator

    images = {}
    for path in directory.glob("events*"):
        for event in summary_iterator(str(path)):
            for value in event.summary.value:
                # A tensor of width and height as text, and of the encoded images.
                encoded = tf.make_ndarray(value.tensor)[2]
                images[value.tag] = np.asarray(Image.open(io.BytesIO(encoded)))
    return images


@pytest.mark.parametrize("in_graph", [False, True])
def test_plots_of_values(tmp_path, in_graph):
    import tensorflow as tf
    from object_detection.utils import visualization_utils as vis

    def plot() -> None:
        values = tf.constant([0.1, 0.2, 0.3, 0.42, 0.44, 0.46, 0.48, 0.50])
        vis.add_cdf_image_summary(values, "cdf")
        vis.add_hist_image_summary(values, tf.constant([0.0, 0.1, 0.2, 0.4, 0.5]), "hist")

    with tf.summary.create_file_writer(str(tmp_path)).as_default(step=7):
        tf.function(plot)() if in_graph else plot()
    images = _images_of_events(tmp_path)
    assert len(images) == 2
    for drawn in images.values():
        # Matplotlib's default size; a line on white, of its first color.
        assert drawn.shape == (480, 640, 3)
        assert tuple(drawn[1, 1]) == (255, 255, 255)
        assert (drawn == ImageColor.getrgb("#1f77b4")).all(axis=-1).any()


def test_the_pixels_of_a_figure():
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = plt.figure(figsize=(2, 1), dpi=10, facecolor=(1, 0, 0))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.frombuffer(canvas.tostring_rgb(), np.uint8).reshape(10, 20, 3)
    assert tuple(pixels[0, 0]) == (255, 0, 0)
    plt.close(figure)
