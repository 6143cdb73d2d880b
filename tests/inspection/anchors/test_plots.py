"""Plots of anchors: they are drawn for any number of layers, boxes and matches."""

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.inspection.anchors.geometry import Placement
from odapi_ssd.inspection.anchors.plots import (
    MAX_BOXES_DRAWN,
    plot_anchors,
    plot_box_sizes,
    plot_shape_matches,
)
from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec

LAYER = AnchorLayer((2, 4), (20, 20), (10, 10), ((20, 20), (10, 40)))


def _spec(num_layers):
    return AnchorSpec((LAYER,) * num_layers, units="pixels")


def _size_wh(path):
    with Image.open(path) as image:
        image.load()
        return image.size


@pytest.mark.parametrize(("num_layers", "num_columns"), [(1, 1), (2, 2), (3, 3), (4, 2), (7, 3)])
def test_anchors_have_a_panel_per_layer(tmp_path, num_layers, num_columns):
    """Each 4.6 inches wide; on a 40x80 input, padded on the right."""
    path = tmp_path / "a.png"
    pixels = np.full((40, 80, 3), 90, np.uint8)
    plot_anchors(path, pixels, Placement((40, 60), (40, 80)), _spec(num_layers))
    assert _size_wh(path)[0] == pytest.approx(4.6 * 110 * num_columns, abs=2)


@pytest.mark.parametrize("num_boxes", [0, 1, 2 * MAX_BOXES_DRAWN])
def test_box_sizes(tmp_path, num_boxes):
    """More boxes than are drawn, and none."""
    sizes_hw = np.full((num_boxes, 2), 20.0)
    is_matched = np.arange(num_boxes) % 3 == 0
    plot_box_sizes(tmp_path / "b.png", sizes_hw, is_matched, _spec(1), 0.5)
    assert _size_wh(tmp_path / "b.png")[0] > 500


@pytest.mark.parametrize("num_matched", [[0, 0], [7, 2]])
def test_shape_matches(tmp_path, num_matched):
    plot_shape_matches(tmp_path / "m.png", _spec(1), num_matched, [0, 0], num_boxes=9)
    assert _size_wh(tmp_path / "m.png")[0] > 500
