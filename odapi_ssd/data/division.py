"""Divides images into `train` and `val`: stratified by class, groups together, always the same.

Iterative stratification (Sechidis, Tsoumakas, Vlahavas, "On the Stratification of Multi-label
Data", ECML PKDD 2011): classes are dealt out from the rarest to the most frequent, so that the
images of a rare class are not used up when its turn comes. Within a class the units go by the hash
that they come with, not by their number, so that one that is added moves few others.

Where everything cannot be had, this comes first: groups stay together; no split is empty; a class
of several units is in both splits; `val` has its share of the images; so it has of each class.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["DivisionUnit", "divide_units", "num_val_images"]

# Stands for the images without objects, which are spread like a class; a class has a name.
_NO_CLASS = ""

# By how many images `val` must lack each class of a unit for the unit to fill it up, pass by pass.
_SHORTAGES = (0.5, 0.0, -0.5, -1.0, -2.0, float("-inf"))


@dataclass(frozen=True, slots=True)
class DivisionUnit:
    """Images that stay together, mostly one.

    Attributes:
        order: decides which units go first; evenly distributed, such as a hash.
        keys: of the images.
        class_counts: by class, how many of the images show it.
    """

    order: bytes
    keys: tuple[str, ...]
    class_counts: Mapping[str, int]


def num_val_images(num_images: int, val_fraction: float) -> int:
    """How many of several images `val` gets: each of the two splits gets at least one."""
    return min(max(round(num_images * val_fraction), 1), num_images - 1)


def divide_units(units: Iterable[DivisionUnit], val_fraction: float) -> dict[str, list[str]]:
    """The keys of `train` and of `val`, each in the order of the units.

    Args:
        units: at least 2, in any order.
        val_fraction: the share of `val`, above 0 and below 1.

    Raises:
        ValueError: fewer than 2 units.
    """
    division = _Division(sorted(units, key=lambda unit: (unit.order, unit.keys)), val_fraction)
    division.deal_out()
    division.cover_classes()
    division.fill_up()
    division.require_both()
    return division.splits()


class _Division:
    """Units in `train` or `val`, and the counts that follow from it."""

    def __init__(self, units: Sequence[DivisionUnit], val_fraction: float):
        if len(units) < 2:
            raise ValueError(f"{len(units)} units cannot be divided, expected at least 2")
        self._units, self._fraction = units, val_fraction
        self._counts = [_with_negatives(unit) for unit in units]
        self._is_val = [False] * len(units)
        self._num_images: Counter[str] = Counter()
        self._units_of: dict[str, list[int]] = {}
        for idx, counts in enumerate(self._counts):
            for name, number in counts.items():
                self._num_images[name] += number
                self._units_of.setdefault(name, []).append(idx)
        # Rarest first; images without objects last, as they fit everywhere.
        names = sorted(self._num_images, key=lambda name: (self._num_images[name], name))
        self._names = sorted(names, key=lambda name: name == _NO_CLASS)
        self._num_in_val: Counter[str] = Counter()
        self._num_units_in_val: Counter[str] = Counter()
        self._val_size = 0
        self._wanted_size = num_val_images(sum(len(unit.keys) for unit in units), val_fraction)

    def splits(self) -> dict[str, list[str]]:
        splits: dict[str, list[str]] = {"train": [], "val": []}
        for unit, is_val in zip(self._units, self._is_val, strict=True):
            splits["val" if is_val else "train"] += unit.keys
        return splits

    def deal_out(self) -> None:
        """Gives `val` its share of each class, as far as one class after the other allows."""
        is_dealt = [False] * len(self._units)
        for name in self._names:
            wanted = self._wanted_of(name)
            for idx in self._units_of[name]:
                if is_dealt[idx]:
                    continue
                is_dealt[idx] = True
                if 2 * (wanted - self._num_in_val[name]) > self._counts[idx][name]:
                    self._move(idx)

    def cover_classes(self) -> None:
        """Brings classes of several units, of which one split has none, into both."""
        for name in self._names:
            num_units, num_in_val = len(self._units_of[name]), self._num_units_in_val[name]
            if name == _NO_CLASS or num_units < 2 or 0 < num_in_val < num_units:
                continue
            movable = [idx for idx in self._units_of[name] if self._may_move(idx)]
            if movable:
                self._move(min(movable, key=lambda idx: len(self._units[idx].keys)))

    def fill_up(self) -> None:
        """Brings `val` to its size, with units of classes that it has too few of, or too many."""
        for shortage in _SHORTAGES:
            self._fill_up(shortage)

    def _fill_up(self, shortage: float) -> None:
        is_too_small = self._val_size < self._wanted_size
        # From `val` the last go: those that the next image of their class would move anyway.
        order = range(len(self._units))
        for idx in order if is_too_small else reversed(order):
            lacking = abs(self._wanted_size - self._val_size)
            if self._is_val[idx] == is_too_small or len(self._units[idx].keys) > lacking:
                continue
            if self._shortage_of(idx) >= shortage and self._may_move(idx):
                self._move(idx)

    def require_both(self) -> None:
        """Moves the smallest unit if one of the splits is empty."""
        if len(set(self._is_val)) == 1:
            order = range(len(self._units))
            self._move(min(order, key=lambda idx: len(self._units[idx].keys)))

    def _wanted_of(self, name: str) -> int:
        """How many images of a class `val` is to have; none of a class that is in one unit."""
        number = self._num_images[name]
        wanted = round(number * self._fraction)
        if name == _NO_CLASS:
            return wanted
        return min(max(wanted, 1), number - 1) if len(self._units_of[name]) > 1 else 0

    def _shortage_of(self, idx: int) -> float:
        """How many images the split that lacks the unit lacks of its classes, at least."""
        sign = -1 if self._is_val[idx] else 1
        return min(
            sign * (self._num_images[name] * self._fraction - self._num_in_val[name])
            for name in self._counts[idx]
        )

    def _may_move(self, idx: int) -> bool:
        """Whether the split that a unit is in keeps all classes without it.

        A class that is in one unit alone is to be in `train`.
        """
        for name in self._counts[idx]:
            num_units, num_in_val = len(self._units_of[name]), self._num_units_in_val[name]
            num_here = num_in_val if self._is_val[idx] else num_units - num_in_val
            is_single = num_units == 1 and self._is_val[idx]
            if num_here < 2 and not is_single and name != _NO_CLASS:
                return False
        return True

    def _move(self, idx: int) -> None:
        """To the other split."""
        sign = -1 if self._is_val[idx] else 1
        self._is_val[idx] = not self._is_val[idx]
        self._val_size += sign * len(self._units[idx].keys)
        for name, number in self._counts[idx].items():
            self._num_in_val[name] += sign * number
            self._num_units_in_val[name] += sign


def _with_negatives(unit: DivisionUnit) -> Mapping[str, int]:
    """The counts of a unit whose images all show nothing: those of the class without a name."""
    return unit.class_counts or {_NO_CLASS: len(unit.keys)}
