"""Finds a dataset's files: the VOC layout, or flat folders.

The VOC layout is `Annotations/`, `JPEGImages/` and, mostly, `ImageSets/Main/*.txt`; the folder
given may be the one above it (`VOCdevkit`) as long as it holds a single such folder. Flat is
`images/` and `annotations/`, or XML files and pictures in one folder. Folder names count in any
letter case. Names that come out of files are looked up in the folder's listing, never joined to a
path.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.images import IMAGE_SUFFIXES
from odapi_ssd.errors import OdapiError

__all__ = ["DatasetLayout", "ImageIndex", "find_layout", "list_annotations"]

_IMAGE_FOLDERS = ("jpegimages", "images")
_EXPECTED = (
    "Annotations/*.xml with JPEGImages/ (and ImageSets/Main/*.txt), as VOC has it",
    "annotations/*.xml with images/",
    "XML files and pictures side by side in the folder itself",
)


@dataclass(frozen=True)
class DatasetLayout:
    """Where the parts of a dataset lie.

    Attributes:
        root_dir: the folder that names in messages are relative to.
        annotations_dir: holds the XML files.
        images_dir: holds the pictures.
        split_lists_dir: holds the lists of the splits; None if there is none.
        is_voc: whether this is the VOC layout (`Annotations/` and `JPEGImages/`).
    """

    root_dir: Path
    annotations_dir: Path
    images_dir: Path
    split_lists_dir: Path | None
    is_voc: bool

    def describe(self, path: Path) -> str:
        """A path for messages and for dataset.json: relative to the root, with slashes."""
        return path.relative_to(self.root_dir).as_posix()


def find_layout(data_dir: Path) -> DatasetLayout:
    """Finds out how a folder is laid out.

    Raises:
        OdapiError: no such folder, none of the known layouts, or several datasets in it.
    """
    if not data_dir.is_dir():
        what = "is no folder" if data_dir.exists() else "does not exist"
        raise OdapiError(f"The dataset folder {data_dir} {what}.")
    layout = _layout_at(data_dir)
    if layout is not None:
        return layout
    children = list(_subfolders(data_dir).values())
    devkit = _subfolders(data_dir).get("vocdevkit")
    if devkit is not None:
        children += _subfolders(devkit).values()
    layouts = [layout for child in children if (layout := _layout_at(child)) is not None]
    if len(layouts) == 1:
        return layouts[0]
    if layouts:
        raise OdapiError(
            f"The folder {data_dir} holds {len(layouts)} datasets, expected one.",
            details=[str(layout.root_dir) for layout in layouts],
            hint="give one of them.",
        )
    raise OdapiError(
        f"No annotated pictures in {data_dir}, expected one of these layouts:",
        details=_EXPECTED,
        hint="give the folder that holds these, or see what `odapi-ssd shapes` writes.",
    )


def list_annotations(layout: DatasetLayout) -> dict[str, Path]:
    """The XML files by stem, sorted.

    Raises:
        OdapiError: there are none, or two differ only in the ending's letter case.
    """
    paths: dict[str, Path] = {}
    for path in sorted(layout.annotations_dir.iterdir()):
        if not _is_xml(path):
            continue
        if not _is_unicode(path.name):
            raise OdapiError(f"The name of the annotation {path.name!r} is not UTF-8; rename it.")
        if path.stem in paths:
            raise OdapiError(
                f"Two annotations for one stem in {layout.annotations_dir}: "
                f"{paths[path.stem].name} and {path.name}."
            )
        paths[path.stem] = path
    if not paths:
        raise OdapiError(f"No XML file in {layout.annotations_dir}, expected the annotations.")
    return dict(sorted(paths.items()))


class ImageIndex:
    """The listing of one folder of pictures, in which names from annotations are looked up."""

    def __init__(self, images_dir: Path):
        files = sorted(path for path in images_dir.iterdir() if _is_unicode(path.name))
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
        """All files with a picture's ending, sorted by name."""
        return [path for paths in self._by_stem.values() for path in paths]

    def find(self, filename: str | None, stem: str) -> Path:
        """The picture of one annotation: by `<filename>`, else by the XML's stem.

        `<filename>` may differ in letter case or lack the ending.

        Args:
            filename: a plain file name, or None.
            stem: the annotation file's name without ".xml".

        Raises:
            OdapiError: no such picture, or several that fit equally well.
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


def _layout_at(root_dir: Path) -> DatasetLayout | None:
    folders = _subfolders(root_dir)
    annotations_dir = folders.get("annotations")
    split_lists_dir = (
        _subfolders(folders["imagesets"]).get("main") if "imagesets" in folders else None
    )
    if annotations_dir is not None:
        for name in _IMAGE_FOLDERS:
            if name in folders:
                is_voc = name == "jpegimages"
                return DatasetLayout(
                    root_dir, annotations_dir, folders[name], split_lists_dir, is_voc
                )
    if any(_is_xml(path) for path in root_dir.iterdir()):
        return DatasetLayout(root_dir, root_dir, root_dir, split_lists_dir, False)
    return None


def _subfolders(folder: Path) -> dict[str, Path]:
    """Subfolders by lower-case name, sorted; hidden ones left out."""
    children = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return {path.name.lower(): path for path in children if path.is_dir()}


def _is_unicode(name: str) -> bool:
    """False for file names in another encoding, which neither JSON nor a terminal takes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_xml(path: Path) -> bool:
    # A name with a leading dot is no annotation: macOS leaves "._name.xml" beside each copied file.
    return path.suffix.lower() == ".xml" and not path.name.startswith(".") and path.is_file()
