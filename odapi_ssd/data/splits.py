"""Says which example goes into which split: the dataset's own lists, or a deterministic division.

In the VOC layout `ImageSets/Main/<split>.txt` lists stems; the class-wise files beside them
(`aeroplane_train.txt`, lines ending in 1, 0 or -1) are no splits. `trainval` repeats the other
two, so it is taken only when named, or to make `train` of it where there is no such list.
"""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.formats.voc_xml import is_plain_file_name
from odapi_ssd.data.images import IMAGE_SUFFIXES
from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.messages import count_of

__all__ = ["SplitPlan", "divide_stems", "plan_splits", "read_split_lists"]

_DEFAULT_VAL_FRACTION = 0.2
_USUAL_ORDER = ("train", "val", "test")
_CLASS_WISE_LINE = re.compile(r"\S.*\s(-1|0|1)")


@dataclass(frozen=True)
class SplitPlan:
    """Which stems make which split.

    Attributes:
        stems: by split, each stem once; the order is that of the records.
        faults: lines of the lists that name no annotation, one message each.
        warnings: what the user should know.
    """

    stems: Mapping[str, tuple[str, ...]]
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_splits(
    split_lists_dir: Path | None,
    annotation_stems: Sequence[str],
    split_names: Sequence[str] | None = None,
    val_fraction: float | None = None,
) -> SplitPlan:
    """Chooses the splits to write.

    Args:
        split_lists_dir: the folder of the lists; None if the dataset has none.
        annotation_stems: the stems of all annotations, sorted.
        split_names: the splits wanted; None for all that the dataset defines except `trainval`,
            of which `train`, and `val` if need be, are made where there is no `train`.
        val_fraction: share of `val` in 0..1, exclusive, where the dataset defines none.

    Raises:
        OdapiError: a wanted split does not exist or is empty, or there is too little to divide.
        OptionError: val_fraction is not between 0 and 1.
    """
    lists = read_split_lists(split_lists_dir) if split_lists_dir is not None else {}
    known = frozenset(annotation_stems)
    warnings = _describe_unlisted(lists, known)
    is_dividing = not lists
    if not lists:
        lists = divide_stems(annotation_stems, val_fraction)
    elif split_names is None and lists.get("trainval") and not lists.get("train"):
        is_dividing = not lists.get("val")
        lists = _make_train(lists, known, val_fraction)
        rest = "divided into 'train' and 'val'" if is_dividing else "taken, without 'val', for it"
        warnings.append(f"There is no list of split 'train'; 'trainval' is {rest}.")
    if val_fraction is not None and not is_dividing:
        warnings.append("--val_fraction has no effect: the dataset defines its splits.")
    wanted = _choose(lists, split_names)
    if split_names is None:
        warnings += _describe_lost(lists, wanted, known)
    warnings += [
        f"The list of split {name!r} is empty; it is left out."
        for name in wanted
        if not lists[name]
    ]
    plan: dict[str, tuple[str, ...]] = {}
    faults: list[str] = []
    for name in wanted:
        if lists[name]:
            plan[name] = _resolve(name, lists[name], known, faults, warnings)
    if not plan:
        raise OdapiError(f"All lists of splits in {split_lists_dir} are empty.")
    return SplitPlan(plan, tuple(faults), tuple(warnings))


def read_split_lists(split_lists_dir: Path) -> dict[str, list[str]]:
    """The lines of each list, stripped, without blank ones; class-wise lists left out.

    Raises:
        OdapiError: a list cannot be read as UTF-8 text.
    """
    lists = {}
    for path in sorted(split_lists_dir.iterdir()):
        if path.suffix.lower() != ".txt" or path.name.startswith(".") or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise OdapiError(f"The list of a split {path} cannot be read: {error}") from error
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        is_class_wise = "_" in path.stem and all(map(_CLASS_WISE_LINE.fullmatch, lines))
        if not (is_class_wise and lines):
            lists[path.stem] = lines
    return lists


def divide_stems(stems: Sequence[str], val_fraction: float | None = None) -> dict[str, list[str]]:
    """Divides stems into `train` and `val`, the same on every machine and in every run.

    Stems are ordered by a hash of their name, so a picture that is added moves few others. Each of
    the two gets at least one.

    Args:
        stems: in any order.
        val_fraction: the share of `val`, above 0 and below 1; None for 0.2.

    Raises:
        OdapiError: fewer than two stems.
        OptionError: val_fraction is not between 0 and 1.
    """
    require_val_fraction(val_fraction)
    fraction = _DEFAULT_VAL_FRACTION if val_fraction is None else val_fraction
    if len(stems) < 2:
        raise OdapiError(
            f"{len(stems)} annotated image cannot be divided into 'train' and 'val', expected 2.",
            hint="add images, or list this one in ImageSets/Main/train.txt.",
        )
    ordered = sorted(stems, key=lambda stem: hashlib.sha256(stem.encode()).digest())
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


def _describe_unlisted(lists: Mapping[str, list[str]], stems: Collection[str]) -> list[str]:
    listed = {_line_to_stem(line, stems) for lines in lists.values() for line in lines}
    num_unlisted = len(set(stems) - listed)
    if not lists or not num_unlisted:
        return []
    what = count_of(num_unlisted, "annotation is", "annotations are")
    return [f"{what} in no list of ImageSets/Main and left out."]


def _make_train(
    lists: Mapping[str, list[str]], stems: Collection[str], val_fraction: float | None
) -> dict[str, list[str]]:
    """Lists whose `train`, and `val` if there is none, come from `trainval`."""
    others = {name: lines for name, lines in lists.items() if name != "trainval"}
    # Once each: of two lines with the same stem one would go to `train` and one to `val`.
    lines = list({_line_to_stem(line, stems): line for line in lists["trainval"]}.values())
    if not others.get("val"):
        return {**others, **divide_stems(lines, val_fraction)}
    held_out = {_line_to_stem(line, stems) for line in others["val"]}
    return {**others, "train": [ln for ln in lines if _line_to_stem(ln, stems) not in held_out]}


def _describe_lost(
    lists: Mapping[str, list[str]], wanted: Collection[str], stems: Collection[str]
) -> list[str]:
    """Warnings about stems that only a list names which is not taken."""
    taken = {_line_to_stem(line, stems) for name in wanted for line in lists[name]}
    warnings = []
    for name in sorted(set(lists) - set(wanted)):
        lost = ({_line_to_stem(line, stems) for line in lists[name]} & set(stems)) - taken
        if lost:
            what = count_of(len(lost), "image is", "images are")
            warnings.append(
                f"{what} in the list {name!r} alone and left out; --splits {name} takes that list."
            )
    return warnings


def _line_to_stem(line: str, stems: Collection[str]) -> str:
    """A list's line may carry the ending of the picture or of the annotation."""
    if line in stems or Path(line).suffix.lower() not in (*IMAGE_SUFFIXES, ".xml"):
        return line
    return Path(line).stem


def _choose(lists: Mapping[str, list[str]], split_names: Sequence[str] | None) -> list[str]:
    if split_names is None:
        names = [name for name in lists if name != "trainval"]
        return sorted(names, key=lambda name: (*_USUAL_ORDER, name).index(name))
    missing = [name for name in split_names if name not in lists]
    if missing:
        raise OdapiError(
            f"No split named {', '.join(map(repr, missing))}; this dataset has: "
            f"{', '.join(sorted(lists))}.",
            hint="without --splits, trainval is divided into train and val."
            if "trainval" in lists and "train" not in lists
            else None,
        )
    empty = [name for name in split_names if not lists[name]]
    if empty:
        raise OdapiError(f"The list of split {', '.join(map(repr, empty))} is empty.")
    return list(dict.fromkeys(split_names))


def _resolve(
    split: str,
    lines: Sequence[str],
    stems: Collection[str],
    faults: list[str],
    warnings: list[str],
) -> tuple[str, ...]:
    """Turns a list's lines into stems; notes what is wrong in `faults` and `warnings`."""
    found: dict[str, None] = {}
    num_repeated = 0
    for line in lines:
        stem = _line_to_stem(line, stems)
        if not is_plain_file_name(line):
            faults.append(f"split {split!r}: {line!r} is no plain name, expected an image's stem")
        elif stem not in stems:
            faults.append(f"split {split!r}: {line!r} has no annotation {stem}.xml")
        num_repeated += stem in found
        found[stem] = None
    if num_repeated:
        what = count_of(num_repeated, "image")
        warnings.append(f"Split {split!r} lists {what} more than once; each is taken once.")
    return tuple(stem for stem in found if stem in stems)
