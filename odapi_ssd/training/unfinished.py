"""Files that TensorFlow leaves of a checkpoint that it could not finish, and their removal.

Only names that its checkpoint writer gives are touched: a user may keep `ckpt-7.tar.gz` or
`ckpt-7_old/` beside the checkpoints.
"""

import contextlib
import re
import shutil
from pathlib import Path

from odapi_ssd.config.paths import is_remote

__all__ = ["remove_checkpoint", "remove_unfinished"]

_KIND = r"(?:index|data-\d{5}-of-\d{5})(?:\.tempstate\d+)?"
_PART = re.compile(rf"part-\d{{5}}-of-\d{{5}}\.{_KIND}")
_FOLDER = re.compile(r"ckpt-\d+_temp")
# The file `checkpoint` while it is written.
_STATE = re.compile(r"checkpoint\.tmp[0-9a-f]{32}")


def remove_checkpoint(directory: str, number: int) -> None:
    """Removes what is there of a checkpoint that could not be saved; not in a remote folder.

    Args:
        directory: its folder.
        number: the N of `ckpt-N`, which no finished checkpoint has.
    """
    if is_remote(directory):
        return
    own = re.compile(rf"ckpt-{number}\.{_KIND}")
    _remove_files(directory, own)
    remove_unfinished(directory)


def remove_unfinished(directory: str) -> None:
    """Removes what was being written when a process was killed; to be called with the lock held."""
    if is_remote(directory) or not Path(directory).is_dir():
        return
    _remove_files(directory, _STATE)
    for folder in Path(directory).iterdir():
        is_own = _FOLDER.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink()
        if is_own and all(_PART.fullmatch(path.name) for path in folder.iterdir()):
            shutil.rmtree(folder, ignore_errors=True)


def _remove_files(directory: str, pattern: re.Pattern[str]) -> None:
    for path in list(Path(directory).iterdir()):
        if pattern.fullmatch(path.name) and path.is_file():
            with contextlib.suppress(OSError):
                path.unlink()
