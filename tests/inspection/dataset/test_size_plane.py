import xml.etree.ElementTree as ET
from dataclasses import dataclass

import numpy as np
import pytest

from odapi_ssd.inspection.dataset.size_plane import box_size_plane, image_size_plane
from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec


@dataclass(frozen=True)
class _Matches:
    """What the plane takes of a template's matches."""

    spec: AnchorSpec
    threshold: float = 0.5


def _attributes(svg, css_class):
    return [one.attrib for one in ET.fromstring(svg).iter() if one.get("class") == css_class]


def _places(svg, css_class, names):
    return [tuple(float(one[name]) for name in names) for one in _attributes(svg, css_class)]


def _numbers(svg):
    return [
        one.text for one in ET.fromstring(svg).iter("text") if one.text.replace(".", "").isdigit()
    ]


def test_a_wide_box_is_to_the_right_and_a_high_one_at_the_top():
    sizes = np.array([[16.0, 256.0], [256.0, 16.0], [256.0, 16.0]])
    svg = box_size_plane(sizes, None, "in words")
    cells = _places(svg, "heat", ("x", "y", "fill-opacity"))
    (tall, wide) = sorted(cells)
    assert tall[0] < wide[0]
    assert tall[1] < wide[1]
    assert tall[2] > wide[2]
    assert ET.fromstring(svg).get("aria-label") == "in words"
    assert _numbers(svg)[:2] == ["16", "16"]


def test_an_anchor_is_on_the_boxes_of_its_size():
    layer = AnchorLayer((2, 2), (50, 50), (25, 25), ((32.0, 64.0), (100.0, 20.0)))
    sizes = np.array([[32.5, 65.0]] * 5)
    svg = box_size_plane(sizes, _Matches(AnchorSpec((layer,), units="pixels")), "")
    anchors = _places(svg, "anchor", ("cx", "cy"))
    (cell,) = _places(svg, "heat", ("x", "y", "width", "height"))
    assert len(anchors) == 2
    assert min(np.hypot(cell[0] - x, cell[1] + cell[3] - y) for x, y in anchors) < cell[2]


def test_the_outline_encloses_what_anchors_can_match():
    """Of a single anchor of 64×64: squares from 64/√2 to 64·√2 reach an IoU of 0.5."""
    layer = AnchorLayer((2, 2), (50, 50), (25, 25), ((64.0, 64.0),))
    sizes = np.array([[2.0, 2.0], [1024.0, 1024.0]])
    svg = box_size_plane(sizes, _Matches(AnchorSpec((layer,), units="pixels")), "")
    ((x, y),) = _places(svg, "anchor", ("cx", "cy"))
    (path,) = _attributes(svg, "reach")
    corners = [
        list(map(float, one.split("h")[0].split("v")[0].split()))
        for one in path["d"].split("M")[1:]
    ]
    octave = 344 / 10  # of a plane of 344 from 1 to 1024
    far = np.abs(np.array(corners) - [x, y]).max(axis=0)
    # A box of one side 64 matches down to half of the other.
    assert far == pytest.approx([octave, octave], abs=octave / 6 + 0.1)


@pytest.mark.parametrize("sizes", [[[1e-5, 3.0]], [[0.4, 70_000.0]], [[8.0, 8.0]]])
def test_boxes_of_every_size_are_within_the_plane(sizes):
    svg = box_size_plane(np.array(sizes), None, "")
    for x, y in _places(svg, "heat", ("x", "y")):
        assert 0 <= x <= 400
        assert 0 <= y <= 400


def test_a_frequent_size_of_images_is_larger():
    svg = image_size_plane({(480, 640): 100, (1000, 10): 1}, "")
    (usual, rare) = _places(svg, "heat", ("r", "cx", "cy"))
    assert usual[0] > rare[0] >= 2.5
    assert rare[1] < usual[1]
    assert rare[2] < usual[2]
    assert "640×480: 100" in svg
