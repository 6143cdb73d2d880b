"""Fits annotated boxes to their image: clips them, normalizes them, drops those with zero area.

VOC's corners are 1-based and inclusive by convention; the API's converter divides them by the
image's size as they are, and so does this module, so that records, checkpoints and published
scores stay comparable. The error is at most one pixel at the left and upper edge.
"""

import struct
from dataclasses import dataclass

from odapi_ssd.data.orientation import to_stored

__all__ = ["INVERTED", "FittedBox", "describe_box", "fit_box", "is_inverted", "order_corners"]


INVERTED = "corners are swapped"
"""How the reason begins for which an inverted box is dropped."""


@dataclass(frozen=True)
class FittedBox:
    """A box fitted to its image, or dropped.

    Attributes:
        box_yxyx: float32 values in 0..1, ymin < ymax and xmin < xmax; None if the box is dropped.
        is_clipped: whether the box reached beyond the image and was clipped to it.
        reason: why it was dropped or clipped; empty if it was neither.
    """

    box_yxyx: tuple[float, float, float, float] | None
    is_clipped: bool
    reason: str


def fit_box(
    box_xyxy_px: tuple[float, float, float, float],
    image_hw: tuple[int, int],
    orientation: int = 1,
) -> FittedBox:
    """Clips a box to its image and normalizes it.

    Args:
        box_xyxy_px: finite xmin, ymin, xmax, ymax in pixels.
        image_hw: height and width in pixels of the image that was annotated, both above 0.
        orientation: the EXIF orientation that was applied to the stored image before it was
            annotated; the box returned is that of the stored image.

    Returns:
        The box, or the reason why it is dropped. Swapped corners are not put right here: one of
        them may as well be mistyped.
    """
    height, width = image_hw
    xmin, ymin, xmax, ymax = box_xyxy_px
    shown = describe_box(box_xyxy_px)
    if is_inverted(box_xyxy_px):
        return FittedBox(None, False, f"{INVERTED}: {shown}")
    if xmin == xmax or ymin == ymax:
        return FittedBox(None, False, f"no area: {shown}")
    if xmin >= width or ymin >= height or xmax <= 0 or ymax <= 0:
        return FittedBox(None, False, f"wholly outside the {width}x{height} image: {shown}")
    inside = (max(ymin, 0.0), max(xmin, 0.0), min(ymax, height), min(xmax, width))
    is_clipped = inside != (ymin, xmin, ymax, xmax)
    top, left, bottom, right = inside
    upright_yxyx = (top / height, left / width, bottom / height, right / width)
    top, left, bottom, right = map(_to_float32, to_stored(upright_yxyx, orientation))
    if top >= bottom or left >= right:
        return FittedBox(None, False, f"no area in single precision: {shown}")
    reason = f"reaches over the {width}x{height} image: {shown}" if is_clipped else ""
    return FittedBox((top, left, bottom, right), is_clipped, reason)


def describe_box(box_xyxy_px: tuple[float, float, float, float]) -> str:
    """A box as messages show it."""
    xmin, ymin, xmax, ymax = box_xyxy_px
    return f"xmin={xmin:g} ymin={ymin:g} xmax={xmax:g} ymax={ymax:g}"


def is_inverted(box_xyxy_px: tuple[float, float, float, float]) -> bool:
    """Whether the corners of a box are swapped, in one direction or both."""
    xmin, ymin, xmax, ymax = box_xyxy_px
    return xmin > xmax or ymin > ymax


def order_corners(
    box_xyxy_px: tuple[float, float, float, float],
) -> tuple[float, float, float, float]:
    """The box whose corners are swapped, put right."""
    xmin, ymin, xmax, ymax = box_xyxy_px
    return min(xmin, xmax), min(ymin, ymax), max(xmin, xmax), max(ymin, ymax)


def _to_float32(value: float) -> float:
    """Rounds to single precision, in which records hold boxes."""
    (rounded,) = struct.unpack("f", struct.pack("f", value))
    return float(rounded)
