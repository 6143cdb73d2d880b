"""Annotated images, whatever format they come in: a file, and the objects in it.

The formats' own files and terms are known to `formats/` alone, which turns them into these.
"""

import math
from dataclasses import dataclass
from pathlib import Path

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
    """

    number: int
    name: str
    box_xyxy_px: tuple[float, float, float, float]
    pose: str = "Unspecified"
    is_truncated: bool = False
    is_difficult: bool = False

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
    """

    source: str
    declared_hw: tuple[int, int] | None
    objects: tuple[AnnotatedObject, ...]


@dataclass(frozen=True)
class AnnotatedImage:
    """An image file and its annotation.

    Attributes:
        key: identifies the image within its dataset, wherever that lies; mostly its relative path.
            Splits list keys, and a dataset without splits is divided by a hash of them.
        path: the image file.
        annotation: its objects.
        name: in records its file name and its id, by which evaluation tells images apart, so no
            other image of the dataset has it; None for the file's name, where all are in one
            folder.
    """

    key: str
    path: Path
    annotation: Annotation
    name: str | None = None
