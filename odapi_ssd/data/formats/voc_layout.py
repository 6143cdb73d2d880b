"""Finds the files of a VOC dataset: in VOC's own layout, or by looking where XML and images are.

VOC's layout is `Annotations/`, `JPEGImages/` and, mostly, `ImageSets/Main/*.txt`; `annotations/`
and `images/` are common too. Folders of these names are found at any depth, in any letter case, and
several of them, such as `VOC2007` and `VOC2012`, are the parts of one dataset. Where there are
none, folders are taken for what is in them: `voc_pairs` pairs those of XML with those of images.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from odapi_ssd.data.file_names import is_unicode
from odapi_ssd.data.folder_tree import walk_names
from odapi_ssd.data.formats.folder_contents import count_contents
from odapi_ssd.data.formats.voc_pairs import FolderPair, find_pairs
from odapi_ssd.data.formats.voc_tree import FolderTree, scan_tree
from odapi_ssd.errors import OdapiError

__all__ = ["VocLayout", "VocPart", "find_layout", "list_annotations", "require_layout"]

_VOC_IMAGE_FOLDER = "jpegimages"
_IMAGE_FOLDERS = (_VOC_IMAGE_FOLDER, "images")


@dataclass(frozen=True)
class VocPart:
    """Where the files of a dataset lie, or those of one of its parts.

    Attributes:
        root_dir: the folder of the part.
        annotations_dir: holds the XML files, also in subfolders.
        images_dir: holds the images, also in subfolders.
        split_lists_dir: holds the lists of the splits; None if there is none.
        masks_dir: holds VOC's instance masks; None if there is none.
        has_voc_folders: whether this is VOC's own layout (`Annotations/` and `JPEGImages/`), in
            which VOC's 20 classes have VOC's ids.
        prefix: begins the keys and names of its images, `VOC2007/`; empty if it is the only part.
    """

    root_dir: Path
    annotations_dir: Path
    images_dir: Path
    split_lists_dir: Path | None = None
    masks_dir: Path | None = None
    has_voc_folders: bool = False
    prefix: str = ""


@dataclass(frozen=True)
class VocLayout:
    """A dataset of one or several parts; names in messages are relative to `root_dir`."""

    root_dir: Path
    parts: tuple[VocPart, ...]


def find_layout(data_dir: Path) -> VocLayout | None:
    """The dataset in a folder, or in folders below it; None if there is none."""
    parts = _find_parts(scan_tree(data_dir))
    if len(parts) < 2:
        return VocLayout(parts[0].root_dir, tuple(parts)) if parts else None
    root_dir = Path(os.path.commonpath([part.root_dir for part in parts]))
    return VocLayout(root_dir, tuple(_with_prefix(part, root_dir) for part in parts))


def require_layout(data_dir: Path) -> VocLayout:
    """The dataset in a folder; raises OdapiError if there is none."""
    layout = find_layout(data_dir)
    if layout is None:
        raise OdapiError(
            f"No VOC dataset in {data_dir}, which holds {count_contents(data_dir).describe()}; "
            "expected XML files with the root <annotation>, and their images, in it or below it.",
            hint="give the folder that holds both.",
        )
    return layout


def list_annotations(annotations_dir: Path) -> dict[str, str]:
    """The XML files of a folder and its subfolders, sorted.

    Returns:
        Their paths from the folder, with slashes, by stem, with the subfolder before it if they are
        in one: `night/0001`.

    Raises:
        OdapiError: there are none, a name is not Unicode, or two in a folder have the same stem.
    """
    names: dict[str, str] = {}
    for folder, file_name in walk_names(annotations_dir):
        stem, ending = os.path.splitext(file_name)
        if ending.lower() != ".xml":
            continue
        name, key = (f"{folder}/{file_name}", f"{folder}/{stem}") if folder else (file_name, stem)
        if not is_unicode(name):
            raise OdapiError(f"The name of the annotation {name!a} is not UTF-8; rename it.")
        if key in names:
            first = names[key].rpartition("/")[2]
            raise OdapiError(
                f"Two annotations for one stem in {annotations_dir / folder}: {first} and "
                f"{file_name}."
            )
        names[key] = name
    if not names:
        raise OdapiError(f"No XML file in {annotations_dir}, expected the annotations.")
    return {key: names[key] for key in sorted(names)}


def _find_parts(tree: FolderTree) -> list[VocPart]:
    """The parts in a folder, in the order of their names."""
    part = _named_part(tree)
    if part is not None:
        return [part]
    if (
        tree.has_annotations
        or tree.may_have_annotations
        or not any(map(_named_part, tree.folders()))
    ):
        return [_paired_part(pair) for pair in find_pairs(tree)]
    return [part for one in tree.subfolders.values() for part in _find_parts(one)]


def _named_part(tree: FolderTree) -> VocPart | None:
    """The part whose files are in subfolders of the usual names."""
    folders = {name.lower(): one for name, one in tree.subfolders.items()}
    image_folder = next((name for name in _IMAGE_FOLDERS if name in folders), None)
    if image_folder is None or "annotations" not in folders:
        return None
    annotations = folders["annotations"]
    if not annotations.may_have_annotations and not any(
        one.has_annotations for one in annotations.folders()
    ):
        return None
    return VocPart(
        tree.path,
        annotations.path,
        folders[image_folder].path,
        split_lists_dir=_find_split_lists(tree.path),
        masks_dir=_find_folder(tree.path, "segmentationobject"),
        has_voc_folders=image_folder == _VOC_IMAGE_FOLDER,
    )


def _paired_part(pair: FolderPair) -> VocPart:
    root_dir = Path(os.path.commonpath([pair.annotations_dir, pair.images_dir]))
    lists_dir = _find_split_lists(root_dir)
    return VocPart(root_dir, pair.annotations_dir, pair.images_dir, split_lists_dir=lists_dir)


def _find_split_lists(root_dir: Path) -> Path | None:
    image_sets = _find_folder(root_dir, "imagesets")
    return None if image_sets is None else _find_folder(image_sets, "main")


def _find_folder(parent: Path, lower_name: str) -> Path | None:
    """A subfolder by its name in any letter case; of several the first."""
    with os.scandir(parent) as entries:
        names = [one.name for one in entries if one.name.lower() == lower_name and one.is_dir()]
    return parent / min(names) if names else None


def _with_prefix(part: VocPart, root_dir: Path) -> VocPart:
    return replace(part, prefix=f"{part.root_dir.relative_to(root_dir).as_posix()}/")
