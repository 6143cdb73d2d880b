"""A dataset as a format reads it: all annotations parsed, each with its image file's path.

Faults are collected, so that a user learns of all of them at once. Images are found by then, not
yet read. The formats and `read_dataset` are in `formats/`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from odapi_ssd.data.annotations import AnnotatedImage, Annotation
from odapi_ssd.data.image_store import CountedImages, ImageStore, pack_image
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of

__all__ = ["Dataset", "MissingImage", "SplitEntry", "lost_entry"]


@dataclass(frozen=True)
class MissingImage:
    """An annotation whose image file is not there: one line says why, beginning with its source."""

    annotation: Annotation
    problem: str


@dataclass(frozen=True, slots=True)
class SplitEntry:
    """One entry of a split that the dataset defines.

    Attributes:
        key: the key of the image that it names; one that `Dataset.keys` lacks names none.
        text: the entry as the dataset writes it. Where a split is divided, a hash of it decides.
        fault: why it names no image, for the user; empty if it does.
    """

    key: str
    text: str
    fault: str = ""


def lost_entry(source: str) -> SplitEntry:
    """Stands for all that a split would have if its file could be read; it names no image.

    A split of which this is all is not an empty one: where faulty files are skipped, nothing of it
    is left, which is a failure.
    """
    return SplitEntry(source, source)


@dataclass(frozen=True)
class Dataset:
    """The annotated images of a folder, and what is wrong with them.

    Attributes:
        root_dir: the folder that names in messages are relative to.
        keys: of all images that are annotated, also of those that cannot be used, in an order that
            is the same on every machine.
        images: by key, in that order: annotations that parse, with their image files. Readers make
            an `ImageStore` of them, which takes little memory however many there are.
        missing_images: by key, in that order: annotations that parse, but have no image file.
        faults: by key, in that order: the faults of annotations that do not parse, one line each.
            Faults of no single image go by the name of the file that they are in.
        splits: the entries of each split that the dataset defines, by name; empty if it defines
            none. A name without entries is an empty split.
        split_faults: definitions of splits that cannot be read, one line each.
        declared_label_map: ids by class name, from 1, where the format or the dataset itself
            numbers its classes; empty if neither does. `make_label_map` says when it applies.
        warnings: what the user should know, one line each.
    """

    root_dir: Path
    keys: tuple[str, ...]
    images: Mapping[str, AnnotatedImage]
    missing_images: Mapping[str, MissingImage] = field(default_factory=dict)
    faults: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    splits: Mapping[str, tuple[SplitEntry, ...]] = field(default_factory=dict)
    split_faults: tuple[str, ...] = ()
    declared_label_map: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def annotation(self, key: str) -> Annotation | None:
        """The annotation of one image, whether its file is there or not; None if it is unusable."""
        found = self.images.get(key) or self.missing_images.get(key)
        return None if found is None else found.annotation

    def packed_image(self, key: str) -> bytes:
        """One of `images` as workers get it, for `unpack_image`. Raises KeyError."""
        if isinstance(self.images, ImageStore):
            return self.images.packed(key)
        return pack_image(self.images[key])

    def num_bytes(self, keys: Iterable[str]) -> int:
        """The size of images as they are in their files. Raises KeyError or OSError."""
        return sum(self.images[key].num_bytes() for key in keys)

    def class_names(self) -> set[str]:
        """The classes of all objects."""
        return set(self.count_objects())

    def count_objects(self) -> Counter[str]:
        """How many objects each class has, by name."""
        annotations = [one.annotation for one in self.missing_images.values()]
        if isinstance(self.images, CountedImages):
            counts = self.images.count_objects()
        else:
            counts = Counter()
            annotations += [one.annotation for one in self.images.values()]
        counts.update(one.name for annotation in annotations for one in annotation.objects)
        return counts

    def count_masks(self) -> int:
        """How many objects of its images have a mask."""
        if isinstance(self.images, ImageStore):
            return self.images.count_masks()
        objects = (one for image in self.images.values() for one in image.annotation.objects)
        return sum(one.mask is not None for one in objects)

    def fault_lines(self) -> list[str]:
        """The faults of all annotations."""
        return [line for lines in self.faults.values() for line in lines]

    def check_annotations(self) -> None:
        """Raises OdapiError with all faults of the annotations, if there are any."""
        faults = self.fault_lines()
        if faults:
            raise OdapiError(
                f"{count_of(len(faults), 'fault')} in the annotations of {self.root_dir}:",
                details=faults,
                hint="correct or remove these files; nothing was written.",
            )
