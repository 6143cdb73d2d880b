"""Small pictures of a dataset's images, with the place of their boxes; made in workers.

A picture shows the image as it was annotated, whole or around the objects that matter. Boxes are
not drawn into it: the page draws them over it, sharp at any size.
"""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from PIL import Image, ImageFile, ImageOps

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject
from odapi_ssd.data.image_encoding import to_rgb
from odapi_ssd.data.images import IMAGE_FORMATS
from odapi_ssd.data.orientation import boxes_are_upright, read_orientation, upright_hw

__all__ = ["Mark", "Picture", "PictureRequest", "make_picture"]

_MAX_MARKS = 150
_MIN_WINDOW_PX = 48
_MAX_BYTES = 64_000
_QUALITIES = (82, 60, 35)
_GRAY = (128, 128, 128)

_Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class PictureRequest:
    """What a picture shows.

    Attributes:
        image: whose image.
        numbers: the objects that matter, by their place in the annotation; the picture shows their
            surroundings. Empty for the whole image.
        is_tight: whether it shows the objects themselves, and next to nothing around them.
        side: of the picture, in pixels and in its units: the longer one.
    """

    image: AnnotatedImage
    numbers: tuple[int, ...] = ()
    is_tight: bool = False
    side: int = 480


@dataclass(frozen=True)
class Mark:
    """A box on a picture.

    Attributes:
        name: its class.
        box_xyxy: in units of the picture; it may reach beyond.
        is_wanted: whether it is one of those that matter.
    """

    name: str
    box_xyxy: _Box
    is_wanted: bool


@dataclass(frozen=True)
class Picture:
    """A picture, and what to draw over it.

    Attributes:
        jpeg: a JPEG file; its pixels may be fewer than the picture's units.
        width, height: in units; the longer one is the request's side.
        marks: boxes, the largest first and those that matter last.
        num_left_out: further boxes, which would hide the picture.
        image_hw: height and width in pixels of the whole image as it was annotated.
        is_part: whether only a part of the image is shown.
    """

    jpeg: bytes
    width: int
    height: int
    marks: tuple[Mark, ...]
    num_left_out: int
    image_hw: tuple[int, int]
    is_part: bool


def make_picture(request: PictureRequest) -> Picture | None:
    """Makes a picture, of a truncated image as far as it goes; None if nothing can be decoded."""
    earlier = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _make(request)
    except Exception:  # Decoders raise many kinds; that it cannot be decoded is reported elsewhere.
        return None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = earlier


def _make(request: PictureRequest) -> Picture:
    annotation, side = request.image.annotation, request.side
    content = io.BytesIO(request.image.read_bytes())
    with Image.open(content, formats=IMAGE_FORMATS) as image:
        stored_hw = (image.height, image.width)
        orientation = read_orientation(image)
        if not boxes_are_upright(annotation.declared_hw, stored_hw, orientation):
            orientation = 1
        image_hw = upright_hw(stored_hw, orientation)
        wanted = [one for one in annotation.objects if one.number in request.numbers]
        boxes = [_ordered(one.box_xyxy_px) for one in wanted]
        window = _tight_window(boxes, image_hw) if request.is_tight else _window(boxes, image_hw)
        scale = side / max(window[2] - window[0], window[3] - window[1])
        if scale < 1:  # A JPEG decodes faster at a half, a fourth or an eighth of its size.
            image.draft("RGB", (ceil(image.width * scale), ceil(image.height * scale)))
        reduced = image.height / stored_hw[0]
        upright = ImageOps.exif_transpose(image) if orientation != 1 else image
        shown = _crop(to_rgb(upright), [round(edge * reduced) for edge in window])
    shown.thumbnail((side, side), Image.Resampling.LANCZOS)
    marks = [_mark(one, window, scale, side, one in wanted) for one in annotation.objects]
    marks.sort(key=lambda mark: (mark.is_wanted, -_area(mark.box_xyxy)))
    return Picture(
        jpeg=_encode(shown),
        width=max(1, round((window[2] - window[0]) * scale)),
        height=max(1, round((window[3] - window[1]) * scale)),
        marks=tuple(_keep(marks)),
        num_left_out=max(0, len(marks) - _MAX_MARKS),
        image_hw=image_hw,
        is_part=window != (0, 0, image_hw[1], image_hw[0]),
    )


def _window(boxes: Sequence[_Box], image_hw: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of the image to show, xyxy in pixels: around boxes, with what they reach over."""
    height, width = image_hw
    if not boxes:
        return 0, 0, width, height
    sides = []
    for axis, side in ((0, width), (1, height)):
        low = min(max(min(box[axis] for box in boxes), -side / 2), 1.5 * side)
        high = min(max(max(box[axis + 2] for box in boxes), -side / 2), 1.5 * side)
        margin = max(high - low, 0.15 * side, _MIN_WINDOW_PX / 2)
        # Of what is outside, only as much as boxes reach there, and a little more.
        rim = 0.04 * side
        first = max(low - margin, low - rim if low < 0 else 0)
        last = min(high + margin, high + rim if high > side else side)
        # A window wholly outside would show nothing of the image.
        sides.append((min(first, 0.75 * side), max(last, 0.25 * side)))
    (left, right), (top, bottom) = sides
    if right - left > 0.7 * width and bottom - top > 0.7 * height:
        left, top = min(left, 0), min(top, 0)
        right, bottom = max(right, width), max(bottom, height)
    return int(left), int(top), max(int(right), int(left) + 1), max(int(bottom), int(top) + 1)


def _tight_window(boxes: Sequence[_Box], image_hw: tuple[int, int]) -> tuple[int, int, int, int]:
    """The square around boxes, as far as it is in the image, xyxy in pixels."""
    height, width = image_hw
    left, top = (min(box[axis] for box in boxes) for axis in (0, 1))
    right, bottom = (max(box[axis] for box in boxes) for axis in (2, 3))
    reach = 0.57 * max(right - left, bottom - top, 8)
    edges = []
    for middle, side in (((left + right) / 2, width), ((top + bottom) / 2, height)):
        first = int(min(max(middle - reach, 0), side - 1))
        edges.append((first, max(int(min(middle + reach, side)), first + 1)))
    return edges[0][0], edges[1][0], edges[0][1], edges[1][1]


def _crop(image: Image.Image, window: Sequence[int]) -> Image.Image:
    """A part of the image; gray where there is none."""
    left, top, right, bottom = window
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    inside = (max(left, 0), max(top, 0), min(right, image.width), min(bottom, image.height))
    part = image.crop(inside)
    if inside == (left, top, right, bottom):
        return part
    canvas = Image.new("RGB", (right - left, bottom - top), _GRAY)
    canvas.paste(part, (inside[0] - left, inside[1] - top))
    return canvas


def _mark(
    one: AnnotatedObject,
    window: tuple[int, int, int, int],
    scale: float,
    side: int,
    is_wanted: bool,
) -> Mark:
    left, top = window[:2]
    xmin, ymin, xmax, ymax = _ordered(one.box_xyxy_px)
    placed = ((xmin - left) * scale, (ymin - top) * scale,
              (xmax - left) * scale, (ymax - top) * scale)  # fmt: skip
    # Far outside, where a coordinate of 1e300 would be no number to a browser.
    clamped = [min(max(value, -2.0 * side), 3.0 * side) for value in placed]
    return Mark(one.name, (clamped[0], clamped[1], clamped[2], clamped[3]), is_wanted)


def _keep(marks: list[Mark]) -> list[Mark]:
    """As many as do not hide the picture: those that matter first, then the largest."""
    if len(marks) <= _MAX_MARKS:
        return marks
    wanted = [mark for mark in marks if mark.is_wanted][:_MAX_MARKS]
    others = [mark for mark in marks if not mark.is_wanted][: _MAX_MARKS - len(wanted)]
    return [*others, *wanted]


def _encode(image: Image.Image) -> bytes:
    encoded = b""
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True)
        encoded = buffer.getvalue()
        if len(encoded) <= _MAX_BYTES:
            break
    return encoded


def _ordered(box_xyxy: _Box) -> _Box:
    """A box whose corners are not swapped."""
    xmin, ymin, xmax, ymax = box_xyxy
    return min(xmin, xmax), min(ymin, ymax), max(xmin, xmax), max(ymin, ymax)


def _area(box_xyxy: _Box) -> float:
    xmin, ymin, xmax, ymax = box_xyxy
    return (xmax - xmin) * (ymax - ymin)
