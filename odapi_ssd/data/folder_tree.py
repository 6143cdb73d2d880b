"""The files in a folder and its subfolders, in an order that is the same on every machine."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from odapi_ssd.errors import OdapiError

__all__ = ["shallow_files", "walk_files", "walk_names"]


def walk_files(root_dir: Path) -> Iterator[tuple[str, Path]]:
    """`walk_names`, with the path of each file in place of its name."""
    for folder, name in walk_names(root_dir):
        yield folder, Path(root_dir, folder, name)


def walk_names(root_dir: Path) -> Iterator[tuple[str, str]]:
    """Yields each file's folder and name: the folder as the path from `root_dir`, "" for its own.

    Symbolic links are followed, but no folder is listed twice. Files and folders whose name begins
    with a dot are left out: macOS leaves "._name.jpg" beside each copied file.

    Raises:
        OdapiError: a folder cannot be read; none is skipped in silence.
    """
    seen: set[tuple[int, int]] = set()
    for folder, subfolders, names in os.walk(root_dir, onerror=_refuse, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in seen:
            subfolders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        inside = Path(folder).relative_to(root_dir).as_posix()
        for name in sorted(names):
            if not name.startswith(".") and os.path.isfile(os.path.join(folder, name)):
                yield "" if inside == "." else inside, name


def shallow_files(root_dir: Path, suffix: str, depth: int = 2) -> Iterator[Path]:
    """Yields the files of one ending near the top of a folder, those above before those below.

    It is for recognizing formats: nothing is raised, and no more is listed than is asked for.

    Args:
        root_dir: the folder.
        suffix: the ending in lower case, with its dot.
        depth: how many levels of subfolders to go down.
    """
    subfolders, names = [], []
    try:
        with os.scandir(root_dir) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.name.lower().endswith(suffix) and entry.is_file():
                    names.append(entry.name)
                elif depth and entry.is_dir():
                    subfolders.append(entry.name)
    except OSError:  # Reading the dataset will say so.
        return
    for name in sorted(names):
        yield root_dir / name
    for name in sorted(subfolders):
        yield from shallow_files(root_dir / name, suffix, depth - 1)


def _refuse(error: OSError) -> NoReturn:
    raise OdapiError(f"The folder {error.filename} cannot be read: {error.strerror}.") from error
