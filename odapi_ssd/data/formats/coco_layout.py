"""Finds the files of a COCO dataset: its JSON files, and the folder of each one's images.

Known are COCO's own layout (`annotations/instances_train2017.json` and `train2017/`), Roboflow's
(`train/_annotations.coco.json` beside the images), and single files of any name beside the images
or a folder of them. Several files are the splits of one dataset.

Source: the data format at https://cocodataset.org/#format-data.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odapi_ssd.data.file_names import is_unicode
from odapi_ssd.data.json_stream import JsonLists
from odapi_ssd.data.json_values import WrongJsonError
from odapi_ssd.data.split_folders import split_of_folder

__all__ = ["CocoFile", "CocoLayout", "find_layout"]

_PEEKED_BYTES = 64 * 1024
# Datasets in other formats have one JSON file for each image.
_MAX_FILES = 24
_TELLING_NAME = re.compile(r"coco|annotation|instances", re.IGNORECASE)
_INSTANCES = "instances_"
_IMAGE_FOLDERS = ("images", "data")
_SPLIT = re.compile(
    r"(?<![a-z])(train(?:val|ing)?|val(?:id(?:ation)?)?|minival|test(?:-dev|ing)?)(?![a-z])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CocoFile:
    """One JSON file.

    Attributes:
        path: the file.
        split: the name of the split that it is, where there are several files.
        images_dir: the folder in or below which its images are.
    """

    path: Path
    split: str
    images_dir: Path


@dataclass(frozen=True)
class CocoLayout:
    """The files of a dataset.

    Attributes:
        root_dir: the folder that names in messages are relative to.
        files: those that hold annotations of objects, sorted; at least one.
        other_files: COCO files beside them, such as captions, which are not read.
    """

    root_dir: Path
    files: tuple[CocoFile, ...]
    other_files: tuple[Path, ...] = ()


def find_layout(data_path: Path, *, max_peeks: int | None = None) -> CocoLayout | None:
    """The dataset in a folder, or that of a single file; None if there is none.

    Args:
        data_path: an existing folder or file.
        max_peeks: how many files to look into in one folder; None for as many as there are.
    """
    if data_path.is_file():
        root_dir, found, other = data_path.parent, [data_path], list[Path]()
        found = found if _is_coco(data_path) else []
    else:
        root_dir = data_path
        found, other = _find_files(data_path, max_peeks)
    if not found:
        return None
    if root_dir.name.lower() == "annotations" and all(path.parent == root_dir for path in found):
        root_dir = root_dir.parent
    splits = _name_splits(found, root_dir)
    files = tuple(
        CocoFile(path, split, _images_dir(path, split, root_dir))
        for path, split in zip(found, splits, strict=True)
    )
    return CocoLayout(root_dir, files, tuple(other))


def _find_files(data_dir: Path, max_peeks: int | None) -> tuple[list[Path], list[Path]]:
    """The files with annotations of objects, and other COCO files beside them."""
    folders = _subfolders(data_dir)
    annotations = [folder for folder in folders if folder.name.lower() == "annotations"]
    for group in (annotations, [data_dir], folders[:_MAX_FILES]):
        names = [path for folder in group for path in _json_files(folder)[:max_peeks]]
        found = [path for path in names if _is_coco(path)]
        instances = [path for path in found if path.name.lower().startswith(_INSTANCES)]
        if found:
            chosen = instances or found
            return chosen, [path for path in found if path not in chosen]
    return [], []


def _json_files(folder: Path) -> list[Path]:
    """Those that may hold all annotations of a dataset; the likely ones first."""
    with os.scandir(folder) as entries:
        names = [one.name for one in entries if one.name.lower().endswith(".json")]
    names = sorted(name for name in names if not name.startswith(".") and is_unicode(name))
    telling = [name for name in names if _TELLING_NAME.search(name)]
    if len(names) > _MAX_FILES:
        names = telling[:_MAX_FILES]
    rest = [name for name in names if name not in telling]
    paths = [folder / name for name in (*telling, *rest)]
    return [path for path in paths if path.is_file()]


def _subfolders(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        names = sorted(one.name for one in entries if one.is_dir())
    return [folder / name for name in names if not name.startswith(".") and is_unicode(name)]


def _is_coco(path: Path) -> bool:
    """Whether the beginning of a file is that of annotations in COCO's format, also captions."""
    first_items: dict[str, Any] = {}
    is_whole = False
    try:
        with JsonLists(path, _PEEKED_BYTES) as lists:
            for key, items in lists:
                if items is not None:
                    first_items[key] = None
                    first_items[key] = next(items, None)
            is_whole = True
    except WrongJsonError:
        is_whole = False  # Most often it is longer than what was read.
    except OSError:
        return False
    annotation = first_items.get("annotations")
    is_caption = isinstance(annotation, dict) and annotation.keys() >= {"image_id", "caption"}
    if is_whole:
        return first_items.keys() >= {"images", "annotations"} and (
            is_caption or "categories" in first_items
        )
    expected = {
        "images": {"id", "file_name"},
        "annotations": {"image_id", "category_id"},
    }
    return is_caption or any(
        isinstance(first_items.get(key), dict) and first_items[key].keys() >= names
        for key, names in expected.items()
    )


def _name_splits(paths: Iterable[Path], root_dir: Path) -> list[str]:
    """The names of splits that files and their folders tell; all different."""
    names = [_split_name(path, root_dir) for path in paths]
    counts = Counter(names)
    full_names = [_full_name(path, root_dir) for path in paths]
    return [
        name if counts[name] == 1 else full for name, full in zip(names, full_names, strict=True)
    ]


def _split_name(path: Path, root_dir: Path) -> str:
    """`val` of `instances_val2017.json` and of `valid/_annotations.coco.json`."""
    folders = path.parent.relative_to(root_dir).parts
    for text in (path.stem, *reversed(folders)):
        found = _SPLIT.search(text)
        if found:
            return split_of_folder(found[1]) or found[1].lower()
    return _full_name(path, root_dir)


def _full_name(path: Path, root_dir: Path) -> str:
    """The file's name without what all of them have, and the folder that it is in."""
    parts = [part for part in path.parent.relative_to(root_dir).parts if part != "annotations"]
    stem = _without_prefix(path.stem)
    return "_".join([*parts, *([] if stem == "_annotations.coco" and parts else [stem])])


def _without_prefix(stem: str) -> str:
    is_prefixed = stem.lower().startswith(_INSTANCES) and len(stem) > len(_INSTANCES)
    return stem[len(_INSTANCES) :] if is_prefixed else stem


def _images_dir(path: Path, split: str, root_dir: Path) -> Path:
    """The first folder that the file's name or split tells, else that of all images."""
    base = root_dir if path.parent.name.lower() == "annotations" else path.parent
    here = _subfolders(base)
    general = [folder for folder in here if folder.name.lower() in _IMAGE_FOLDERS]
    inside = [*here, *(one for folder in general for one in _subfolders(folder))]
    name = _without_prefix(path.stem).lower()
    candidates = (
        *(folder for folder in inside if folder.name.lower() == name),
        *(folder for folder in inside if split_of_folder(folder.name) == split),
        *general,
        base,
    )
    return candidates[0]
