"""The files of a folder, local or remote: their names, sizes and contents.

TensorFlow is imported for remote folders alone; its errors are OSErrors here.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from odapi_ssd.compat import import_tensorflow
from odapi_ssd.config.paths import is_remote
from odapi_ssd.file_errors import file_error_words

__all__ = ["is_folder", "join", "names_in", "read_bytes", "readable_size", "split"]


def is_folder(path: str) -> bool:
    """Whether a path is a folder."""
    if is_remote(path):
        return bool(import_tensorflow().io.gfile.isdir(path))
    return os.path.isdir(path)


def join(folder: str, name: str) -> str:
    """The path of a file in a folder; the name alone for a folder without a name."""
    return f"{folder.rstrip('/')}/{name}" if is_remote(folder) else os.path.join(folder, name)


def split(path: str) -> tuple[str, str]:
    """The folder and the name of a file; the folder is `.` for a name alone."""
    folder, _, name = path.rpartition("/")
    if not folder:
        folder = "/" if path.startswith("/") else "."
    return folder, name


def names_in(folder: str) -> list[str]:
    """The names of files and folders in a folder, in any order; none if there is no such folder.

    Raises:
        OSError: it cannot be read.
    """
    if not is_folder(folder):
        return []
    if not is_remote(folder):
        return os.listdir(folder)
    with _as_os_errors(folder) as gfile:
        return [name.rstrip("/") for name in gfile.listdir(folder)]


def readable_size(path: str) -> int:
    """The size in bytes of a file that can be opened.

    Raises:
        OSError: there is no such file, or it cannot be opened, or is none (a folder, a pipe).
    """
    if is_remote(path):
        with _as_os_errors(path) as gfile:
            return int(gfile.stat(path).length)
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(status.st_mode):
        # Opening a pipe would wait for its other end.
        raise OSError(errno.EINVAL, "it is not a regular file", path)
    with open(path, "rb"):
        return status.st_size


def read_bytes(path: str) -> bytes:
    """The content of a file.

    Raises:
        OSError: as for `readable_size`.
    """
    readable_size(path)
    if not is_remote(path):
        with open(path, "rb") as file:
            return file.read()
    with _as_os_errors(path) as gfile, gfile.GFile(path, "rb") as file:
        content: bytes = file.read()
        return content


@contextmanager
def _as_os_errors(path: str) -> Iterator[Any]:
    """`tf.io.gfile`, with OSErrors in place of TensorFlow's."""
    tf = import_tensorflow()
    try:
        yield tf.io.gfile
    except tf.errors.NotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from error
    except tf.errors.PermissionDeniedError as error:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path) from error
    except tf.errors.OpError as error:
        raise OSError(None, file_error_words(error) or error.message, path) from error
