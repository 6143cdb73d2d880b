"""Single text files: written whole or not at all, and marked, so that they can be replaced later.

The mark is a comment in the first line with the SHA-256 of the lines below, so an edited file is no
longer marked.
"""

import contextlib
import hashlib
import os
import re
import secrets
import stat
from pathlib import Path

from odapi_ssd.errors import OdapiError

__all__ = ["is_marked", "require_replaceable", "write_marked_text", "write_text"]

_MARK = re.compile(rb"# Written by odapi-ssd (?P<command>[\w-]+), SHA-256 of the lines below: "
                   rb"(?P<digest>[0-9a-f]{64})\r?\n")  # fmt: skip


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes a UTF-8 file, which appears under its name only when it is complete.

    Args:
        path: the file, in folders that are made if need be; an existing file is replaced and its
            mode kept, through a link too.
        text: the content. In JSON, file names that are not Unicode come back as they were.
    Raises:
        OdapiError: it cannot be written.
    """
    path = Path(path).resolve()  # a link stays a link
    temporary = path.parent / f".{path.name[:100]}.{secrets.token_hex(8)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Unlike `tempfile`, whose files only their owner can read, this respects the umask.
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        # Surrogates, from file names that are not Unicode, become JSON's escapes of them.
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        if path.exists():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        os.replace(temporary, path)
    except OSError as error:
        raise OdapiError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


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
    digest = hashlib.sha256(text.encode()).hexdigest()
    mark = f"# Written by odapi-ssd {command}, SHA-256 of the lines below: {digest}\n"
    write_text(path, mark + text)


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
