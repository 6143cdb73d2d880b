"""EXIF orientations: which of them an annotator saw applied, and boxes back in the stored image.

A camera stores an image as its sensor lay, and in EXIF how to show it. TensorFlow decodes what is
stored; most annotation tools show, and annotate, the image upright. Records keep the file's bytes,
which loses nothing, so it is the boxes that are moved.

Source: the tag `Orientation` (0x0112) of EXIF 2.32, section 4.6.4.
"""

from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "boxes_are_upright",
    "mask_to_stored",
    "read_orientation",
    "to_stored",
    "to_upright",
    "upright_hw",
]

_TAG = 0x0112
_UPRIGHT = 1
_SWAPPING = (5, 6, 7, 8)  # These exchange width and height.
# Seen from the stored image: after the exchange, if any, those whose rows or columns run backwards.
_ROWS_BACKWARDS = (3, 4, 6, 7)
_COLUMNS_BACKWARDS = (2, 3, 7, 8)


def read_orientation(image: Image.Image) -> int:
    """The orientation of an image, 1 to 8; 1 if it has none, or EXIF data that cannot be read."""
    try:
        orientation = image.getexif().get(_TAG, _UPRIGHT)
    except Exception:  # Pillow raises many kinds on damaged EXIF, which the pixels do not need.
        return _UPRIGHT
    return int(orientation) if orientation in range(1, 9) else _UPRIGHT


def upright_hw(stored_hw: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Height and width of an image as it is shown."""
    height, width = stored_hw
    return (width, height) if orientation in _SWAPPING else stored_hw


def boxes_are_upright(
    declared_hw: tuple[int, int] | None, stored_hw: tuple[int, int], orientation: int
) -> bool:
    """Whether the annotated size proves that the annotator saw the orientation applied.

    It proves nothing where both sizes are the same: in square images, and where the orientation
    does not exchange width and height.

    Args:
        declared_hw: height and width in pixels as annotated; None if not stated.
        stored_hw: height and width in pixels as stored.
        orientation: 1 to 8.
    """
    shown_hw = upright_hw(stored_hw, orientation)
    return declared_hw == shown_hw != stored_hw


def to_stored(
    box_yxyx: tuple[float, float, float, float], orientation: int
) -> tuple[float, float, float, float]:
    """Moves a box from the image as it is shown to the image as it is stored.

    Args:
        box_yxyx: ymin, xmin, ymax, xmax, normalized to the size of the image as it is shown.
        orientation: 1 to 8.

    Returns:
        ymin, xmin, ymax, xmax, normalized to the size of the image as it is stored.
    """
    ymin, xmin, ymax, xmax = box_yxyx
    ys, xs = (ymin, ymax), (xmin, xmax)
    if orientation in _SWAPPING:
        ys, xs = xs, ys
    if orientation in _ROWS_BACKWARDS:
        ys = (1 - ys[1], 1 - ys[0])
    if orientation in _COLUMNS_BACKWARDS:
        xs = (1 - xs[1], 1 - xs[0])
    return ys[0], xs[0], ys[1], xs[1]


def mask_to_stored(upright: "npt.NDArray[np.bool_]", orientation: int) -> "npt.NDArray[np.bool_]":
    """Moves a mask from the image as it is shown to the image as it is stored; see `to_stored`.

    Args:
        upright: bool [H, W] as it is shown.
        orientation: 1 to 8.

    Returns:
        A view of the pixels: bool [H, W] as stored.
    """
    stored = upright.swapaxes(0, 1) if orientation in _SWAPPING else upright
    if orientation in _ROWS_BACKWARDS:
        stored = stored[::-1]
    if orientation in _COLUMNS_BACKWARDS:
        stored = stored[:, ::-1]
    return stored


def to_upright(
    box_yxyx: tuple[float, float, float, float], orientation: int
) -> tuple[float, float, float, float]:
    """Moves a box from the image as it is stored to the image as it is shown.

    Args:
        box_yxyx: ymin, xmin, ymax, xmax, normalized to the size of the image as it is stored.
        orientation: 1 to 8.

    Returns:
        ymin, xmin, ymax, xmax, normalized to the size of the image as it is shown.
    """
    return to_stored(box_yxyx, {6: 8, 8: 6}.get(orientation, orientation))
