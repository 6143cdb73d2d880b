"""A folder and those below it, with how many XML files and images each holds, by their names."""

import functools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.images import IMAGE_SUFFIXES
from odapi_ssd.data.xml_root import root_tag

__all__ = ["FolderTree", "scan_tree"]

# Deeper folders are read with those above them, but no dataset is looked for in them.
_MAX_DEPTH = 10
_MAX_LOOKED_INTO = 10
# Their images are masks of those in other folders.
_MASK_FOLDERS = ("masks", "segmentationclass", "segmentationobject", "trimaps")


@dataclass(frozen=True)
class FolderTree:
    """A folder, and the folders in it.

    Attributes:
        path: the folder.
        xml_names: its first XML files by name, of which one tells whether they are annotations.
        num_xml: its XML files.
        num_images: its images, by the endings of their names; 0 for a folder of masks.
        num_pairs: its images that have an XML file of the same stem beside them.
        subfolders: by name, sorted.
    """

    path: Path
    xml_names: tuple[str, ...]
    num_xml: int
    num_images: int
    num_pairs: int
    subfolders: Mapping[str, "FolderTree"]

    @functools.cached_property
    def has_annotations(self) -> bool:
        """Whether the XML files of the folder itself are VOC's, as the root of one shows."""
        return "annotation" in self._tags

    @property
    def may_have_annotations(self) -> bool:
        """Whether they may be VOC's, as all that were looked into are too damaged to tell."""
        return self.num_xml > 0 and not any(self._tags)

    @functools.cached_property
    def _tags(self) -> list[str | None]:
        tags = [root_tag(self.path / name) for name in self.xml_names[:1]]
        if tags != ["annotation"]:
            tags += [root_tag(self.path / name) for name in self.xml_names[1:]]
        return tags

    def folders(self) -> Iterator["FolderTree"]:
        """The folder and all below it."""
        yield self
        for one in self.subfolders.values():
            yield from one.folders()


def scan_tree(root_dir: Path) -> FolderTree:
    """Lists the folders below one, hidden ones left out.

    Links are followed, but no folder is listed twice. A folder that cannot be read is empty here;
    reading the dataset tells of it.
    """
    return _scan(root_dir, 0, set())


def _scan(folder: Path, depth: int, seen: set[tuple[int, int]]) -> FolderTree:
    names, subfolder_names = _list_folder(folder, seen)
    xml_stems = {name[:-4] for name in names if name.lower().endswith(".xml")}
    image_stems = [
        stem for stem, suffix in map(os.path.splitext, names) if suffix.lower() in IMAGE_SUFFIXES
    ]
    if folder.name.lower() in _MASK_FOLDERS:
        image_stems = []
    xml_names = sorted(name for name in names if name.lower().endswith(".xml"))
    return FolderTree(
        path=folder,
        xml_names=tuple(xml_names[:_MAX_LOOKED_INTO]),
        num_xml=len(xml_names),
        num_images=len(image_stems),
        num_pairs=sum(stem in xml_stems for stem in image_stems),
        subfolders={
            name: _scan(folder / name, depth + 1, seen)
            for name in (subfolder_names if depth < _MAX_DEPTH else ())
        },
    )


def _list_folder(folder: Path, seen: set[tuple[int, int]]) -> tuple[list[str], list[str]]:
    """The names of a folder's files and of its subfolders, these sorted; none if it was seen."""
    names: list[str] = []
    subfolder_names: list[str] = []
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in seen:
            return [], []
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.startswith("."):
                    (subfolder_names if entry.is_dir() else names).append(entry.name)
    except OSError:
        return [], []
    return names, sorted(subfolder_names)
