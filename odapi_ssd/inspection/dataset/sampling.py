"""Chooses the images of the contact sheet: every class of every split, and nobody's taste.

Images are ordered by a hash of their key, so the choice is the same on every machine, and an image
that is added to the dataset moves few others. Rare classes choose first.
"""

import hashlib
import heapq
from collections import Counter
from collections.abc import Collection, Mapping

__all__ = ["ImageSampler"]


class ImageSampler:
    """Remembers candidates as images go by: the first ones by hash, per split and per class."""

    def __init__(self, num_images: int):
        """Takes how many images will be chosen at most."""
        self._num_images = num_images
        self._first_of_class: dict[tuple[str, str], tuple[bytes, str, frozenset[str]]] = {}
        self._num_of_class: Counter[tuple[str, str]] = Counter()
        self._first_of_split: dict[str, list[tuple[bytes, str]]] = {}

    def add(self, key: str, splits: Collection[str], class_names: Collection[str]) -> None:
        """Adds an image."""
        digest = hashlib.sha256(key.encode(errors="surrogatepass")).digest()
        names = frozenset(class_names)
        for split in splits:
            for name in names:
                pair = (split, name)
                self._num_of_class[pair] += 1
                if pair not in self._first_of_class or digest < self._first_of_class[pair][0]:
                    self._first_of_class[pair] = (digest, key, names)
            self._keep_first(split, (digest, key))

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

    def _keep_first(self, split: str, candidate: tuple[bytes, str]) -> None:
        kept = self._first_of_split.setdefault(split, [])
        # A heap has its smallest entry on top; inverted digests put the largest one there.
        inverted = (bytes(255 - byte for byte in candidate[0]), candidate[1])
        if len(kept) < self._num_images:
            heapq.heappush(kept, inverted)
        elif inverted > kept[0]:
            heapq.heapreplace(kept, inverted)

    def _in_turn(self) -> list[tuple[str, bytes, str]]:
        """The first images of all splits: the first of each, then the second of each, and so on."""
        ranked = [
            (rank, split, bytes(255 - byte for byte in inverted), key)
            for split, kept in self._first_of_split.items()
            for rank, (inverted, key) in enumerate(sorted(kept, reverse=True))
        ]
        return [(split, digest, key) for _, split, digest, key in sorted(ranked)]
