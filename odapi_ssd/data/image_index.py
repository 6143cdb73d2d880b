"""Finds the image files of a folder and its subfolders by the names that annotations give them.

Names are looked up in the folders' listings and never joined to a path.
"""

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from odapi_ssd.data.file_names import is_unicode, path_parts
from odapi_ssd.data.folder_tree import walk_files
from odapi_ssd.data.images import IMAGE_SUFFIXES
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some

__all__ = ["ImageIndex", "describe_unused"]


class ImageIndex:
    """The listing of a tree of images, in which names from annotations are looked up."""

    def __init__(self, images_dir: Path):
        self._images_dir = images_dir
        self._unreadable: list[Path] = []
        files: dict[str, list[Path]] = defaultdict(list)
        for folder, path in walk_files(images_dir):
            if is_unicode(f"{folder}/{path.name}"):
                files[folder].append(path)
            elif path.suffix.lower() in IMAGE_SUFFIXES:
                self._unreadable.append(path)
        self._folders = {folder: _FolderListing(paths) for folder, paths in files.items()}

    def image_paths(self) -> list[Path]:
        """All files with an image's ending, except those that are left out for their names."""
        return [path for listing in self._folders.values() for path in listing.image_paths()]

    def left_out(self) -> list[str]:
        """The images whose path is not Unicode, quoted so that it can be printed."""
        return [ascii(self.name_of(path)) for path in self._unreadable]

    def name_of(self, path: Path) -> str:
        """An image's path from the folder of images, with slashes."""
        return path.relative_to(self._images_dir).as_posix()

    def unique_name_of(self, path: Path) -> str:
        """An image's file name if no other image of the tree has it in any letter case.

        Else its path from the folder of images: names of different images are different.
        """
        is_only = len(self._by_folded_file_name[path.name.casefold()]) == 1
        return path.name if is_only else self.name_of(path)

    def find(self, filename: str | None, stem: str, *, also_elsewhere: bool = False) -> Path:
        """The image of one annotation: by the name that the annotation gives, else by a stem.

        Either may differ from the file's name in letter case; `filename` may lack the ending. An
        image in the annotation's own subfolder goes before one in none.

        Args:
            filename: a plain file name, or None.
            stem: a file name without ending, such as that of the annotation's own file; with the
                annotation's subfolder before it, if it is in one: `night/0001`.
            also_elsewhere: where the images have no such subfolder, look in all others as well.

        Raises:
            OdapiError: no such image, or several that fit equally well.
        """
        folder, _, plain_stem = stem.rpartition("/")
        for found in self._found_in_turn(folder, filename, plain_stem, also_elsewhere):
            if len(found) == 1:
                return found[0]
            if found:
                names = ", ".join(self.name_of(path) for path in found)
                raise OdapiError(f"several images fit, expected one: {names}")
        asked = f"{filename!r}, nor " if filename else ""
        endings = ", ".join(IMAGE_SUFFIXES)
        where = f" in {self._images_dir.name}/{folder} or above" if folder else ""
        raise OdapiError(
            f"no image named {asked}{plain_stem!r} with one of the endings {endings}{where}"
        )

    def _found_in_turn(
        self, folder: str, filename: str | None, stem: str, also_elsewhere: bool
    ) -> Iterator[list[Path]]:
        """The images that fit best in the annotation's own subfolder, in none, and elsewhere."""
        for one in dict.fromkeys((folder, "")):
            if one in self._folders:
                yield self._folders[one].find(filename, stem)
        if also_elsewhere and (not folder or folder not in self._folders):
            everywhere = (one.candidates(filename, stem) for one in self._folders.values())
            # Of all folders first the images of that very name, then those of another case, …
            levels = (chain.from_iterable(found) for found in zip(*everywhere, strict=True))
            yield next(filter(None, map(list, levels)), [])

    def find_by_path(self, name: str, folder: str = "") -> Path:
        """The image that an annotation names by a path of whatever machine it was made on.

        Names that agree with the listing from their end on are the same: `train/1.jpg` is
        `1.jpg` in a folder `train`, or in the folder of images itself. The folders of absolute
        paths, of URLs and above a `..` say nothing where they differ from those here. Letter case
        counts only where it decides.

        Args:
            name: a path with slashes or backslashes, relative or not, or a URL.
            folder: where the image should be, with slashes; only if it is not there is the whole
                tree looked through.

        Raises:
            OdapiError: no such image, or several that fit equally well.
        """
        is_absolute, parts = path_parts(name)
        if not parts:
            raise OdapiError(f"{name!r} is not the name of an image")
        for base in dict.fromkeys((folder, "")):
            for fold in (str, str.casefold):
                found = self._best_matches([fold(part) for part in parts], fold, is_absolute, base)
                if len(found) == 1:
                    return found[0]
                if found:
                    names = ", ".join(self.name_of(path) for path in found)
                    raise OdapiError(f"several images fit {name!r}, expected one: {names}")
        raise OdapiError(f"no image {name!r} in {self._images_dir.name}")

    def _best_matches(
        self, parts: list[str], fold: Callable[[str], str], is_absolute: bool, base: str
    ) -> list[Path]:
        """Those in a folder whose path there agrees with the longest end of the one asked for."""
        base_dir = self._images_dir / base
        best: dict[int, list[Path]] = defaultdict(list)
        for path in self._by_folded_file_name.get(parts[-1].casefold(), ()):
            if not path.is_relative_to(base_dir):
                continue
            here = [fold(part) for part in path.relative_to(base_dir).parts]
            length = _common_end(here, parts)
            if length and (is_absolute or length == min(len(here), len(parts))):
                best[length].append(path)
        return best[max(best)] if best else []

    @functools.cached_property
    def _by_folded_file_name(self) -> Mapping[str, list[Path]]:
        found: Mapping[str, list[Path]] = defaultdict(list)
        for path in self.image_paths():
            found[path.name.casefold()].append(path)
        return found


def describe_unused(num_unannotated: int, left_out: Sequence[str]) -> list[str]:
    """Warnings about images of a dataset that are in none of its examples.

    Args:
        num_unannotated: images without an annotation.
        left_out: the names of images whose path is not Unicode, as `ImageIndex.left_out` has them.
    """
    lines = []
    if num_unannotated:
        lines.append(
            count_of(
                num_unannotated,
                "image has no annotation and is left out.",
                "images have no annotation and are left out.",
            )
        )
    if left_out:
        what = count_of(len(left_out), "image is", "images are")
        names = list_some(left_out)
        lines.append(f"{what} left out, as the name is not UTF-8; rename to use: {names}")
    return lines


def _common_end(first: Sequence[str], second: Sequence[str]) -> int:
    """How many items two sequences have in common, counted from their ends."""
    pairs = zip(reversed(first), reversed(second), strict=False)
    return next(
        (n for n, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second))
    )


class _FolderListing:
    """The files of one folder, by name and by stem."""

    def __init__(self, files: Sequence[Path]):
        self._by_name = {path.name: path for path in files}
        self._by_folded_name: Mapping[str, list[Path]] = defaultdict(list)
        self._by_stem: Mapping[str, list[Path]] = defaultdict(list)
        self._by_folded_stem: Mapping[str, list[Path]] = defaultdict(list)
        for name, path in self._by_name.items():
            self._by_folded_name[name.casefold()].append(path)
            if path.suffix.lower() in IMAGE_SUFFIXES:
                self._by_stem[path.stem].append(path)
                self._by_folded_stem[path.stem.casefold()].append(path)

    def image_paths(self) -> list[Path]:
        return [path for paths in self._by_stem.values() for path in paths]

    def find(self, filename: str | None, stem: str) -> list[Path]:
        """The images that fit best; several if they fit equally well."""
        return next(filter(None, self.candidates(filename, stem)), [])

    def candidates(self, filename: str | None, stem: str) -> list[list[Path]]:
        """The images that fit, in lists that fit less and less."""
        candidates: list[list[Path]] = []
        if filename:
            candidates.append([self._by_name[filename]] if filename in self._by_name else [])
            candidates.append(self._by_folded_name.get(filename.casefold(), []))
        if filename and Path(filename).suffix.lower() not in IMAGE_SUFFIXES:
            candidates.append(self._by_stem.get(filename, []))
            candidates.append(self._by_folded_stem.get(filename.casefold(), []))
        candidates.append(self._by_stem.get(stem, []))
        candidates.append(self._by_folded_stem.get(stem.casefold(), []))
        return candidates
