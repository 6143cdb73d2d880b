"""Finds the image files of a folder and its subfolders by the names that annotations give them.

Names are looked up in the folders' listings and never joined to a path.
"""

import functools
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, product
from pathlib import Path

from odapi_ssd.data.file_names import is_plain_file_name, is_unicode, path_parts
from odapi_ssd.data.folder_tree import walk_names
from odapi_ssd.data.images import IMAGE_SUFFIXES
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some

__all__ = ["ImageIndex", "describe_unused"]


class ImageIndex:
    """The listing of a tree of images, in which names from annotations are looked up."""

    def __init__(self, images_dir: Path):
        self._images_dir = images_dir
        self._unreadable: list[str] = []
        names: dict[str, list[str]] = defaultdict(list)
        for folder, name in walk_names(images_dir):
            if is_unicode(_joined(folder, name)):
                names[folder].append(name)
            elif _is_image(name):
                self._unreadable.append(_joined(folder, name))
        self._folders = {folder: _FolderListing(those) for folder, those in names.items()}

    def image_names(self) -> Iterator[str]:
        """The names of all files with an image's ending, but of those left out for their names.

        A name is a path from the folder of images, with slashes.
        """
        for folder, listing in self._folders.items():
            for name in listing.names:
                if _is_image(name):
                    yield _joined(folder, name)

    def image_paths(self) -> list[Path]:
        """The paths of the same files."""
        return list(map(self.path_of, self.image_names()))

    def left_out(self) -> list[str]:
        """The images whose path is not Unicode, quoted so that it can be printed."""
        return list(map(ascii, self._unreadable))

    def path_of(self, name: str) -> Path:
        """The path of an image of the listing."""
        return self._images_dir / name

    def name_of(self, path: Path) -> str:
        """An image's path from the folder of images, with slashes."""
        return path.relative_to(self._images_dir).as_posix()

    def unique_name_of(self, path: Path) -> str:
        """An image's file name if no other image of the tree has it in any letter case.

        Else its path from the folder of images: names of different images are different.
        """
        is_only = len(self._by_folded_file_name.get(path.name.casefold(), ())) == 1
        return path.name if is_only else self.name_of(path)

    def find(self, filename: str | None, stem: str, *, also_elsewhere: bool = False) -> Path:
        """The path of the image that `find_name` finds."""
        return self.path_of(self.find_name(filename, stem, also_elsewhere=also_elsewhere))

    def find_name(self, filename: str | None, stem: str, *, also_elsewhere: bool = False) -> str:
        """The name of an annotation's image: by the file name that it gives, else by a stem.

        Either may differ from the file's name in letter case; `filename` may lack the ending. An
        image in the annotation's own subfolder goes before one in none.

        Args:
            filename: a file name; or a path of whatever machine, of which the last part counts if
                no single image agrees with the whole, as in `find_by_path`; or None.
            stem: a file name without ending, such as that of the annotation's own file; with the
                annotation's subfolder before it, if it is in one: `night/0001`.
            also_elsewhere: where the images have no such subfolder, look in all others as well.

        Raises:
            OdapiError: no such image, or several that fit equally well.
        """
        folder, _, plain_stem = stem.rpartition("/")
        plain_name = filename
        if filename and not is_plain_file_name(filename):
            by_path = self._found_by_path(filename, folder)
            if len(by_path) == 1:
                return by_path[0]
            _, parts = path_parts(filename)
            plain_name = parts[-1] if parts else None
        for found in self._found_in_turn(folder, plain_name, plain_stem, also_elsewhere):
            if len(found) == 1:
                return found[0]
            if found:
                raise OdapiError(f"several images fit, expected one: {', '.join(found)}")
        asked = f"{filename!r}, nor " if filename else ""
        endings = ", ".join(IMAGE_SUFFIXES)
        where = f" in {self._images_dir.name}/{folder} or above" if folder else ""
        raise OdapiError(
            f"no image named {asked}{plain_stem!r} with one of the endings {endings}{where}"
        )

    def _found_in_turn(
        self, folder: str, filename: str | None, stem: str, also_elsewhere: bool
    ) -> Iterator[list[str]]:
        """The images that fit best in the annotation's own subfolder, in none, and elsewhere."""
        for one in dict.fromkeys((folder, "")):
            if one in self._folders:
                yield next(filter(None, self._candidates(one, filename, stem)), [])
        if also_elsewhere and (not folder or folder not in self._folders):
            everywhere = (self._candidates(one, filename, stem) for one in self._folders)
            # Of all folders first the images of that very name, then those of another case, …
            levels = (chain.from_iterable(found) for found in zip(*everywhere, strict=True))
            yield next(filter(None, map(list, levels)), [])

    def _candidates(self, folder: str, filename: str | None, stem: str) -> Iterator[list[str]]:
        """The images of a folder that fit, in lists that fit less and less."""
        for names in self._folders[folder].candidates(filename, stem):
            yield [_joined(folder, name) for name in names]

    def find_by_path(self, name: str, folder: str = "") -> Path:
        """The image that an annotation names by a path of whatever machine it was made on.

        Names that agree with the listing from their end on are the same: `train/1.jpg` is
        `1.jpg` in a folder `train`, or in the folder of images itself. The folders of absolute
        paths, of URLs and above a `..` say nothing where they differ from those here. Letter case
        counts only where it decides. The ending may be missing.

        Args:
            name: a path with slashes or backslashes, relative or not, or a URL.
            folder: where the image should be, with slashes; only if it is not there is the whole
                tree looked through.

        Raises:
            OdapiError: no such image, or several that fit equally well.
        """
        found = self._found_by_path(name, folder)
        if len(found) == 1:
            return self.path_of(found[0])
        if found:
            raise OdapiError(f"several images fit {name!r}, expected one: {', '.join(found)}")
        if not path_parts(name)[1]:
            raise OdapiError(f"{name!r} is not the name of an image")
        raise OdapiError(f"no image {name!r} in {self._images_dir.name}")

    def _found_by_path(self, name: str, folder: str) -> list[str]:
        """The images that fit a path best, of which those in a folder go first; empty for none."""
        is_absolute, parts = path_parts(name)
        if not parts:
            return []
        last = parts[-1].casefold()
        candidates = [[(one, one) for one in self._by_folded_file_name.get(last, ())]]
        if not _is_image(last):
            stems = self._by_folded_stem.get(last, ())
            candidates.append([(os.path.splitext(one)[0], one) for one in stems])
        folds: tuple[Callable[[str], str], ...] = (str, str.casefold)
        for base in dict.fromkeys((folder, "")):
            prefix = f"{base}/" if base else ""
            for those, fold in product(candidates, folds):
                inside = [
                    ([fold(part) for part in path.removeprefix(prefix).split("/")], one)
                    for path, one in those
                    if path.startswith(prefix)
                ]
                found = _best_matches(inside, [fold(part) for part in parts], is_absolute)
                if found:
                    return found
        return []

    @functools.cached_property
    def _by_folded_file_name(self) -> Mapping[str, Sequence[str]]:
        """The names of images by their last part in lower case."""
        return _grouped((name.rpartition("/")[2].casefold(), name) for name in self.image_names())

    @functools.cached_property
    def _by_folded_stem(self) -> Mapping[str, Sequence[str]]:
        """The names of images by their last part without its ending, in lower case."""
        return _grouped(
            (os.path.splitext(last)[0], name)
            for last, names in self._by_folded_file_name.items()
            for name in names
        )


def describe_unused(unannotated: Sequence[str], left_out: Sequence[str]) -> list[str]:
    """Warnings about images of a dataset that are in none of its examples.

    Args:
        unannotated: the names of images without an annotation.
        left_out: the names of images whose path is not Unicode, as `ImageIndex.left_out` has them.
    """
    lines = []
    if unannotated:
        what = count_of(
            len(unannotated),
            "image has no annotation and is",
            "images have no annotation and are",
        )
        lines.append(f"{what} left out: {list_some(unannotated)}")
    if left_out:
        what = count_of(len(left_out), "image is", "images are")
        names = list_some(left_out)
        lines.append(f"{what} left out, as the name is not UTF-8; rename to use: {names}")
    return lines


def _best_matches(
    candidates: Iterable[tuple[Sequence[str], str]], parts: Sequence[str], is_absolute: bool
) -> list[str]:
    """The names whose path agrees with the longest end of the one asked for.

    Args:
        candidates: the parts of a path, and its name.
        parts: those of the path asked for.
        is_absolute: whether its folders say nothing where they differ.
    """
    best: dict[int, list[str]] = defaultdict(list)
    for here, name in candidates:
        length = _common_end(here, parts)
        if length and (is_absolute or length == min(len(here), len(parts))):
            best[length].append(name)
    return best[max(best)] if best else []


def _common_end(first: Sequence[str], second: Sequence[str]) -> int:
    """How many items two sequences have in common, counted from their ends."""
    pairs = zip(reversed(first), reversed(second), strict=False)
    return next(
        (n for n, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second))
    )


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _is_image(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES


class _FolderListing:
    """The names of the files of one folder, looked up as they are, in other cases, by their stems.

    Most annotations give the very name, so that the other mappings are rarely made: they would
    take ten times the memory of the names.

    Attributes:
        names: of all files.
    """

    def __init__(self, names: Sequence[str]):
        self.names = names
        self._known = frozenset(names)

    def candidates(self, filename: str | None, stem: str) -> Iterator[Sequence[str]]:
        """The names that fit, in lists that fit less and less; mostly the first decides."""
        if filename:
            yield [filename] if filename in self._known else []
            yield self._by_folded_name.get(filename.casefold(), ())
        if filename and not _is_image(filename):
            yield self._by_stem.get(filename, ())
            yield self._by_folded_stem.get(filename.casefold(), ())
        yield self._by_stem.get(stem, ())
        yield self._by_folded_stem.get(stem.casefold(), ())

    @functools.cached_property
    def _by_folded_name(self) -> Mapping[str, Sequence[str]]:
        return _grouped((name.casefold(), name) for name in self.names)

    @functools.cached_property
    def _by_stem(self) -> Mapping[str, Sequence[str]]:
        return _grouped((os.path.splitext(name)[0], name) for name in filter(_is_image, self.names))

    @functools.cached_property
    def _by_folded_stem(self) -> Mapping[str, Sequence[str]]:
        stems = ((stem.casefold(), names) for stem, names in self._by_stem.items())
        return _grouped((stem, name) for stem, names in stems for name in names)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, tuple[str, ...]] = {}
    for key, name in pairs:
        grouped[key] = (*grouped.get(key, ()), name)
    return grouped
