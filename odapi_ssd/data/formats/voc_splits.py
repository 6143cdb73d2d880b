"""VOC's lists of splits: `ImageSets/Main/<split>.txt`, and the lists per class beside them.

A class-wise list, `aeroplane_train.txt`, has a line for every image of its split: the stem, and 1,
-1 or 0 for whether an object of the class is in it, is not, or is difficult. Where there is no
`train.txt`, the images of all class-wise lists of `train` are that split.
"""

import bisect
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from odapi_ssd.data.dataset import SplitEntry
from odapi_ssd.data.file_names import is_plain_file_name, is_unicode
from odapi_ssd.data.images import IMAGE_SUFFIXES
from odapi_ssd.data.text_files import read_text
from odapi_ssd.errors import OdapiError

__all__ = ["SplitLists", "read_splits"]

_CLASS_WISE_LINE = re.compile(r"(\S.*?)\s+(-1|0|1)")


@dataclass
class SplitLists:
    """The entries by split, in the order of the lists' names, and a line about each bad list."""

    splits: dict[str, tuple[SplitEntry, ...]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read_splits(
    split_lists_dir: Path | None, keys: Collection[str], prefix: str = ""
) -> SplitLists:
    """Reads `<split>.txt`, which list stems, and class-wise lists of splits that have no other.

    Args:
        split_lists_dir: the folder of the lists; None if the dataset has none.
        keys: those of all annotations, without the prefix.
        prefix: begins the keys of the entries.

    Returns:
        The splits; faults of lists that cannot be read as UTF-8 text, or whose name is not.
    """
    found = SplitLists()
    class_wise: dict[str, dict[str, None]] = {}
    keys_of_stem = _KeysByStem(keys)
    for path in sorted(split_lists_dir.iterdir()) if split_lists_dir is not None else ():
        if path.suffix.lower() != ".txt" or path.name.startswith(".") or not path.is_file():
            continue
        if not is_unicode(path.name):
            found.faults.append(f"The name of the list of a split {path.name!a} is not UTF-8")
            continue
        try:
            text = read_text(path)
        except OdapiError as error:
            found.faults.append(f"The list of a split {error.problem}")
            continue
        lines = [_stem_in(line, keys_of_stem) for line in text.splitlines() if line.strip()]
        stems = _class_wise_stems(path.stem, lines, keys_of_stem)
        if stems is None:
            found.splits[path.stem] = _entries(lines, keys_of_stem, prefix)
        else:
            class_wise.setdefault(path.stem.rpartition("_")[2], {}).update(dict.fromkeys(stems))
    for split, union in class_wise.items():
        if split not in found.splits:
            found.splits[split] = _entries(union, keys_of_stem, prefix)
    return found


class _KeysByStem:
    """The keys that a list may mean by a stem: that one itself, else those in subfolders.

    They are the strings that were given, so that a large dataset has each of them once.
    """

    def __init__(self, keys: Collection[str]):
        self._keys, self._sorted = keys, sorted(keys)
        self._in_subfolders: dict[str, list[str]] = {}
        for key in keys:
            stem = key.rpartition("/")[2]
            if stem != key and stem not in keys:
                self._in_subfolders.setdefault(stem, []).append(key)

    def __contains__(self, stem: str) -> bool:
        return stem in self._keys or stem in self._in_subfolders

    def find(self, stem: str) -> Sequence[str]:
        if stem in self._keys:
            return (self._sorted[bisect.bisect_left(self._sorted, stem)],)
        return self._in_subfolders.get(stem, ())


def _stem_in(line: str, known: _KeysByStem) -> str:
    """What a line says without the white space around it, unless that is the stem's own."""
    return line if line in known else line.strip()


def _class_wise_stems(
    list_name: str, lines: Collection[str], known: _KeysByStem
) -> list[str] | None:
    """The stems of a class-wise list; None if it is no such list."""
    matches = [_CLASS_WISE_LINE.fullmatch(line) for line in lines]
    if "_" not in list_name or not lines or not all(matches):
        return None
    if all(line in known for line in lines):  # Stems that end so: "picture 1".
        return None
    return [match[1] for match in matches if match]


def _entries(
    lines: Collection[str], keys_of_stem: _KeysByStem, prefix: str
) -> tuple[SplitEntry, ...]:
    return tuple(_entry(line, keys_of_stem, prefix) for line in lines)


def _entry(line: str, keys_of_stem: _KeysByStem, prefix: str) -> SplitEntry:
    """A list's line, which may carry the ending of the image or of the annotation."""
    ending = Path(line).suffix
    has_ending = ending.lower() in (*IMAGE_SUFFIXES, ".xml")
    stem = line.removesuffix(ending) if has_ending and line not in keys_of_stem else line
    keys = keys_of_stem.find(stem)
    key, text = prefix + stem, prefix + line
    if len(keys) == 1:
        key = prefix + keys[0]
        return SplitEntry(key, key if text == key else text)
    if keys:
        return SplitEntry(
            key, text, f"{text!r} may be {' or '.join(keys)}, expected the subfolder before it"
        )
    if not is_plain_file_name(line):
        return SplitEntry(key, text, f"{text!r} has no annotation, expected an image's stem")
    return SplitEntry(key, text, f"{text!r} has no annotation {stem}.xml")
