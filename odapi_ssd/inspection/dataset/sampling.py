"""Chooses what is shown: images of every class of every split, objects of every class.

Images are ordered by a hash of their key, so the choice is the same on every machine, and an image
that is added to the dataset moves few others. It is nobody's taste, either. Rare classes choose
first.
"""

import hashlib
import heapq
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Generic, TypeVar

__all__ = ["ImageSampler", "ObjectSampler"]

_Item = TypeVar("_Item")


class ImageSampler:
    """Remembers candidates as images go by: the first ones by hash, per split and per class."""

    def __init__(self, num_images: int):
        """Takes how many images will be chosen at most."""
        self._num_images = num_images
        self._first_of_class: dict[tuple[str, str], tuple[bytes, str, frozenset[str]]] = {}
        self._num_of_class: Counter[tuple[str, str]] = Counter()
        self._first_of_split: dict[str, _First[str]] = {}

    def add(self, key: str, splits: Collection[str], class_names: Collection[str]) -> None:
        """Adds an image."""
        digest = _digest(key)
        names = frozenset(class_names)
        for split in splits:
            for name in names:
                pair = (split, name)
                self._num_of_class[pair] += 1
                if pair not in self._first_of_class or digest < self._first_of_class[pair][0]:
                    self._first_of_class[pair] = (digest, key, names)
            self._first_of_split.setdefault(split, _First(self._num_images)).add(digest, key)

    def choose(self) -> Mapping[str, list[str]]:
        """Keys of the images chosen by split, in the order of their hashes."""
        wanted = sorted(self._first_of_class, key=lambda pair: (self._num_of_class[pair], pair))
        chosen: dict[tuple[str, str], bytes] = {}
        shown: set[tuple[str, str]] = set()
        for split, name in wanted:
            if len(chosen) < self._num_images and (split, name) not in shown:
                digest, key, names = self._first_of_class[split, name]
                chosen[split, key] = digest
                shown.update((split, one) for one in names)
        for split, digest, key in self._in_turn():
            if len(chosen) < self._num_images:
                chosen.setdefault((split, key), digest)
        return {
            split: [key for of, key in sorted(chosen, key=chosen.__getitem__) if of == split]
            for split in self._first_of_split
        }

    def _in_turn(self) -> list[tuple[str, bytes, str]]:
        """The first images of all splits: the first of each, then the second of each, and so on."""
        ranked = [
            (rank, split, digest, key)
            for split, kept in self._first_of_split.items()
            for rank, (digest, key) in enumerate(kept.ordered())
        ]
        return [(split, digest, key) for _, split, digest, key in sorted(ranked)]


class ObjectSampler:
    """Remembers objects of each class as images go by: one of an image, of the first images."""

    def __init__(self, num_objects: int):
        """Takes how many objects of a class are chosen at most."""
        self._num_objects = num_objects
        self._first_of_class: dict[str, _First[tuple[str, int]]] = {}

    def add(self, key: str, numbers_of: Mapping[str, Sequence[int]]) -> None:
        """Adds an image with the numbers of its objects by class; no class without objects."""
        digest = _digest(key)
        for name, numbers in numbers_of.items():
            kept = self._first_of_class.setdefault(name, _First(self._num_objects))
            kept.add(digest, (key, numbers[digest[0] % len(numbers)]))

    def choose(self) -> Mapping[str, list[tuple[str, int]]]:
        """Key and number of the objects chosen, by class."""
        return {
            name: [chosen for _, chosen in kept.ordered()]
            for name, kept in self._first_of_class.items()
        }


class _First(Generic[_Item]):
    """The items with the lowest digests, up to a number."""

    def __init__(self, num_items: int):
        self._num_items = num_items
        # A heap has its smallest entry on top; inverted digests put the largest one there.
        self._heap: list[tuple[bytes, _Item]] = []

    def add(self, digest: bytes, item: _Item) -> None:
        entry = (_inverted(digest), item)
        if len(self._heap) < self._num_items:
            heapq.heappush(self._heap, entry)
        elif entry > self._heap[0]:
            heapq.heapreplace(self._heap, entry)

    def ordered(self) -> list[tuple[bytes, _Item]]:
        """Digests and items, the lowest first."""
        return [(_inverted(digest), item) for digest, item in sorted(self._heap, reverse=True)]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="surrogatepass")).digest()


def _inverted(digest: bytes) -> bytes:
    return bytes(255 - byte for byte in digest)
