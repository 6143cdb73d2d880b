"""Finds the image files of one folder by the names that annotations give them.

Names are looked up in the folder's listing and never joined to a path.
"""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from odapi_ssd.data.file_names import is_unicode
from odapi_ssd.data.images import IMAGE_SUFFIXES
from odapi_ssd.errors import OdapiError

__all__ = ["ImageIndex"]


class ImageIndex:
    """The listing of one folder of images, in which names from annotations are looked up."""

    def __init__(self, images_dir: Path):
        files = sorted(path for path in images_dir.iterdir() if is_unicode(path.name))
        self._by_name = {
            path.name: path for path in files if path.is_file() and not path.name.startswith(".")
        }
        self._by_folded_name: Mapping[str, list[Path]] = defaultdict(list)
        self._by_stem: Mapping[str, list[Path]] = defaultdict(list)
        self._by_folded_stem: Mapping[str, list[Path]] = defaultdict(list)
        for name, path in self._by_name.items():
            self._by_folded_name[name.casefold()].append(path)
            if path.suffix.lower() in IMAGE_SUFFIXES:
                self._by_stem[path.stem].append(path)
                self._by_folded_stem[path.stem.casefold()].append(path)

    def image_paths(self) -> list[Path]:
        """All files with an image's ending."""
        return [path for paths in self._by_stem.values() for path in paths]

    def find(self, filename: str | None, stem: str) -> Path:
        """The image of one annotation: by the name that the annotation gives, else by a stem.

        Either may differ from the file's name in letter case; `filename` may lack the ending.

        Args:
            filename: a plain file name, or None.
            stem: a file name without ending, such as that of the annotation's own file.

        Raises:
            OdapiError: no such image, or several that fit equally well.
        """
        for found in self._candidates(filename, stem):
            if len(found) == 1:
                return found[0]
            if found:
                names = ", ".join(path.name for path in found)
                raise OdapiError(f"several images fit, expected one: {names}")
        asked = f"{filename!r}, nor " if filename else ""
        endings = ", ".join(IMAGE_SUFFIXES)
        raise OdapiError(f"no image named {asked}{stem!r} with one of the endings {endings}")

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
