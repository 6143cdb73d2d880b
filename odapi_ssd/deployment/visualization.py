"""Draws detections on images: boxes with their labels, a color per class."""

import colorsys
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from odapi_ssd.deployment.detections import Detection

__all__ = ["color_of_class", "draw_boxes", "draw_detections"]

_GOLDEN_RATIO = 0.618034


def color_of_class(class_id: int) -> tuple[int, int, int]:
    """An RGB color for a class: the same in every image, far from that of neighboring class ids."""
    hue = (class_id * _GOLDEN_RATIO) % 1.0
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.85, 0.95)
    return round(red * 255), round(green * 255), round(blue * 255)


def draw_detections(image: Any, detections: Sequence[Detection]) -> None:
    """Draws detections with their names and scores into an RGB Pillow image.

    Args:
        image: PIL.Image.Image of mode RGB; is changed.
        detections: the first one is drawn on top.
    """
    draw_boxes(
        image,
        [found.box_yxyx_px for found in detections],
        [f"{found.class_name} {found.score:.0%}" for found in detections],
        [found.class_id for found in detections],
    )


def draw_boxes(
    image: Any,
    boxes_yxyx_px: Sequence[Sequence[float]],
    labels: Sequence[str],
    class_ids: Sequence[int],
) -> None:
    """Draws boxes with their labels into an RGB Pillow image, the first box on top.

    Args:
        image: PIL.Image.Image of mode RGB; is changed.
        boxes_yxyx_px: N boxes as ymin, xmin, ymax, xmax in pixels.
        labels: N texts.
        class_ids: N class ids, which give the colors.
    """
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image)
    shorter_side = min(image.size)
    line_width = max(2, round(shorter_side / 200))
    font = _load_font(max(11, round(shorter_side / 32)))
    found = list(zip(boxes_yxyx_px, labels, class_ids, strict=True))
    for (ymin, xmin, ymax, xmax), label, class_id in reversed(found):
        color = color_of_class(class_id)
        right, bottom = max(xmax, xmin), max(ymax, ymin)
        draw.rectangle((xmin, ymin, right, bottom), outline=color, width=line_width)
        _draw_label(draw, image.size, (xmin, ymin), label, font, color)


@functools.cache
def _load_font(size_px: int) -> Any:
    """DejaVu Sans, which comes with matplotlib and covers most alphabets."""
    import matplotlib
    from PIL import ImageFont

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(path), size_px)


def _draw_label(
    draw: Any,
    image_wh: tuple[int, int],
    corner_xy: tuple[float, float],
    label: str,
    font: Any,
    color: tuple[int, int, int],
) -> None:
    """Draws a label above a box's top left corner, moved so that it stays inside the image."""
    left, top, right, bottom = draw.textbbox((0, 0), label, font=font)
    width, height = right - left + 6, bottom - top + 6
    x = min(max(0, corner_xy[0]), max(0, image_wh[0] - width))
    y = corner_xy[1] - height if corner_xy[1] >= height else max(0, corner_xy[1])
    luminance = 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]
    draw.rectangle((x, y, x + width, y + height), fill=color)
    text_color = (0, 0, 0) if luminance > 140 else (255, 255, 255)
    draw.text((x + 3 - left, y + 3 - top), label, font=font, fill=text_color)
