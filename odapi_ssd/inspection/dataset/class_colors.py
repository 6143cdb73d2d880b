"""A color for each class, the same on the whole page, and what can be read on it."""

import colorsys
from collections.abc import Iterable, Mapping

__all__ = ["class_colors", "text_color"]

# Steps by the golden angle keep the hues of neighbors in the alphabet far apart.
_TURN = 0.381966
_LIGHTNESS = (0.62, 0.5, 0.74)


def class_colors(names: Iterable[str]) -> Mapping[str, str]:
    """Colors `#rrggbb` by class name; they follow from the sorted names."""
    colors = {}
    for idx, name in enumerate(sorted(names)):
        hue, lightness = (0.57 + idx * _TURN) % 1, _LIGHTNESS[idx // 8 % len(_LIGHTNESS)]
        channels = colorsys.hls_to_rgb(hue, lightness, 0.8)
        colors[name] = "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)
    return colors


def text_color(background: str) -> str:
    """Black or white, whichever has the higher contrast: 4.5 or more.

    Args:
        background: `#rrggbb`.

    Source: relative luminance and contrast, Web Content Accessibility Guidelines 2.2.
    """
    red, green, blue = (int(background[start : start + 2], 16) / 255 for start in (1, 3, 5))
    luminance = 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
