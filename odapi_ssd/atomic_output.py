"""Atomic output: files and folders that appear complete or not at all.

A single file is written under another name beside its place and then renamed. The files of a
command are written to a hidden folder within the output folder, from where they can be renamed (a
sibling might be on another file system). What they replace is kept until all are in place; any
failure, Ctrl-C included, puts everything back and removes the folders that were made. Only a killed
process (kill -9) can leave `.incomplete-*` and `.previous-*` behind; they are never removed later,
as another process may be using them.
"""

import contextlib
import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from odapi_ssd.errors import OdapiError

__all__ = ["publish", "staging_folder", "write_text"]

# The file system's own errors, of writes that do not name a file.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes a UTF-8 file, which appears under its name only when it is complete.

    Args:
        path: the file, in folders that are made if need be; an existing file is replaced and its
            mode kept, through a link too.
        text: the content.
    Raises:
        OdapiError: it cannot be written.
    """
    path = Path(path).resolve()  # a link stays a link
    temporary = path.parent / f".{path.name}.{secrets.token_hex(8)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Unlike `tempfile`, whose files only their owner can read, this respects the umask.
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        if path.exists():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        os.replace(temporary, path)
    except OSError as error:
        raise OdapiError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


@contextlib.contextmanager
def staging_folder(output_dir: Path) -> Iterator[Path]:
    """An empty folder within the output folder, which is removed at the end in any case.

    Args:
        output_dir: made, with its parents, if it does not exist; removed again on failure.
    Yields:
        The folder, to be filled and then moved with `publish`.
    Raises:
        OdapiError: the output folder cannot be written (disk full, no permission, a file in the
            way). An OSError of the body about another file passes unchanged.
    """
    made: list[Path] = []
    staging = None
    try:
        _make_folders(output_dir, made)
        staging = Path(tempfile.mkdtemp(dir=output_dir, prefix=".incomplete-"))
        yield staging
    except BaseException as error:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError) and (staging is None or _is_about(error, output_dir)):
            raise OdapiError(
                f"Cannot write to {output_dir}: {error.strerror or error}.",
                hint="check the free space and the permissions there; nothing was changed.",
            ) from error
        raise
    shutil.rmtree(staging, ignore_errors=True)


def _is_about(error: OSError, output_dir: Path) -> bool:
    """Whether an error is about the output folder: names a file in it, or no file at all."""
    named = [name for name in (error.filename, error.filename2) if isinstance(name, str | Path)]
    if not named:
        return error.errno in _NO_ROOM
    folder = Path(os.path.abspath(output_dir))
    return any(Path(os.path.abspath(name)).is_relative_to(folder) for name in named)


def publish(staging: Path, output_dir: Path, stale_names: Iterable[str] = ()) -> None:
    """Moves everything in a staging folder to the output folder: all of it or, on failure, nothing.

    Args:
        staging: a folder from `staging_folder`.
        output_dir: the output folder; files and folders of the same names are replaced.
        stale_names: files or folders of the output folder that are removed too, if they exist.
    Raises:
        OdapiError: a file would replace a folder or a folder a file, and nothing was changed; or
            what was replaced cannot be put back after a failure.
    """
    names = sorted(path.name for path in staging.iterdir())
    _refuse_other_kinds(staging, output_dir, names)
    previous = Path(tempfile.mkdtemp(dir=output_dir, prefix=".previous-"))
    try:
        for name in sorted({*names, *stale_names}):
            if os.path.lexists(output_dir / name):
                (output_dir / name).rename(previous / name)
        for name in names:
            (staging / name).rename(output_dir / name)
    except BaseException:
        try:
            _put_back(previous, output_dir, staging, names)
        except OSError as error:
            raise OdapiError(
                f"{output_dir} could not be restored: {error.strerror or error}.",
                hint=f"{previous} holds what was replaced; move that back.",
            ) from error
        raise
    try:
        shutil.rmtree(previous, ignore_errors=True)
    except KeyboardInterrupt:
        shutil.rmtree(previous, ignore_errors=True)
        raise


def _refuse_other_kinds(staging: Path, output_dir: Path, names: Iterable[str]) -> None:
    """Refuses to replace a folder by a file or a file by a folder: neither is earlier output."""
    for name in names:
        target = output_dir / name
        if target.exists() and target.is_dir() != (staging / name).is_dir():
            here, there = ("folder", "file") if target.is_dir() else ("file", "folder")
            raise OdapiError(
                f"{target} is a {here}; a {there} of that name is to be written.",
                hint="move it away or choose another output folder; nothing was changed.",
            )


def _put_back(previous: Path, output_dir: Path, staging: Path, names: Iterable[str]) -> None:
    for name in names:
        if not (staging / name).exists() and (output_dir / name).exists():
            (output_dir / name).rename(staging / name)
    for path in list(previous.iterdir()):
        path.rename(output_dir / path.name)
    previous.rmdir()


def _make_folders(folder: Path, made: list[Path]) -> None:
    """Makes a folder and its parents; adds those that it makes to `made`, outermost first."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"{folder} is not a folder")
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        made.append(path)
