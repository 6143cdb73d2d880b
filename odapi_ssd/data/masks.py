"""Instance masks as annotation formats hold them; rendered when an example is made of them.

Coordinates and sizes are those of the image as annotated, as with boxes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["IndexedMask", "Mask", "PngMask", "PolygonMask", "RunLengthMask"]


@dataclass(frozen=True)
class PolygonMask:
    """The area of one or several polygons: each x, y, x, y, … in pixels, three points or more.

    A pixel belongs to a polygon if its center is inside, by the even-odd rule, and to the mask if
    it belongs to any of them.
    """

    polygons_xy_px: tuple[Sequence[float], ...]


@dataclass(frozen=True)
class RunLengthMask:
    """Runs of 0 and 1 in turn, beginning with 0, down the columns of a mask from left to right.

    Attributes:
        counts: the runs' lengths; their sum is height times width. Or COCO's compact text of them,
            which `run_lengths` takes apart, not checked yet.
        mask_hw: height and width in pixels.
    """

    counts: Sequence[int] | str
    mask_hw: tuple[int, int]


@dataclass(frozen=True)
class IndexedMask:
    """The pixels of one value in an image file with a palette, such as VOC's SegmentationObject."""

    path: Path
    index: int


@dataclass(frozen=True)
class PngMask:
    """A PNG file in memory, of which the pixels above 0 belong to the object."""

    encoded: bytes


Mask = PolygonMask | RunLengthMask | IndexedMask | PngMask
