"""A temporary folder of a command's own: TensorFlow leaves files in it when a command is killed.

The next command removes the folders of those that are dead.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from odapi_ssd.errors import OdapiError
from odapi_ssd.folder_lock import locked_folder
from odapi_ssd.interrupts import delayed

__all__ = ["private_temporary_folder"]

_PREFIX = "odapi-ssd-"
_LOCK_NAME = ".lock"
_VARIABLES = ("TMPDIR", "MPLCONFIGDIR")
# A folder has no lock for a moment when it is made.
_MIN_AGE_SECONDS = 60


@contextlib.contextmanager
def private_temporary_folder() -> Iterator[None]:
    """Has Python, TensorFlow and child processes put temporary files into a folder of their own.

    So does matplotlib with its list of fonts, unless MPLCONFIGDIR is set: the user's home is no
    output of a command. The folder is removed at the end. Where none can be made, all stays as it
    is.
    """
    before = (tempfile.tempdir, {name: os.environ.get(name) for name in _VARIABLES})
    folder = None
    try:
        with delayed():
            folder = _make()
        if folder is None:
            yield
            return
        with locked_folder(folder, _LOCK_NAME):
            tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
            os.environ.setdefault("MPLCONFIGDIR", str(folder / "matplotlib"))
            yield
    finally:
        _restore(*before)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _make() -> Path | None:
    try:
        _remove_dead(Path(tempfile.gettempdir()))
        return Path(tempfile.mkdtemp(prefix=_PREFIX))
    except OSError:
        return None


def _restore(folder: str | None, variables: Mapping[str, str | None]) -> None:
    tempfile.tempdir = folder
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _remove_dead(parent: Path) -> None:
    """Removes the folders of commands that were killed: those whose lock nobody holds."""
    for folder in parent.glob(f"{_PREFIX}*"):
        if not _is_old_and_own(folder):
            continue
        with contextlib.suppress(OSError, OdapiError), locked_folder(folder, _LOCK_NAME) as locked:
            if locked:
                shutil.rmtree(folder, ignore_errors=True)


def _is_old_and_own(folder: Path) -> bool:
    try:
        status = folder.lstat()
        has_lock = (folder / _LOCK_NAME).is_file() and not folder.is_symlink()
    except OSError:
        return False
    is_own = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return is_own and has_lock and time.time() - status.st_mtime > _MIN_AGE_SECONDS
