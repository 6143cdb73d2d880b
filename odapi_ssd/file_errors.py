"""Plain words for failures of a file system: those of Python and, if it is there, of TensorFlow.

TensorFlow raises an error class for several causes at once (`ResourceExhaustedError` for a full
disk and for a GPU without memory); the cause is in its message, in the operating system's words.
"""

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from odapi_ssd.errors import OdapiError

__all__ = ["describe_file_error", "explain_file_errors", "file_error_words"]

_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.EFBIG: "the file would be larger than is allowed there (file system, or `ulimit -f`)",
    errno.EIO: "the disk, or the connection to it, fails (input/output error)",
    errno.EISDIR: "it is a folder, not a file",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.ENOENT: "it does not exist",
    errno.EEXIST: "a file is in the way",
    errno.ELOOP: "it is a link that leads to itself",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EMFILE: "too many files are open in this process (`ulimit -n`)",
    errno.ENFILE: "too many files are open on this machine",
    errno.ESTALE: "the network file system has lost it (stale file handle)",
    errno.ETIMEDOUT: "the network file system does not answer",
}
# TensorFlow's file systems begin a message with the path, and end it with the system's words.
_PATH = re.compile(r"(?:^|\s)((?:\w+://|/)[^;\n]*); ")
# It writes a checkpoint under other names first.
_FIRST_NAME = re.compile(r"_temp/part-[^/]*$")
_HINT = "make room or give another folder, see to the permissions there, and run it again."


def file_error_words(error: BaseException) -> str | None:
    """The cause of a file system's failure, without the path; None for any other error."""
    number = _number_of(error)
    if number is not None:
        return _WORDS.get(number) or os.strerror(number)
    if isinstance(error, OSError):
        return str(error.strerror or error)
    return None


def describe_file_error(error: BaseException) -> str | None:
    """A file system's failure in plain words, after the path if it is known.

    Args:
        error: an OSError, or one of `tf.errors`.
    Returns:
        Such as `runs/a/ckpt-7.index: the disk is full`; None for an error of another kind, such as
        a GPU without memory.
    """
    words = file_error_words(error)
    if words is None:
        return None
    path = _path_of(error)
    return f"{path}: {words}" if path else words


@contextmanager
def explain_file_errors(task: str, hint: str = _HINT) -> Iterator[None]:
    """Turns a file system's failure in the block into an error in plain words.

    Args:
        task: what could not be done: "The scores cannot be written".
        hint: what the user can do about it.
    Raises:
        OdapiError: the file system failed. Other errors pass.
    """
    try:
        yield
    except Exception as error:
        words = describe_file_error(error)
        if words is None:
            raise
        raise OdapiError(f"{task}: {words}.", hint=hint) from error


def _number_of(error: BaseException) -> int | None:
    """The operating system's number of a failure."""
    if isinstance(error, OSError):
        return error.errno
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or not isinstance(error, tensorflow.errors.OpError):
        return None
    return next((number for number in _WORDS if os.strerror(number) in error.message), None)


def _path_of(error: BaseException) -> str | None:
    if isinstance(error, OSError):
        return None if error.filename is None else os.fsdecode(error.filename)
    found = _PATH.search(str(getattr(error, "message", "")))
    return _FIRST_NAME.sub("", found[1]) if found else None
