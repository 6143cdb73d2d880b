"""Plans which image goes into which split: the dataset's own splits, or a deterministic division.

A division goes by the images' content and classes (`division`, `grouping`). `trainval` repeats
`train` and `val`, so it is taken only when named, or to make `train` of it where there is no such
split.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from odapi_ssd.data.dataset import Dataset, SplitEntry, lost_entry
from odapi_ssd.data.division import divide_units, num_val_images
from odapi_ssd.data.faults import Fault
from odapi_ssd.data.grouping import compile_group_by, make_units
from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.messages import count_of

__all__ = ["SplitPlan", "plan_splits", "require_val_fraction"]

_DEFAULT_VAL_FRACTION = 0.2
_USUAL_ORDER = ("train", "val", "test")

_Splits = Mapping[str, Sequence[SplitEntry]]


@dataclass(frozen=True)
class SplitPlan:
    """The images of each split.

    Attributes:
        splits: keys of images by split, each key once; the order is that of the records.
        faults: entries of splits that name no image.
        warnings: what the user should know, one line each.
        is_division: whether `train` and `val` were divided here, not by the dataset.
    """

    splits: Mapping[str, tuple[str, ...]]
    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()
    is_division: bool = False


def plan_splits(
    dataset: Dataset,
    split_names: Sequence[str] | None = None,
    val_fraction: float | None = None,
    group_by: str | None = None,
    unusable: Collection[str] = (),
) -> SplitPlan:
    """Chooses the splits to write.

    Args:
        dataset: whose keys and splits count; `splits` is empty where it defines none.
        split_names: the splits wanted; None for all that the dataset defines except `trainval`,
            of which `train`, and `val` if need be, are made where there is no `train`.
        val_fraction: share of `val` in 0..1, exclusive, where the dataset defines none; None for
            0.2.
        group_by: a regular expression; where the dataset is divided, images in whose names it finds
            the same text stay together.
        unusable: images that a division does not count, as it does not those without a file.

    Raises:
        OdapiError: the dataset's splits cannot be read, a wanted split does not exist or is empty,
            there is too little to divide, or group_by matches no name.
        OptionError: val_fraction is not between 0 and 1, group_by is not a regular expression.
    """
    require_val_fraction(val_fraction)
    groups = compile_group_by(group_by)
    if dataset.split_faults:
        raise OdapiError(
            f"The splits of {dataset.root_dir} cannot be read:", details=dataset.split_faults
        )
    known = frozenset(dataset.keys)
    warnings = _describe_unlisted(dataset.splits, known)
    divider = _Divider(dataset, val_fraction, groups, unusable)
    splits = _resolve_splits(dataset, split_names, divider)
    warnings += divider.warnings
    wanted = _choose(splits, split_names)
    if split_names is None:
        warnings += _describe_lost(splits, wanted, known)
    warnings += [f"Split {name!r} is empty; it is left out." for name in wanted if not splits[name]]
    chosen = {name: splits[name] for name in wanted if splits[name]}
    if not chosen:
        raise OdapiError(f"All splits of {dataset.root_dir} are empty.")
    return SplitPlan(
        splits={name: _known_keys(entries, known) for name, entries in chosen.items()},
        faults=tuple(
            Fault(entry.text, f"split {name!r}: {entry.fault}")
            for name, entries in chosen.items()
            for entry in entries
            if entry.fault
        ),
        warnings=(*warnings, *_describe_repeated(chosen)),
        is_division=divider.has_divided,
    )


def require_val_fraction(val_fraction: float | None) -> None:
    """Makes sure that a share of `val` leaves something to both splits; None passes.

    Raises:
        OptionError: it is not above 0 and below 1, or NaN.
    """
    if val_fraction is not None and not 0 < val_fraction < 1:
        raise OptionError(
            "val_fraction", f"is {val_fraction}; a number above 0 and below 1 was expected."
        )


class _Divider:
    """Divides a dataset, or a part of it, and says what the user should know of that."""

    def __init__(
        self,
        dataset: Dataset,
        val_fraction: float | None,
        group_by: re.Pattern[str] | None,
        unusable: Collection[str],
    ):
        self._images, self._unusable = dataset.images, unusable
        self._missing, self._faulty = dataset.missing_images.keys(), dataset.faults.keys()
        self._val_fraction, self._group_by = val_fraction, group_by
        self.has_divided = False
        self.warnings: list[str] = []

    def divide(self, entries: Iterable[SplitEntry]) -> dict[str, list[SplitEntry]]:
        """`train` and `val` of entries of different images.

        Those that cannot be used, which are faults, are in `train`, so that they are wanted.

        Raises:
            OdapiError: there are too few.
        """
        by_key = {entry.key: entry for entry in entries}
        usable = [entry for entry in by_key.values() if self._is_usable(entry.key)]
        lost = self._lost_of(by_key)
        if len(by_key) < 2 and lost:
            # Not that there is too little to divide is the fault, but what made it so little.
            self.has_divided = True
            return {"train": [*usable, *lost], "val": lost}
        if len(usable) < 2:  # The faults of the others are what the user has to know of.
            usable = list(by_key.values())
        self._require_several(len(usable), "annotated image")
        fraction = _DEFAULT_VAL_FRACTION if self._val_fraction is None else self._val_fraction
        units, warnings = make_units(usable, self._images, fraction, self._group_by)
        self._require_several(len(units), "group of images")
        divided = divide_units(units, fraction)
        kept_together = "copies of an image" if self._group_by is None else "groups"
        self.warnings += [*warnings, *_describe_size(divided, fraction, kept_together)]
        splits = {split: [by_key.pop(key) for key in keys] for split, keys in divided.items()}
        splits["train"] += by_key.values()
        self.has_divided = True
        return splits

    def _lost_of(self, by_key: Mapping[str, SplitEntry]) -> list[SplitEntry]:
        """Entries of images with faults, and files with faults as entries of no image."""
        names = {*self._unusable, *self._missing}
        entries = {key: entry for key, entry in by_key.items() if key in names}
        return [*entries.values(), *(lost_entry(name) for name in self._faulty - entries.keys())]

    def _is_usable(self, key: str) -> bool:
        return key in self._images and key not in self._unusable

    def _require_several(self, number: int, what: str) -> None:
        if number < 2:
            raise OdapiError(
                f"{count_of(number, what)} cannot be divided into 'train' and 'val', expected at "
                "least 2.",
                hint="add images, or define the split 'train' in the dataset."
                if self._group_by is None
                else "correct --group_by, or define the split 'train' in the dataset.",
            )

    def warn_if_unused(self) -> None:
        """Adds warnings about options that only a division takes."""
        given = {"--val_fraction": self._val_fraction, "--group_by": self._group_by}
        self.warnings += [
            f"{name} has no effect: the dataset defines its splits."
            for name, value in given.items()
            if value is not None
        ]


def _describe_size(
    divided: Mapping[str, Sequence[str]], val_fraction: float, kept_together: str
) -> list[str]:
    num_val = len(divided["val"])
    num_images = num_val + len(divided["train"])
    num_wanted = num_val_images(num_images, val_fraction)
    if num_val == num_wanted:
        return []
    return [
        f"'val' has {num_val:,} of {count_of(num_images, 'image')} instead of {num_wanted:,}, as "
        f"{kept_together} stay together and each class of several images is to be in both splits."
    ]


def _resolve_splits(
    dataset: Dataset, split_names: Sequence[str] | None, divider: _Divider
) -> _Splits:
    """The dataset's splits, or those that are made where it lacks them."""
    splits: _Splits = dataset.splits
    if not splits:
        return divider.divide(SplitEntry(key, key) for key in dataset.keys)
    if split_names is None and splits.get("trainval") and not splits.get("train"):
        is_dividing = not splits.get("val")
        rest = "divided into 'train' and 'val'" if is_dividing else "taken, without 'val', for it"
        divider.warnings.append(f"There is no split 'train'; 'trainval' is {rest}.")
        splits = _make_train(splits, divider)
        if is_dividing:
            return splits
    divider.warn_if_unused()
    return splits


def _make_train(splits: _Splits, divider: _Divider) -> dict[str, Sequence[SplitEntry]]:
    """Splits whose `train`, and `val` if there is none, come from `trainval`."""
    others = {name: entries for name, entries in splits.items() if name != "trainval"}
    # Once each: of two entries with the same key one would go to `train` and one to `val`.
    entries = {entry.key: entry for entry in splits["trainval"]}.values()
    if not others.get("val"):
        return {**others, **divider.divide(entries)}
    held_out = _keys_in([others["val"]])
    return {**others, "train": [entry for entry in entries if entry.key not in held_out]}


def _choose(splits: _Splits, split_names: Sequence[str] | None) -> list[str]:
    if split_names is None:
        names = [name for name in splits if name != "trainval"]
        return sorted(names, key=lambda name: (*_USUAL_ORDER, name).index(name))
    missing = [name for name in split_names if name not in splits]
    if missing:
        raise OdapiError(
            f"No split named {', '.join(map(repr, missing))}; this dataset has: "
            f"{', '.join(sorted(splits))}.",
            hint="without --splits, trainval is divided into train and val."
            if "trainval" in splits and "train" not in splits
            else None,
        )
    empty = [name for name in split_names if not splits[name]]
    if empty:
        raise OdapiError(f"Split {', '.join(map(repr, empty))} is empty.")
    return list(dict.fromkeys(split_names))


def _describe_unlisted(splits: _Splits, known: Collection[str]) -> list[str]:
    num_unlisted = len(set(known) - _keys_in(splits.values()))
    if not splits or not num_unlisted:
        return []
    what = count_of(num_unlisted, "annotation is", "annotations are")
    return [f"{what} in none of the dataset's splits and left out."]


def _describe_lost(splits: _Splits, wanted: Collection[str], known: Collection[str]) -> list[str]:
    """Warnings about images that are only in a split which is not taken."""
    taken = _keys_in(splits[name] for name in wanted)
    warnings = []
    for name in sorted(set(splits) - set(wanted)):
        lost = (_keys_in([splits[name]]) & set(known)) - taken
        if lost:
            what = count_of(len(lost), "image is", "images are")
            warnings.append(
                f"{what} in split {name!r} alone and left out; --splits {name} takes that split."
            )
    return warnings


def _describe_repeated(splits: _Splits) -> list[str]:
    warnings = []
    for name, entries in splits.items():
        num_repeated = len(entries) - len(_keys_in([entries]))
        if num_repeated:
            what = count_of(num_repeated, "image")
            warnings.append(f"Split {name!r} lists {what} more than once; each is taken once.")
    return warnings


def _keys_in(splits: Iterable[Iterable[SplitEntry]]) -> set[str]:
    return {entry.key for entries in splits for entry in entries}


def _known_keys(entries: Iterable[SplitEntry], known: Collection[str]) -> tuple[str, ...]:
    """The keys of the images, each once, in the order of their first entries."""
    return tuple(dict.fromkeys(entry.key for entry in entries if entry.key in known))
