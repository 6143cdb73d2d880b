"""Pairs folders of VOC annotations with folders of images, whatever they are called."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.formats.voc_tree import FolderTree

__all__ = ["FolderPair", "find_pairs"]


@dataclass(frozen=True)
class FolderPair:
    """The folder of some annotations and that of their images; both may have subfolders."""

    annotations_dir: Path
    images_dir: Path


def find_pairs(tree: FolderTree) -> list[FolderPair]:
    """Finds out which annotations and images belong together, by where they are.

    - XML files beside their images, in one folder or several, are one pair of the same folder.
    - Where all annotations are in a folder without images, or images in one without annotations,
      these two are a pair: `annots/` and `imgs/`, `xml/train/` and `imgs/train/`.
    - Else each folder that holds both is looked at alone: `train/` and `test/`, with `annots/` and
      `imgs/` in each. If that leaves annotations over, all are looked up among all images.

    Returns:
        The pairs; none if there are no annotations. Where there are no images, the folder of the
        annotations is that of the images too.
    """
    annotated = _annotated_folders(tree)
    with_images = [one for one in tree.folders() if one.num_images]
    if not annotated:
        return []
    annotations_dir = _common_folder(annotated)
    images_dir = _common_folder(with_images or annotated)
    if not with_images or all(map(_is_side_by_side, annotated)):
        return [FolderPair(annotations_dir, annotations_dir)]
    are_apart = not (
        annotations_dir.is_relative_to(images_dir) or images_dir.is_relative_to(annotations_dir)
    )
    if not are_apart and len(annotated) > 1 and len(with_images) > 1:
        pairs = _pairs_of_subfolders(tree, annotated)
        if pairs:
            return pairs
    return [FolderPair(annotations_dir, images_dir)]


def _annotated_folders(tree: FolderTree) -> list[FolderTree]:
    """Those with annotations; damaged files count with others that tell, or in the folder itself.

    Damaged XML somewhere in a tree of other things is no sign of a dataset.
    """
    sure = any(one.has_annotations for one in tree.folders()) or tree.may_have_annotations
    return [
        one for one in tree.folders() if sure and (one.has_annotations or one.may_have_annotations)
    ]


def _is_side_by_side(folder: FolderTree) -> bool:
    """Whether annotations have their images beside them; stray images are not theirs."""
    return folder.num_images > 0 and 2 * folder.num_pairs >= min(folder.num_xml, folder.num_images)


def _pairs_of_subfolders(tree: FolderTree, annotated: Iterable[FolderTree]) -> list[FolderPair]:
    """Those of each subfolder; empty if that leaves annotations over."""
    with_images = (
        one for one in tree.subfolders.values() if any(below.num_images for below in one.folders())
    )
    pairs = [pair for one in with_images for pair in find_pairs(one)]
    dirs = [pair.annotations_dir for pair in pairs]
    is_complete = all(any(map(one.path.is_relative_to, dirs)) for one in annotated)
    return pairs if is_complete else []


def _common_folder(folders: Iterable[FolderTree]) -> Path:
    return Path(os.path.commonpath([one.path for one in folders]))
