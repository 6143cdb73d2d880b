"""Folders that a command makes on its way, and removes again if it fails before it fills them."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

__all__ = ["made_folder"]


@contextlib.contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Makes a folder with its parents for a block; if the block fails, the empty ones go again.

    Raises:
        OSError: one of them cannot be made, or is a file.
    """
    missing = _missing(folder)
    try:
        for path in missing:
            path.mkdir(exist_ok=True)
        yield
    except BaseException:
        for path in reversed(missing):
            with contextlib.suppress(OSError):
                path.rmdir()
        raise


def _missing(folder: Path) -> list[Path]:
    """The folders that do not exist, outermost first."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "Not a folder", str(folder))
    return missing[::-1]
