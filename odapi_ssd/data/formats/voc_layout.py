"""Finds the files of a VOC dataset: in VOC's own layout, or in flat folders.

VOC's layout is `Annotations/`, `JPEGImages/` and, mostly, `ImageSets/Main/*.txt`; the folder given
may be the one above it (`VOCdevkit`) as long as it holds a single such folder. Flat is `images/`
and `annotations/`, or XML files and images in one folder. Folder names count in any letter case.
The annotations may be in subfolders, as tools such as CVAT export them.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.file_names import is_unicode
from odapi_ssd.data.folder_tree import walk_files
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of

__all__ = ["VocLayout", "find_layouts", "list_annotations", "require_layout"]

_VOC_IMAGE_FOLDER = "jpegimages"
_IMAGE_FOLDERS = (_VOC_IMAGE_FOLDER, "images")


@dataclass(frozen=True)
class VocLayout:
    """Where the parts of a dataset lie.

    Attributes:
        root_dir: the folder that names in messages are relative to.
        annotations_dir: holds the XML files.
        images_dir: holds the images.
        split_lists_dir: holds the lists of the splits; None if there is none.
        has_voc_folders: whether this is VOC's own layout (`Annotations/` and `JPEGImages/`), in
            which VOC's 20 classes have VOC's ids.
    """

    root_dir: Path
    annotations_dir: Path
    images_dir: Path
    split_lists_dir: Path | None
    has_voc_folders: bool


def find_layouts(data_dir: Path) -> list[VocLayout]:
    """The dataset in a folder; if there is none, those in its subfolders or in `VOCdevkit/`."""
    layout = _layout_at(data_dir)
    if layout is not None:
        return [layout]
    folders = _subfolders(data_dir)
    children = list(folders.values())
    if "vocdevkit" in folders:
        children += _subfolders(folders["vocdevkit"]).values()
    return [layout for child in children if (layout := _layout_at(child)) is not None]


def require_layout(data_dir: Path) -> VocLayout:
    """The one dataset in a folder; raises OdapiError if there is none, or several."""
    layouts = find_layouts(data_dir)
    if len(layouts) != 1:
        raise OdapiError(
            f"The folder {data_dir} holds {count_of(len(layouts), 'dataset')}, expected one.",
            details=[str(layout.root_dir) for layout in layouts],
            hint="give one of them.",
        )
    return layouts[0]


def list_annotations(annotations_dir: Path) -> dict[str, Path]:
    """The XML files of a folder and its subfolders, sorted.

    Returns:
        Their paths by stem, with the subfolder before it if they are in one: `night/0001`.

    Raises:
        OdapiError: there are none, a name is not Unicode, or two in a folder have the same stem.
    """
    paths: dict[str, Path] = {}
    for folder, path in walk_files(annotations_dir):
        if path.suffix.lower() != ".xml":
            continue
        name = path.relative_to(annotations_dir).as_posix()
        if not is_unicode(name):
            raise OdapiError(f"The name of the annotation {name!a} is not UTF-8; rename it.")
        key = f"{folder}/{path.stem}" if folder else path.stem
        if key in paths:
            raise OdapiError(
                f"Two annotations for one stem in {path.parent}: {paths[key].name} and {path.name}."
            )
        paths[key] = path
    if not paths:
        raise OdapiError(f"No XML file in {annotations_dir}, expected the annotations.")
    return dict(sorted(paths.items()))


def _layout_at(root_dir: Path) -> VocLayout | None:
    folders = _subfolders(root_dir)
    annotations_dir = folders.get("annotations")
    split_lists_dir = (
        _subfolders(folders["imagesets"]).get("main") if "imagesets" in folders else None
    )
    if annotations_dir is not None:
        for name in _IMAGE_FOLDERS:
            if name in folders:
                return VocLayout(
                    root_dir,
                    annotations_dir,
                    images_dir=folders[name],
                    split_lists_dir=split_lists_dir,
                    has_voc_folders=name == _VOC_IMAGE_FOLDER,
                )
    if _has_xml(root_dir):
        return VocLayout(root_dir, root_dir, root_dir, split_lists_dir, has_voc_folders=False)
    return None


def _subfolders(folder: Path) -> dict[str, Path]:
    """Subfolders by lower-case name, sorted; hidden ones left out."""
    with os.scandir(folder) as entries:
        names = sorted(one.name for one in entries if one.is_dir())
    return {name.lower(): folder / name for name in names if not name.startswith(".")}


def _has_xml(folder: Path) -> bool:
    return any(
        path.suffix.lower() == ".xml" and not path.name.startswith(".") and path.is_file()
        for path in folder.iterdir()
    )
