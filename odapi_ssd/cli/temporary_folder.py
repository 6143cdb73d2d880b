"""A temporary folder of a command's own: TensorFlow leaves files in it when a command is killed.

The next command removes the folders of those that are dead.
"""

import contextlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from odapi_ssd.errors import OdapiError
from odapi_ssd.folder_lock import locked_folder
from odapi_ssd.interrupts import delayed

__all__ = ["private_temporary_folder"]

_PREFIX = "odapi-ssd-"
# As `tempfile.mkdtemp` names them.
_NAME = re.compile(re.escape(_PREFIX) + "[a-z0-9_]{8}")
_LOCK_NAME = ".odapi-ssd-temporary.lock"
# Shows whose the folder is, also where its lock is gone.
_MARK_NAME = ".odapi-ssd-temporary"
_MARK = b"A temporary folder of odapi-ssd, which removes it.\n"
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
    with contextlib.ExitStack() as stack:
        with delayed():
            folder = _make_locked(stack)
        stack.callback(_restore, *before)
        if folder is not None:
            tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
            os.environ.setdefault("MPLCONFIGDIR", str(folder / "matplotlib"))
        yield


def _make_locked(stack: contextlib.ExitStack) -> Path | None:
    """Makes and locks a folder, until the end of the stack; None if that cannot be done."""
    try:
        _remove_dead(Path(tempfile.gettempdir()))
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    except OSError:
        return None
    try:
        (folder / _MARK_NAME).write_bytes(_MARK)
        stack.enter_context(locked_folder(folder, _LOCK_NAME))
    except (OSError, OdapiError):  # a full disk, above all
        _remove(folder)
        return None
    stack.callback(_remove, folder)  # before the lock is released
    return folder


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
                _remove(folder)


def _is_old_and_own(folder: Path) -> bool:
    try:
        status = folder.lstat()
        is_marked = (
            _NAME.fullmatch(folder.name) is not None
            and stat.S_ISDIR(status.st_mode)
            and stat.S_ISREG((folder / _MARK_NAME).lstat().st_mode)
            and (folder / _MARK_NAME).read_bytes() == _MARK
        )
    except OSError:
        return False
    is_own = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return is_own and is_marked and time.time() - status.st_mtime > _MIN_AGE_SECONDS


def _remove(folder: Path) -> None:
    """Removes it, its mark last: what a kill in between leaves can still be removed."""
    with delayed(), contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != _MARK_NAME:
                path.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
