"""Single text files: written whole or not at all, and marked, so that they can be replaced later.

The mark is a comment in the first line with the SHA-256 of the lines below, so an edited file is no
longer marked.

A process that is killed just before it gives a file its name leaves it as `.odapi-ssd-…`. A later
writer to the folder removes that if it is provably of this kind: its name has the SHA-256 of its
content. An empty one goes as well; one that was cut off in the middle stays.
"""

import contextlib
import hashlib
import os
import re
import secrets
import stat
import time
from pathlib import Path

from odapi_ssd.errors import OdapiError
from odapi_ssd.interrupts import delayed
from odapi_ssd.outputs.made_folder import made_folder

__all__ = ["is_marked", "require_replaceable", "write_marked_text", "write_text"]

_MARK = re.compile(rb"# Written by odapi-ssd (?P<command>[\w-]+), SHA-256 of the lines below: "
                   rb"(?P<digest>[0-9a-f]{64})\r?\n")  # fmt: skip
_UNNAMED = re.compile(r"\.odapi-ssd-(?P<digest>[0-9a-f]{64})-[0-9a-f]{8}")
# A younger one may be a living process's.
_MIN_AGE_SECONDS = 60


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes a UTF-8 file, which appears under its name only when it is complete.

    Args:
        path: the file, in folders that are made if need be; an existing file is replaced and its
            mode kept, through a link too.
        text: the content. In JSON, file names that are not Unicode come back as they were.
    Raises:
        OdapiError: it cannot be written.
    """
    _write(Path(path).resolve(), _encoded(text))  # a link stays a link


def write_marked_text(
    path: str | os.PathLike[str], text: str, command: str, overwrite: bool = False
) -> None:
    """Writes a UTF-8 file with a mark in its first line, unless that would replace a user's file.

    Args:
        path: as for `write_text`.
        text: the content, in a language whose comments begin with `#`.
        command: the command that writes it: "configure".
        overwrite: replace any file.
    Raises:
        OdapiError: the file exists and an earlier run of the command did not write it as it is; or
            it cannot be written.
    """
    require_replaceable(path, command, overwrite)
    lines = _encoded(text)
    digest = hashlib.sha256(lines).hexdigest()
    mark = f"# Written by odapi-ssd {command}, SHA-256 of the lines below: {digest}\n"
    _write(Path(path).resolve(), mark.encode() + lines)


def require_replaceable(
    path: str | os.PathLike[str], command: str, overwrite: bool = False
) -> None:
    """Makes sure that a command may write a marked file; for a refusal before the work is done.

    Raises:
        OdapiError: it may not.
    """
    if Path(path).is_dir():
        raise OdapiError(f"{path} is a folder; a file of that name is to be written.")
    if not overwrite and os.path.lexists(path) and not is_marked(path, command):
        raise OdapiError(
            f"{path} exists, and odapi-ssd {command} did not write it, or it was edited since; "
            "nothing was changed.",
            hint="give another path, or --overwrite to replace it.",
        )


def is_marked(path: str | os.PathLike[str], command: str) -> bool:
    """Whether a file is as a command wrote it; an empty file counts, as nothing is lost with it."""
    if not Path(path).is_file():  # nor a pipe, which would be waited for
        return False
    try:
        content = Path(path).read_bytes()
    except OSError:
        return False
    mark = _MARK.match(content)
    if mark is None:
        return not content
    digest = hashlib.sha256(content[mark.end() :]).hexdigest()
    return mark["command"] == command.encode() and mark["digest"] == digest.encode()


def _encoded(text: str) -> bytes:
    """UTF-8; surrogates, from file names that are not Unicode, become JSON's escapes of them."""
    return text.encode(errors="backslashreplace")


def _write(path: Path, content: bytes) -> None:
    digest = hashlib.sha256(content).hexdigest()
    unnamed = path.parent / f".odapi-ssd-{digest}-{secrets.token_hex(4)}"
    try:
        with delayed(), made_folder(path.parent):
            _remove_dead(path.parent)
            try:
                _write_new(unnamed, content)
                if path.exists():
                    unnamed.chmod(stat.S_IMODE(path.stat().st_mode))
                os.replace(unnamed, path)
            finally:
                unnamed.unlink(missing_ok=True)
    except OSError as error:
        raise OdapiError(f"{path} cannot be written: {error.strerror or error}.") from error


def _write_new(path: Path, content: bytes) -> None:
    # Unlike `tempfile`, whose files only their owner can read, this respects the umask.
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        file.write(content)


def _remove_dead(folder: Path) -> None:
    """Removes what processes that were killed have left unnamed in a folder."""
    with contextlib.suppress(OSError):  # such as of a folder that may be written, but not read
        for path in folder.iterdir():
            name = _UNNAMED.fullmatch(path.name)
            if name is None:
                continue
            status = path.lstat()
            is_dead = time.time() - status.st_mtime > _MIN_AGE_SECONDS
            if is_dead and stat.S_ISREG(status.st_mode) and _has_digest(path, name["digest"]):
                path.unlink()


def _has_digest(path: Path, digest: str) -> bool:
    """Whether a file holds what its name says, or nothing at all."""
    content = path.read_bytes()
    return not content or hashlib.sha256(content).hexdigest() == digest
