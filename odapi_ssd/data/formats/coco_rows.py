"""The annotations of a COCO file on their way to their images, which takes little memory.

A file lists annotations in any order. They are packed into an unnamed temporary file; where each
one begins is all that stays in memory.
"""

import pickle
import tempfile
import weakref
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from odapi_ssd.data.masks import Mask

__all__ = ["CocoId", "CocoRow", "CocoRows"]

_BYTES_IN_MEMORY = 4 * 1024 * 1024

CocoId = int | str
"""Ids are numbers; some programs write texts."""


@dataclass(frozen=True)
class CocoRow:
    """An annotation whose category is known by its id; the rest is as in `AnnotatedObject`."""

    category_id: CocoId
    box_xyxy_px: tuple[float, float, float, float]
    is_crowd: bool
    area_px: float | None
    mask: Mask | None


class CocoRows:
    """Annotations by the id of their image.

    Attributes:
        num_by_category: how many there are of each category, by id.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - open as long as this
            _BYTES_IN_MEMORY
        )
        weakref.finalize(self, self._file.close)
        self._end = 0
        self._starts: dict[CocoId, array[int]] = {}
        self.num_by_category: Counter[CocoId] = Counter()

    def add(self, image_id: CocoId, row: CocoRow) -> None:
        """Adds an annotation. Raises OSError if the temporary file cannot be written."""
        self._starts.setdefault(image_id, array("Q")).append(self._end)
        self._end += self._file.write(
            pickle.dumps(tuple(vars(row).values()), pickle.HIGHEST_PROTOCOL)
        )
        self.num_by_category[row.category_id] += 1

    def of_image(self, image_id: CocoId) -> Iterator[CocoRow]:
        """The annotations of one image, in the order in which they were added."""
        for start in self._starts.get(image_id, ()):
            self._file.seek(start)
            yield CocoRow(*pickle.load(self._file))
        self._file.seek(0, 2)

    def counts(self) -> dict[CocoId, int]:
        """How many annotations each image has that any has, by id."""
        return {image_id: len(starts) for image_id, starts in self._starts.items()}
