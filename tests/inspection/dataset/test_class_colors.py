import itertools

import numpy as np

from odapi_ssd.inspection.dataset.class_colors import class_colors, text_color


def _channels(color):
    return np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)])


def _luminance(color):
    """As WCAG 2.2 defines it."""
    shares = _channels(color) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def _contrast(one, other):
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_colors_follow_from_the_names_whatever_their_order():
    assert class_colors(["b", "a"]) == class_colors(iter("ab"))
    assert class_colors([]) == {}


def test_the_classes_of_coco_have_different_colors():
    colors = class_colors(f"class {number}" for number in range(80))
    assert len(set(colors.values())) == 80
    few = list(colors.values())[:8]
    distances = [abs(_channels(a) - _channels(b)).sum() for a, b in itertools.combinations(few, 2)]
    assert min(distances) > 60


def test_text_on_every_color_can_be_read():
    for color in class_colors(map(str, range(300))).values():
        assert _contrast(color, text_color(color)) >= 4.5
    assert (text_color("#ffffff"), text_color("#000000")) == ("#000000", "#ffffff")
