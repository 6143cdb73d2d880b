"""Annotations without any image in their folder: where the images may be."""

import os
from pathlib import Path

from odapi_ssd.data.images import IMAGE_SUFFIXES
from odapi_ssd.messages import count_of

__all__ = ["describe_no_images"]

_MAX_LOOKED_INTO = 100


def describe_no_images(images_dir: Path, num_annotations: int) -> str:
    """One line for all annotations of a folder that holds no image, with what would help.

    Args:
        images_dir: the folder in which, and below which, there is none.
        num_annotations: of the folder.
    """
    folder = Path(os.path.abspath(images_dir))
    what = (
        f"{images_dir} holds {count_of(num_annotations, 'annotation')}, but no image with one of "
        f"the endings {', '.join(IMAGE_SUFFIXES)}"
    )
    found = _find_images_beside(folder)
    if found is None:
        return f"{what}; put the images in it, or give a folder that holds both"
    beside, num_images = found
    number = count_of(num_images, "image is", "images are")
    return f"{what}; {number} in {beside}: give {folder.parent} as --data_dir, which holds both"


def _find_images_beside(folder: Path) -> tuple[Path, int] | None:
    """The folder beside one that holds the most images, and how many; None if none does."""
    try:
        with os.scandir(folder.parent) as entries:
            names = sorted(
                one.name for one in entries if one.is_dir() and not one.name.startswith(".")
            )
        beside = [folder.parent / name for name in names if name != folder.name]
    except OSError:
        return None
    counts = {one: _count_images(one) for one in beside[:_MAX_LOOKED_INTO]}
    best = max(counts, key=counts.__getitem__, default=None)
    return (best, counts[best]) if best is not None and counts[best] else None


def _count_images(folder: Path) -> int:
    try:
        names = os.listdir(folder)
    except OSError:
        return 0
    return sum(os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES for name in names)
