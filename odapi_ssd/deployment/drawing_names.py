"""Names of drawn images: those of their inputs, unless that would replace a user's file."""

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

__all__ = ["choose_names", "free_name", "taken_names"]

_MAX_NAME_BYTES = 255


def choose_names(
    images: Sequence[Path], output_dir: Path, replaceable: Collection[str]
) -> list[str]:
    """A name for each drawn image: that of its input, unless it is taken.

    Args:
        images: the files that are read.
        output_dir: where the drawn images go.
        replaceable: names of drawn images of an earlier call; no other file is replaced.
    """
    taken = taken_names(images, output_dir, replaceable)
    names = []
    for path in images:
        name = free_name(path, taken)
        taken.add(name.lower())
        names.append(name)
    return names


def taken_names(images: Sequence[Path], output_dir: Path, replaceable: Collection[str]) -> set[str]:
    """The names in a folder, in lower case, that no drawn image may have; as in `choose_names`."""
    folder = os.path.realpath(output_dir)
    files = [path.name for path in output_dir.iterdir()] if output_dir.is_dir() else []
    # Names that differ in letter case alone are one file on some file systems.
    taken = {name.lower() for name in files if name not in replaceable}
    for path in images:
        # Also the file that a link leads to.
        same = (os.path.split(path), os.path.split(os.path.realpath(path)))
        taken |= {name.lower() for parent, name in same if os.path.realpath(parent) == folder}
    return taken


def free_name(path: Path, taken: Collection[str]) -> str:
    """The first name for an image's drawing that is not taken.

    Args:
        path: the image.
        taken: names in lower case.
    """
    return next(name for name in _candidates(path) if name.lower() not in taken)


def _candidates(path: Path) -> Iterator[str]:
    """Names for a drawn image, which is a JPEG or PNG: the input's, then numbered ones."""
    suffix = path.suffix.lower() if path.suffix.lower() in (".jpg", ".jpeg", ".png") else ".png"
    yield _shortened(path.stem, suffix)
    number = 2
    while True:
        yield _shortened(path.stem, f"_{number}{suffix}")
        number += 1


def _shortened(stem: str, ending: str) -> str:
    """A name that file systems accept: the stem is cut where it is too long with the ending."""
    while len(os.fsencode(stem + ending)) > _MAX_NAME_BYTES:
        stem = stem[:-1]
    return stem + ending
