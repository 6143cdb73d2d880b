"""Finds the image files of a folder and its subfolders by the names that annotations give them.

Names are looked up in the folders' listings and never joined to a path.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from odapi_ssd.data.file_names import is_unicode
from odapi_ssd.data.folder_tree import walk_files
from odapi_ssd.data.images import IMAGE_SUFFIXES
from odapi_ssd.errors import OdapiError

__all__ = ["ImageIndex"]


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

    def find(self, filename: str | None, stem: str) -> Path:
        """The image of one annotation: by the name that the annotation gives, else by a stem.

        Either may differ from the file's name in letter case; `filename` may lack the ending. An
        image in the annotation's own subfolder goes before one in none.

        Args:
            filename: a plain file name, or None.
            stem: a file name without ending, such as that of the annotation's own file; with the
                annotation's subfolder before it, if it is in one: `night/0001`.

        Raises:
            OdapiError: no such image, or several that fit equally well.
        """
        folder, _, plain_stem = stem.rpartition("/")
        for listing in (self._folders.get(one) for one in dict.fromkeys((folder, ""))):
            found = [] if listing is None else listing.find(filename, plain_stem)
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
        return next(filter(None, self._candidates(filename, stem)), [])

    def _candidates(self, filename: str | None, stem: str) -> list[list[Path]]:
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
