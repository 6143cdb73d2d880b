"""Collects what a reader finds into a `Dataset`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from odapi_ssd.data.annotations import AnnotatedImage, Annotation
from odapi_ssd.data.dataset import Dataset, MissingImage, SplitEntry, lost_entry
from odapi_ssd.data.image_index import ImageIndex, describe_unused
from odapi_ssd.data.image_store import ImageStore

__all__ = ["DatasetCollector"]


class DatasetCollector:
    """Takes the annotations of a dataset one by one, in the order of its keys.

    Images come from one index, and each has a name of its own in records.

    Attributes:
        index: finds the images.
        splits: the entries by split; a reader adds to it.
        split_faults: definitions of splits that cannot be read, one line each.
        warnings: one line each.
        ignored: how many shapes or the like were left out, by a noun in the plural.
    """

    def __init__(self, root_dir: Path, index: ImageIndex):
        self.splits: dict[str, list[SplitEntry]] = {}
        self.split_faults: list[str] = []
        self.warnings: list[str] = []
        self.ignored: Counter[str] = Counter()
        self.index = index
        self._root_dir = root_dir
        self._keys: dict[str, None] = {}
        self._images = ImageStore()
        self._missing: dict[str, MissingImage] = {}
        self._faults: dict[str, tuple[str, ...]] = {}
        self._source_of: dict[Path, str] = {}

    def add(self, key: str, path: Path, annotation: Annotation, name: str | None = None) -> None:
        """Adds an image; that it has another annotation already is a fault of this one.

        Args:
            key: the image's key.
            path: the image file, of the index.
            annotation: its objects.
            name: its name in records; None for the file's name, or its path where another image
                has the same.
        """
        first = self._source_of.setdefault(path, annotation.source)
        if first != annotation.source or key in self._keys:
            name = self.index.name_of(path)
            line = f"{annotation.source}: its image {name} is that of {first} too, expected one "
            self.add_faults(
                key, [f"{line}annotation for an image; remove the one that is out of date"]
            )
            return
        self._keys[key] = None
        name = name or self.index.unique_name_of(path)
        self._images.add(AnnotatedImage(key, path, annotation, name))

    def add_missing(self, key: str, annotation: Annotation, reason: str) -> None:
        """Adds an annotation without an image; the line about it is its source and the reason."""
        self._keys[key] = None
        self._missing.setdefault(key, MissingImage(annotation, f"{annotation.source}: {reason}"))

    def add_faults(self, key: str, lines: Iterable[str]) -> None:
        """Adds an image that cannot be used for faults of its annotation.

        Args:
            key: the image's key.
            lines: one line per fault.
        """
        self._keys[key] = None
        self.add_file_faults(key, lines)

    def add_file_faults(self, name: str, lines: Iterable[str]) -> None:
        """Adds faults that are of no single image.

        Args:
            name: the file that they are in.
            lines: one line per fault.
        """
        self._faults[name] = (*self._faults.get(name, ()), *lines)

    def assign(self, split: str, key: str) -> None:
        """Puts an image into a split."""
        self.splits.setdefault(split, []).append(SplitEntry(key, key))

    def assign_lost(self, split: str, source: str) -> None:
        """Keeps a split whose file cannot be read: it is none that does not exist.

        Args:
            split: the split.
            source: the file; `add_file_faults` says what is wrong with it.
        """
        self.splits.setdefault(split, []).append(lost_entry(source))

    def dataset(self, declared_label_map: Mapping[str, int] | None = None) -> Dataset:
        """The dataset of all that was added.

        Args:
            declared_label_map: see `Dataset`.
        """
        return Dataset(
            root_dir=self._root_dir,
            keys=tuple(self._keys),
            images=self._images,
            missing_images=self._missing,
            faults=self._faults,
            splits={name: tuple(entries) for name, entries in self.splits.items()},
            split_faults=tuple(self.split_faults),
            declared_label_map=declared_label_map or {},
            warnings=(
                *self.warnings,
                *self._describe_ignored(),
                *describe_unused(self._unannotated(), self.index.left_out()),
            ),
        )

    def _unannotated(self) -> list[str]:
        """Images that nothing was read of; one whose annotation has a fault is known by its key.

        Empty if a whole file has a fault: what it says of them is not known.
        """
        if not self._faults.keys() <= self._keys.keys():
            return []
        names = (
            self.index.name_of(path)
            for path in self.index.image_paths()
            if path not in self._source_of
        )
        return sorted(
            name for name in names if not {name, name.rpartition(".")[0]} & self._keys.keys()
        )

    def _describe_ignored(self) -> list[str]:
        if not self.ignored:
            return []
        kinds = [f"{number:,} {kind}" for kind, number in sorted(self.ignored.items())]
        return [f"Left out, as they are no boxes or areas: {', '.join(kinds)}."]
