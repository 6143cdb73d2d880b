"""Draws an image of circles, squares and triangles on a dull, noisy background, with tight boxes.

Pillow draws, Python's own random generator decides: the same generator state gives the same image.
Shapes may overlap, but most of each stays visible, so that the ground truth is fair.
"""

import colorsys
import random
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw

__all__ = ["CLASS_NAMES", "DrawnShape", "draw_scene"]

CLASS_NAMES = ("circle", "square", "triangle")

_SIDE_RANGE_PX = (200, 400)
_NUM_SHAPES_RANGE = (2, 5)
_SIZE_RANGE = (0.25, 0.5)  # Of the image's shorter side.
_MIN_VISIBLE = 0.7  # Share of each shape's area that no other shape covers.
_NUM_TRIES = 20
_SUPERSAMPLING = 4
_EDGE = 128  # Coverage from which a pixel belongs to a shape: half of it or more.


@dataclass(frozen=True)
class DrawnShape:
    """A shape in an image.

    Attributes:
        name: one of CLASS_NAMES.
        box_xyxy_px: xmin, ymin, xmax, ymax: the edges of the pixels it covers, counted from 0 at
            the image's left and upper edge, so that xmax - xmin is its width.
    """

    name: str
    box_xyxy_px: tuple[int, int, int, int]


def draw_scene(rng: random.Random) -> tuple[Image.Image, list[DrawnShape]]:
    """Draws a non-square image with 2 to 5 shapes, fewer where there is no room.

    Args:
        rng: decides everything; advanced.

    Returns:
        The RGB image and its shapes, from the lowest to the uppermost; at least one.
    """
    width, height = rng.sample(range(_SIDE_RANGE_PX[0], _SIDE_RANGE_PX[1] + 1), 2)
    image = _draw_background(rng, width, height)
    shapes: list[DrawnShape] = []
    visible: list[Image.Image] = []  # The mask of what is left to see of each shape.
    areas: list[int] = []
    for color in _pick_colors(rng, rng.randint(*_NUM_SHAPES_RANGE)):
        name = rng.choice(CLASS_NAMES)
        for _ in range(_NUM_TRIES):
            mask = _draw_mask(rng, name, width, height)
            if _is_fair(mask, visible, areas):
                visible = [ImageChops.subtract(below, mask) for below in visible] + [mask]
                areas.append(_area(mask))
                image.paste(color, mask=mask)
                shapes.append(DrawnShape(name, _tight_box(mask)))
                break
    return image, shapes


def _draw_background(rng: random.Random, width: int, height: int) -> Image.Image:
    """Gray clouds with fine grain, hardly colored."""
    gray = rng.randint(70, 185)
    tint = tuple(gray + rng.randint(-12, 12) for _ in range(3))
    plain = Image.new("RGB", (width, height), tint)
    coarse = Image.frombytes("L", (8, 6), rng.randbytes(48)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    fine = Image.frombytes("RGB", (width, height), rng.randbytes(width * height * 3))
    clouds = Image.blend(plain, coarse.convert("RGB"), rng.uniform(0.15, 0.35))
    return Image.blend(clouds, fine, rng.uniform(0.1, 0.25))


def _pick_colors(rng: random.Random, count: int) -> list[tuple[int, int, int]]:
    """Saturated colors of well separated hues, so that no shape hides on another.

    They are independent of the class: the form must be learned.
    """
    start, step = rng.random(), 1 / count
    hues = [start + step * (idx + rng.uniform(-0.25, 0.25)) for idx in range(count)]
    rng.shuffle(hues)
    colors = []
    for hue in hues:
        rgb = colorsys.hsv_to_rgb(hue % 1, rng.uniform(0.75, 1.0), rng.uniform(0.65, 1.0))
        red, green, blue = (round(255 * channel) for channel in rgb)
        colors.append((red, green, blue))
    return colors


def _draw_mask(rng: random.Random, name: str, width: int, height: int) -> Image.Image:
    """A shape's coverage, 0..255, somewhere wholly within the image."""
    size = rng.uniform(*_SIZE_RANGE) * min(width, height)
    left, top = rng.uniform(1, width - size - 1), rng.uniform(1, height - size - 1)
    lean = rng.uniform(-0.15, 0.15)
    scale = _SUPERSAMPLING
    canvas = Image.new("L", (width * scale, height * scale))
    draw = ImageDraw.Draw(canvas)
    x0, y0, x1, y1 = (scale * edge for edge in (left, top, left + size, top + size))
    if name == "circle":
        draw.ellipse((x0, y0, x1, y1), fill=255)
    elif name == "square":
        draw.rectangle((x0, y0, x1, y1), fill=255)
    else:
        apex = (x0 + (x1 - x0) * (0.5 + lean), y0)
        draw.polygon([apex, (x1, y1), (x0, y1)], fill=255)
    return canvas.reduce(scale)


def _is_fair(mask: Image.Image, visible: list[Image.Image], areas: list[int]) -> bool:
    """Whether all shapes below stay visible enough when this one is put on top."""
    return all(
        _area(ImageChops.subtract(below, mask)) >= _MIN_VISIBLE * area
        for below, area in zip(visible, areas, strict=True)
    )


def _area(mask: Image.Image) -> int:
    """The number of pixels that belong to a shape."""
    return sum(mask.histogram()[_EDGE:])


def _tight_box(mask: Image.Image) -> tuple[int, int, int, int]:
    box = mask.point(lambda coverage: 255 if coverage >= _EDGE else 0).getbbox()
    if box is None:
        raise ValueError("a shape covers no pixel")
    return box
