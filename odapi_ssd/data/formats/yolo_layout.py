"""Finds the files of a YOLO dataset: each image's labels, and the images of each split.

The labels of `…/images/…/1.jpg` are in `…/labels/…/1.txt` (`images/train` and `labels/train`, or
Roboflow's `train/images` and `train/labels`), or else beside it, as Darknet has them.

Paths in the dataset's files are those of the machine that it was made on. They are looked up in the
folder's own listing, from their end on, and never followed out of it.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from odapi_ssd.data.dataset import SplitEntry
from odapi_ssd.data.file_names import is_unicode, path_parts
from odapi_ssd.data.folder_tree import shallow_files, walk_files
from odapi_ssd.data.formats.yolo_config import CLASS_LISTS, YoloConfig, list_class_lists
from odapi_ssd.data.image_index import ImageIndex
from odapi_ssd.data.numbers import finite_number
from odapi_ssd.data.split_folders import split_of_folder
from odapi_ssd.data.text_files import decode_text, read_text
from odapi_ssd.errors import OdapiError

__all__ = ["LabelFiles", "SplitResolver", "has_labels", "record_names", "without_layout"]

_IMAGE_FOLDERS = ("images", "imgs", "img", "jpegimages")
_LABEL_FOLDER = "labels"
_HEAD_BYTES = 4096
_MAX_LOOKED_INTO = 20


def has_labels(data_dir: Path) -> bool:
    """Whether a folder has labels in a folder for them, or those of images and a list of classes.

    Without a list of classes only the rows tell, of which one that is faulty must not decide: the
    first row of any file counts. With one, labels are known by the names of their images, whatever
    is in them.
    """
    has_list = bool(list_class_lists(data_dir))
    candidates = (
        path
        for path in shallow_files(data_dir, ".txt")
        if _is_labels(path.relative_to(data_dir).as_posix(), has_list)
    )
    looked_into = list(itertools.islice(candidates, _MAX_LOOKED_INTO))
    if any(map(_begins_with_row, looked_into)):
        return True
    return has_list and bool(looked_into) and _has_labelled_image(data_dir)


class LabelFiles:
    """The text files of a folder, by their paths from it, some of which are labels of images."""

    def __init__(self, data_dir: Path):
        self.paths: dict[str, Path] = {}
        for _, path in walk_files(data_dir):
            name = path.relative_to(data_dir).as_posix()
            if path.suffix.lower() == ".txt" and is_unicode(name):
                self.paths[name] = path

    def find(self, image_name: str) -> str | None:
        """The labels of an image, by the image's path; None if it has none."""
        return next((name for name in _label_names(image_name) if name in self.paths), None)

    def unused(self, used: Iterable[str]) -> list[str]:
        """Files in folders of labels that are of no image, in their order."""
        others = sorted(self.paths.keys() - set(used))
        return [name for name in others if _is_labels(name)]


class SplitResolver:
    """Finds the images that the entries of splits mean.

    Attributes:
        unresolved: a line about each entry that is nothing in this folder.
    """

    def __init__(self, config: YoloConfig, index: ImageIndex, labels: LabelFiles):
        self.unresolved: dict[str, str] = {}
        self._config, self._index, self._texts = config, index, labels.paths
        self._names = [index.name_of(path) for path in index.image_paths()]
        self._folders = {
            parent.as_posix() for name in self._names for parent in PurePosixPath(name).parents
        }

    def resolve(self) -> dict[str, tuple[SplitEntry, ...]]:
        """The entries of each split, an image each."""
        others = {
            key: entries
            for key, entries in self._config.others.items()
            if all(self._find_place(entry) not in (None, ".") for entry in entries)
        }
        return {
            split: tuple(one for entry in entries for one in self._resolve_entry(split, entry))
            for split, entries in {**self._config.splits, **others}.items()
        }

    def _resolve_entry(self, split: str, entry: str) -> Iterator[SplitEntry]:
        place = self._find_place(entry)
        if place is None:
            self.unresolved[split] = (
                f"{self._config.source}: {split} is {entry!r}, which is not in this folder"
            )
        elif place in self._texts:
            yield from self._read_list(place)
        else:
            prefix = "" if place == "." else f"{place}/"
            yield from (SplitEntry(name, name) for name in self._names if name.startswith(prefix))

    def _find_place(self, entry: str) -> str | None:
        return next((one for one in self._places(entry) if self._is_known(one)), None)

    def _places(self, entry: str) -> Iterator[str]:
        """Where an entry may be here: with the base's folders, then with fewer and fewer."""
        is_outside, parts = path_parts(entry)
        base = [] if is_outside else path_parts(self._config.base)[1]
        for start in range(len(base) + len(parts)):
            yield "/".join([*base, *parts][start:])
        if not parts and not is_outside:  # But `../..` and `/` are folders around this one.
            yield "."

    def _is_known(self, place: str) -> bool:
        return place in self._folders or place in self._texts

    def _read_list(self, name: str) -> Iterator[SplitEntry]:
        try:
            lines = read_text(self._texts[name], name).splitlines()
        except OdapiError as error:
            yield SplitEntry("", name, error.problem)
            return
        for line in filter(None, map(str.strip, lines)):
            try:
                key = self._index.name_of(self._index.find_by_path(line))
            except OdapiError as error:
                yield SplitEntry(line, line, f"{name}: {error.problem}")
            else:
                yield SplitEntry(key, line)


def record_names(image_names: Iterable[str], splits: Iterable[str] = ()) -> dict[str, str]:
    """The names in records of images, by their paths: without the folders of all images or a split.

    Of images that would have the same name each keeps its path.

    Args:
        image_names: the images' paths.
        splits: names of splits beside the usual ones.
    """
    names = {name: without_layout(name, splits) for name in image_names}
    counts = Counter(name.casefold() for name in names.values())
    return {path: name if counts[name.casefold()] == 1 else path for path, name in names.items()}


def without_layout(image_name: str, splits: Iterable[str] = ()) -> str:
    """An image's path without the folders of all images, or of a split, that it begins with.

    Args:
        image_name: the path, with slashes.
        splits: names of splits beside the usual ones.
    """
    *folders, name = image_name.split("/")
    is_layout = (
        one.lower() in _IMAGE_FOLDERS or one in splits or split_of_folder(one) is not None
        for one in folders
    )
    num_left_out = next((place for place, known in enumerate(is_layout) if not known), len(folders))
    return "/".join([*folders[num_left_out:], name])


def _label_names(image_name: str) -> Iterator[str]:
    """Where the labels of an image may be: in a folder of labels, then beside it."""
    parts = image_name.split("/")
    parts[-1] = f"{PurePosixPath(image_name).stem}.txt"
    for place in range(len(parts) - 2, -1, -1):
        if parts[place].lower() in _IMAGE_FOLDERS:
            yield "/".join([*parts[:place], _LABEL_FOLDER, *parts[place + 1 :]])
    yield "/".join([*parts[:-1], _LABEL_FOLDER, parts[-1]])
    yield "/".join(parts)


def _is_labels(name: str, is_anywhere: bool = False) -> bool:
    """Whether a text file is the labels of an image, by its path: in a folder for them, or not."""
    *folders, file_name = name.split("/")
    is_other = file_name in CLASS_LISTS or file_name.lower().startswith("readme")
    is_list = not folders and split_of_folder(PurePosixPath(file_name).stem) is not None
    return (is_anywhere or _LABEL_FOLDER in folders) and not is_other and not is_list


def _has_labelled_image(data_dir: Path) -> bool:
    """Whether any image of a folder has a file of labels."""
    labels = LabelFiles(data_dir)
    found = map(labels.find, ImageIndex(data_dir).image_names())
    return any(name is not None and _is_labels(name, is_anywhere=True) for name in found)


def _begins_with_row(path: Path) -> bool:
    """Whether a file begins with a row of labels; an empty one, of no objects, does not."""
    values = _head(path).partition("\n")[0].split()
    return len(values) >= 5 and None not in map(finite_number, values)


def _head(path: Path) -> str:
    """The beginning of a file without its first empty lines; empty if it is not text."""
    try:
        with path.open("rb") as file:
            return decode_text(file.read(_HEAD_BYTES), "ignore").lstrip()
    except OSError:
        return ""
