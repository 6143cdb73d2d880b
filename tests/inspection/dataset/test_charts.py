import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from odapi_ssd.inspection.dataset.charts import (
    bar,
    chart_figure,
    columns,
    heat,
    legend,
    place_map,
    split_class,
)


def _rectangles(svg, css_class=None):
    """x, y, width, height and class of all rectangles."""
    found = [one.attrib for one in ET.fromstring(svg).iter("rect")]
    return [
        {key: float(one[key]) for key in ("x", "y", "width", "height")}
        for one in found
        if css_class is None or one.get("class") == css_class
    ]


def test_columns_are_as_high_as_their_counts():
    counts = [np.array([10, 0, 40]), np.array([10, 20, 0])]
    svg = columns(["a", "b", "c"], counts, "x", "in words")
    first, second = _rectangles(svg, "s0"), _rectangles(svg, "s1")
    heights = [one["height"] for one in (*first, *second)]
    np.testing.assert_allclose(np.divide(heights, heights[0]), [1, 4, 1, 2], rtol=1e-3)
    assert first[0]["y"] == pytest.approx(second[0]["y"] + second[0]["height"], abs=0.02)  # stacked
    assert all(one["y"] > 0 for one in _rectangles(svg))
    assert ET.fromstring(svg).get("aria-label") == "in words"
    assert re.findall(r">([abc])<", svg) == ["a", "b", "c"]


def test_many_columns_have_few_labels():
    svg = columns([f"n{n}" for n in range(30)], [np.arange(30)], "x", "")
    assert 5 < len(re.findall(r">n\d+<", svg)) <= 12


@pytest.mark.parametrize("counts", [[0, 0], [1, 0], [10**7, 3]])
def test_columns_of_any_count_are_within_the_chart(counts):
    for one in _rectangles(columns(["a", "b"], [np.array(counts)], "x", "")):
        assert 0 <= one["y"] <= one["y"] + one["height"] <= 220


def test_a_bar_is_shared_by_the_splits():
    parts = _rectangles(bar([30, 0, 10], 80))
    assert [one["width"] for one in parts] == [37.5, 0, 12.5]
    assert parts[2]["x"] == 37.5
    assert _rectangles(bar([1], 10**6))[0]["width"] > 0.5
    assert _rectangles(bar([0], 0))[0]["width"] == 0


def test_heat_shows_where_there_is_something():
    counts = np.array([[0, 1], [9, 0], [0, 0]])
    svg = heat(counts, 10, 20, 5, 4)
    cells = {(one["x"], one["y"]) for one in _rectangles(svg)}
    assert cells == {(15, 20), (10, 24)}
    opacities = [float(one) for one in re.findall(r'fill-opacity="([\d.]+)"', svg)]
    assert 0.1 < opacities[0] < opacities[1] == 1


def test_the_map_of_places():
    boxes = np.array([[0.0, 0.9, 0.1, 1.0], [0.9, 0.0, 1.0, 0.1]])
    (one, other) = _rectangles(place_map(boxes, ""), "heat")
    assert one["x"] > other["x"]
    assert one["y"] < other["y"]


def test_names_in_a_legend_and_a_caption_are_escaped():
    text = legend([(split_class(7), "<b>")]) + chart_figure("<i>", "<u>", None)
    assert "&lt;b&gt;" in text
    assert not re.search(r"<[iu]>", text)
    assert 'class="s1"' in text
