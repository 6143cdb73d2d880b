"""The method `getsize` of Pillow's fonts, which measures the labels that the API draws."""

from typing import Any

SYMPTOM = "AttributeError: 'FreeTypeFont' object has no attribute 'getsize'"
AFFECTS = "Pillow 10 and newer"
UNTIL = "the API measures text with getbbox()"


def apply() -> bool:
    """Adds the method to each font class that lacks it."""
    from PIL import ImageFont

    classes: list[Any] = [ImageFont.FreeTypeFont, ImageFont.ImageFont]
    missing = [font_class for font_class in classes if not hasattr(font_class, "getsize")]
    for font_class in missing:
        font_class.getsize = _getsize
    return bool(missing)


def _getsize(font: Any, text: str) -> tuple[int, int]:
    """Width and height of a text in pixels; the height from the top of its line."""
    left, _, right, bottom = font.getbbox(text)
    return int(right - left), int(bottom)
