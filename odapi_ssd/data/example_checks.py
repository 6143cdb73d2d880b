"""Checks of a conversion's examples beside each other; what they find is used all the same.

Little is kept of each image, however many there are: 8 bytes of its digest, and its key.
"""

import itertools
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from odapi_ssd.data.box_findings import BoxFinding
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.examples import ExampleFacts
from odapi_ssd.data.summary import SplitSummary
from odapi_ssd.messages import count_of, list_some

__all__ = ["ExampleChecks", "describe_missing_classes"]

_NUM_NAMED = 5

_ImageData = tuple[Path, tuple[int, int] | None]  # a file, and the image's place in it


class _Named:
    """How many there are of something, and the names of the first."""

    def __init__(self) -> None:
        self.num = 0
        self._names: list[str] = []

    def add(self, name: str) -> None:
        self.num += 1
        if len(self._names) < _NUM_NAMED:
            self._names.append(name)

    def __str__(self) -> str:
        rest = self.num - len(self._names)
        return ", ".join(self._names) + (f" and {rest:,} more" if rest else "")


class ExampleChecks:
    """Takes examples as they are written; says at the end what is odd about them."""

    def __init__(self) -> None:
        self._tiny, self._repeated, self._reclassified = _Named(), _Named(), _Named()
        self._negatives = _Named()
        self._num_negatives: Counter[str] = Counter()
        # 64 of the digest's bits: among a million images, two different ones have the same with a
        # probability of 3 in 100 million.
        self._digests = array("Q")
        self._keys: list[str] = []
        self._ends: dict[str, int] = {}

    def add(self, split: str, key: str, example: ExampleFacts) -> None:
        """Takes one example; those of a split come one after the other."""
        for found, named in (
            (example.odd.tiny, self._tiny),
            (example.odd.repeated, self._repeated),
            (example.odd.reclassified, self._reclassified),
        ):
            for one in found:
                named.add(_describe_object(one))
        if not example.class_names:
            self._negatives.add(example.filename)
            self._num_negatives[split] += 1
        self._digests.append(int(example.sha256[:16], 16))
        self._keys.append(key)
        self._ends[split] = len(self._keys)

    def counts(self) -> dict[str, int]:
        """How many were found of each kind, for `dataset.json`."""
        return {
            "tiny_boxes": self._tiny.num,
            "repeated_boxes": self._repeated.num,
            "boxes_of_two_classes": self._reclassified.num,
            "images_without_objects": self._negatives.num,
        }

    def warnings(self, dataset: Dataset) -> list[str]:
        """One line per kind of finding; the dataset names the images."""
        lines = []
        if self._tiny.num:
            what = count_of(self._tiny.num, "box is", "boxes are")
            lines.append(
                f"{what} less than a pixel wide or high at an input of 300x300, too small to be "
                f"learned there: {self._tiny}"
            )
        if self._repeated.num:
            what = count_of(self._repeated.num, "object repeats", "objects repeat")
            lines.append(f"{what} class and box of an earlier one of the image: {self._repeated}")
        if self._reclassified.num:
            what = count_of(self._reclassified.num, "object has", "objects have")
            lines.append(f"{what} the box of an object of another class: {self._reclassified}")
        if self._negatives.num:
            what = count_of(self._negatives.num, "image has", "images have")
            splits = ", ".join(f"{split} {num:,}" for split, num in self._num_negatives.items())
            lines.append(
                f"{what} no objects and can only teach what is background ({splits}): "
                f"{self._negatives}"
            )
        return lines + self._describe_copies(dataset)

    def _describe_copies(self, dataset: Dataset) -> list[str]:
        """A line about files with the same content in different splits."""
        copies = [
            shown
            for members in self._copies().values()
            if (shown := self._describe_copy(dataset, members))
        ]
        if not copies:
            return []
        what = count_of(len(copies), "image is", "images are")
        return [
            f"{what} in more than one split under different names, so scores will be too good: "
            + list_some(copies)
        ]

    def _copies(self) -> dict[int, list[int]]:
        """The places of examples with the same digest, by digest."""
        in_order = sorted(self._digests)
        shared = {one for one, other in itertools.pairwise(in_order) if one == other}
        members: dict[int, list[int]] = defaultdict(list)
        for idx, digest in enumerate(self._digests):
            if digest in shared:
                members[digest].append(idx)
        return members

    def _describe_copy(self, dataset: Dataset, members: Iterable[int]) -> str:
        """Names and splits of examples with the same content; empty if all are in one split.

        An image that several splits list is one file, and told elsewhere.
        """
        splits_of: dict[str, set[str]] = defaultdict(set)
        for idx in members:
            splits_of[self._keys[idx]].add(self._split_of(idx))
        if len(splits_of) < 2 or len(set().union(*splits_of.values())) < 2:
            return ""
        files: dict[_ImageData, tuple[str, str]] = {}
        for key in splits_of:
            image = dataset.images[key]
            files.setdefault((image.path, image.byte_range), (image.record_name, key))
        if len(files) < 2:
            return ""
        return " = ".join(
            f"{name} ({', '.join(sorted(splits_of[key]))})" for name, key in files.values()
        )

    def _split_of(self, idx: int) -> str:
        return next(split for split, end in self._ends.items() if idx < end)


def describe_missing_classes(splits: Mapping[str, SplitSummary]) -> list[str]:
    """A line for each split that lacks classes of which another one has objects."""
    num_objects: Counter[str] = Counter()
    for summary in splits.values():
        num_objects.update(summary.num_objects_per_class)
    lines = []
    for split, summary in splits.items():
        missing = [
            f"{name} ({number:,})"
            for name, number in num_objects.items()
            if number and not summary.num_objects_per_class.get(name)
        ]
        if missing:
            what = count_of(len(missing), "class", "classes")
            lines.append(
                f"Split {split!r} has no object of {what} that other splits have: "
                f"{list_some(missing)}"
            )
    return lines


def _describe_object(found: BoxFinding) -> str:
    return f"{found.file}, object {found.object} ({found.name})"
