"""Plans which image goes into which split: the dataset's own splits, or a deterministic division.

`trainval` repeats `train` and `val`, so it is taken only when named, or to make `train` of it where
there is no such split.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from odapi_ssd.data.dataset import Dataset, SplitEntry
from odapi_ssd.data.faults import Fault
from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.messages import count_of

__all__ = ["SplitPlan", "divide_names", "plan_splits", "require_val_fraction"]

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
    """

    splits: Mapping[str, tuple[str, ...]]
    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_splits(
    dataset: Dataset,
    split_names: Sequence[str] | None = None,
    val_fraction: float | None = None,
) -> SplitPlan:
    """Chooses the splits to write.

    Args:
        dataset: whose keys and splits count; `splits` is empty where it defines none.
        split_names: the splits wanted; None for all that the dataset defines except `trainval`,
            of which `train`, and `val` if need be, are made where there is no `train`.
        val_fraction: share of `val` in 0..1, exclusive, where the dataset defines none.

    Raises:
        OdapiError: the dataset's splits cannot be read, a wanted split does not exist or is empty,
            or there is too little to divide.
        OptionError: val_fraction is not between 0 and 1.
    """
    if dataset.split_faults:
        raise OdapiError(
            f"The splits of {dataset.root_dir} cannot be read:", details=dataset.split_faults
        )
    known = frozenset(dataset.keys)
    warnings = _describe_unlisted(dataset.splits, known)
    splits = _resolve_splits(dataset, split_names, val_fraction, warnings)
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
    )


def divide_names(names: Iterable[str], val_fraction: float | None = None) -> dict[str, list[str]]:
    """Divides names into `train` and `val`, the same on every machine and in every run.

    They are ordered by their hash, so an image that is added moves few others. Each of the two gets
    at least one.

    Args:
        names: in any order.
        val_fraction: the share of `val`, above 0 and below 1; None for 0.2.

    Raises:
        OdapiError: fewer than two names.
        OptionError: val_fraction is not between 0 and 1.
    """
    require_val_fraction(val_fraction)
    fraction = _DEFAULT_VAL_FRACTION if val_fraction is None else val_fraction
    ordered = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    if len(ordered) < 2:
        raise OdapiError(
            f"{count_of(len(ordered), 'annotated image')} cannot be divided into 'train' and "
            "'val', expected at least 2.",
            hint="add images, or define the split 'train' in the dataset.",
        )
    num_val = min(max(round(len(ordered) * fraction), 1), len(ordered) - 1)
    return {"train": ordered[num_val:], "val": ordered[:num_val]}


def require_val_fraction(val_fraction: float | None) -> None:
    """Makes sure that a share of `val` leaves something to both splits; None passes.

    Raises:
        OptionError: it is not above 0 and below 1, or NaN.
    """
    if val_fraction is not None and not 0 < val_fraction < 1:
        raise OptionError(
            "val_fraction", f"is {val_fraction}; a number above 0 and below 1 was expected."
        )


def _resolve_splits(
    dataset: Dataset,
    split_names: Sequence[str] | None,
    val_fraction: float | None,
    warnings: list[str],
) -> _Splits:
    """The dataset's splits, or those that are made where it lacks them; adds to the warnings."""
    splits: _Splits = dataset.splits
    is_dividing = not splits
    if not splits:
        splits = _divide([SplitEntry(key, key) for key in dataset.keys], val_fraction)
    elif split_names is None and splits.get("trainval") and not splits.get("train"):
        is_dividing = not splits.get("val")
        splits = _make_train(splits, val_fraction)
        rest = "divided into 'train' and 'val'" if is_dividing else "taken, without 'val', for it"
        warnings.append(f"There is no split 'train'; 'trainval' is {rest}.")
    if val_fraction is not None and not is_dividing:
        warnings.append("--val_fraction has no effect: the dataset defines its splits.")
    return splits


def _divide(
    entries: Iterable[SplitEntry], val_fraction: float | None
) -> dict[str, list[SplitEntry]]:
    """Divides entries of different images by their texts."""
    by_text = {entry.text: entry for entry in entries}
    divided = divide_names(by_text, val_fraction)
    return {split: [by_text[text] for text in texts] for split, texts in divided.items()}


def _make_train(splits: _Splits, val_fraction: float | None) -> dict[str, Sequence[SplitEntry]]:
    """Splits whose `train`, and `val` if there is none, come from `trainval`."""
    others = {name: entries for name, entries in splits.items() if name != "trainval"}
    # Once each: of two entries with the same key one would go to `train` and one to `val`.
    entries = {entry.key: entry for entry in splits["trainval"]}.values()
    if not others.get("val"):
        return {**others, **_divide(entries, val_fraction)}
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
