"""Annotated images, whatever format they come in: a file, and the objects in it.

The formats' own files and terms are known to `formats/` alone, which turns them into these.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.masks import Mask

__all__ = ["AnnotatedImage", "AnnotatedObject", "Annotation"]


@dataclass(frozen=True)
class AnnotatedObject:
    """One object of an image.

    Attributes:
        number: its place in the annotation, from 1; messages name it.
        name: the class, without surrounding white space.
        box_xyxy_px: finite floats xmin, ymin, xmax, ymax in pixels, as annotated: the box may reach
            beyond the image or have zero area. A format with normalized coordinates multiplies
            them by the image's size.
        pose: the view of the object; "Unspecified" where the format has none.
        is_truncated: whether only a part of it is in the image.
        is_difficult: whether evaluation may ignore it.
        is_crowd: whether the box is that of a group of objects that nobody told apart.
        mask: its pixels; None where the annotation has none.
        area_px: the area of its pixels as annotated, without those of other objects before it; None
            if not stated.
    """

    number: int
    name: str
    box_xyxy_px: tuple[float, float, float, float]
    pose: str = "Unspecified"
    is_truncated: bool = False
    is_difficult: bool = False
    is_crowd: bool = False
    mask: Mask | None = None
    area_px: float | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a box that is NaN or infinite, which no check of a box notices."""
        if not all(map(math.isfinite, self.box_xyxy_px)):
            raise ValueError(f"the box is {self.box_xyxy_px}, expected finite numbers of pixels")


@dataclass(frozen=True)
class Annotation:
    """The annotation of one image.

    Attributes:
        source: its name in messages and in `dataset.json`, such as its file's path relative to the
            dataset's folder.
        declared_hw: the image's height and width in pixels as annotated; None if not stated.
        objects: in the order of the annotation; empty for an image without objects.
        is_upright: whether the format itself says that boxes are those of the image with its EXIF
            orientation applied. Otherwise `declared_hw` may prove it.
    """

    source: str
    declared_hw: tuple[int, int] | None
    objects: tuple[AnnotatedObject, ...]
    is_upright: bool = False


@dataclass(frozen=True)
class AnnotatedImage:
    """An image file and its annotation.

    Attributes:
        key: identifies the image within its dataset, wherever that lies; mostly its relative path.
            Splits list keys, and a dataset without splits is divided by a hash of them.
        path: the image file, or a file that it is in.
        annotation: its objects.
        name: in records its file name and its id, by which evaluation tells images apart, so no
            other image of the dataset has it; None for the file's name, where all are in one
            folder.
        byte_range: the offset and the number of the image's bytes within `path`; None for the whole
            file.
    """

    key: str
    path: Path
    annotation: Annotation
    name: str | None = None
    byte_range: tuple[int, int] | None = None

    @property
    def record_name(self) -> str:
        """`name`, or the file's name."""
        return self.name or self.path.name

    def num_bytes(self) -> int:
        """The size of the encoded image. Raises OSError."""
        return self.byte_range[1] if self.byte_range else self.path.stat().st_size

    def read_bytes(self) -> bytes:
        """The encoded image. Raises OSError."""
        if self.byte_range is None:
            return self.path.read_bytes()
        offset, num_bytes = self.byte_range
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(num_bytes)
