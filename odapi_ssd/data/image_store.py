"""A mapping of annotated images that takes little memory however many there are.

Only the keys and, for each, an offset stay in memory. The images themselves are packed into bytes,
which spill into an unnamed temporary file once there is a megabyte of them, and are unpacked
when they are asked for. Packed images also travel to worker processes as they are.
"""

import abc
import dataclasses
import operator
import os
import pickle
import tempfile
import weakref
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.masks import IndexedMask

__all__ = ["CountedImages", "ImageStore", "pack_image", "unpack_image"]

_fields_of = operator.attrgetter(*(field.name for field in dataclasses.fields(AnnotatedObject)))
_BYTES_IN_MEMORY = 1024 * 1024


class CountedImages(Mapping[str, AnnotatedImage]):
    """Annotated images by key, whose objects are counted already."""

    @abc.abstractmethod
    def count_objects(self) -> Counter[str]:
        """How many objects each class has, by name."""


class ImageStore(CountedImages):
    """Annotated images by key, in the order in which they were added.

    A reader of a format fills one and gives it to its `Dataset`:

        images = ImageStore()
        for … :
            images.add(AnnotatedImage(key, path, annotation))
        return Dataset(…, images=images)

    An image that is looked up is a new object each time, equal to the one that was added.

    Attributes:
        folders: the paths of the folders that the image files and the files of masks are in.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - open as long as this
            _BYTES_IN_MEMORY
        )
        weakref.finalize(self, self._file.close)
        self._ends = array("Q", [0])
        self._number_of: dict[str, int] = {}
        self._num_objects: Counter[str] = Counter()
        self.folders: set[str] = set()
        self._num_masks = 0

    def add(self, image: AnnotatedImage) -> None:
        """Adds an image under its key.

        Raises:
            ValueError: there is one under that key.
            OSError: the temporary file cannot be written.
        """
        if image.key in self._number_of:
            raise ValueError(f"there is an image under the key {image.key!r} already")
        packed = pack_image(image)
        self._file.seek(self._ends[-1])
        self._file.write(packed)
        self._number_of[image.key] = len(self._number_of)
        self._ends.append(self._ends[-1] + len(packed))
        self._num_objects.update(one.name for one in image.annotation.objects)
        self.folders.add(os.path.dirname(image.path))
        for one in image.annotation.objects:
            if isinstance(one.mask, IndexedMask):
                self.folders.add(os.path.dirname(one.mask.path))
        self._num_masks += sum(one.mask is not None for one in image.annotation.objects)

    def packed(self, key: str) -> bytes:
        """What `unpack_image` makes the image of. Raises KeyError."""
        number = self._number_of[key]
        start, end = self._ends[number], self._ends[number + 1]
        self._file.seek(start)
        return self._file.read(end - start)

    def count_objects(self) -> Counter[str]:
        """How many objects each class has, by name."""
        return Counter(self._num_objects)

    def count_masks(self) -> int:
        """How many objects have a mask."""
        return self._num_masks

    def __getitem__(self, key: str) -> AnnotatedImage:
        return unpack_image(self.packed(key))

    def __contains__(self, key: object) -> bool:
        return key in self._number_of

    def __iter__(self) -> Iterator[str]:
        return iter(self._number_of)

    def __len__(self) -> int:
        return len(self._number_of)


def pack_image(image: AnnotatedImage) -> bytes:
    """An image as bytes, which are small and quick to make; masks are pickled as they are."""
    annotation = image.annotation
    objects = list(map(_fields_of, annotation.objects))
    fields = (image.key, str(image.path), image.name, image.byte_range)
    about = (annotation.source, annotation.declared_hw, annotation.is_upright)
    return pickle.dumps((*fields, *about, objects), pickle.HIGHEST_PROTOCOL)


def unpack_image(packed: bytes) -> AnnotatedImage:
    """The image that `pack_image` packed."""
    key, path, name, byte_range, source, declared_hw, is_upright, objects = pickle.loads(packed)
    annotation = Annotation(
        source, declared_hw, tuple(AnnotatedObject(*fields) for fields in objects), is_upright
    )
    return AnnotatedImage(key, Path(path), annotation, name, byte_range)
