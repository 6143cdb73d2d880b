"""Output that appears complete or not at all: single files, and folders of them.

A single file is written beside its place and renamed into it. The files of a command are made in a
hidden folder within the output folder, so that they can be renamed (a sibling might lie on another
file system). What they replace is kept until all are in place; any failure, also Ctrl-C, puts
everything back and leaves no folder that was not there. Only the end of the process itself (kill
-9) can leave `.incomplete-*` and `.previous-*` behind; they are never touched again, as another
process may be at work in them.
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

# What a write, which knows no file's name, says of the file system.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes a UTF-8 file, which appears under its name only when it is complete.

    Args:
        path: the file; missing folders are made; one that is there is replaced, its
            mode kept.
        text: its content.
    Raises:
        OdapiError: it cannot be written.
    """
    path = Path(path).resolve()  # a link stays one
    temporary = path.parent / f".{path.name}.{secrets.token_hex(8)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Unlike `tempfile`, which makes files for their owner alone, this heeds the umask.
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
    """Gives an empty folder within the output folder and removes it in the end, come what may.

    Args:
        output_dir: made, with its parents, if it does not exist; removed again on failure.

    Raises:
        OdapiError: the file system refuses (no room, no right, a file in the way). An OSError of
            the body that is not about the output folder passes unchanged.
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
                hint="see to room and rights there; nothing was changed.",
            ) from error
        raise
    shutil.rmtree(staging, ignore_errors=True)


def _is_about(error: OSError, output_dir: Path) -> bool:
    """Whether an error says that the output folder cannot be written."""
    named = [name for name in (error.filename, error.filename2) if isinstance(name, str | Path)]
    if not named:
        return error.errno in _NO_ROOM
    folder = Path(os.path.abspath(output_dir))
    return any(Path(os.path.abspath(name)).is_relative_to(folder) for name in named)


def publish(staging: Path, output_dir: Path, stale_names: Iterable[str] = ()) -> None:
    """Moves all that a staging folder holds to its final names, all or nothing.

    Args:
        staging: a folder from `staging_folder`.
        output_dir: where its files and folders go, in place of those of the same name.
        stale_names: files or folders of the output folder that go away with this.

    Raises:
        OdapiError: a file is where a folder must go, or a folder where a file must, and nothing
            was changed; or what was there cannot be put back after a failure.
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
                f"{output_dir} could not be left as it was: {error.strerror or error}.",
                hint=f"{previous} holds what was replaced; move it back from there.",
            ) from error
        raise
    try:
        shutil.rmtree(previous, ignore_errors=True)
    except KeyboardInterrupt:
        shutil.rmtree(previous, ignore_errors=True)
        raise


def _refuse_other_kinds(staging: Path, output_dir: Path, names: Iterable[str]) -> None:
    """A folder under a file's name, or the other way round, is nothing that we have written."""
    for name in names:
        target = output_dir / name
        if target.exists() and target.is_dir() != (staging / name).is_dir():
            here, there = ("folder", "file") if target.is_dir() else ("file", "folder")
            raise OdapiError(
                f"{target} is a {here}, and a {there} of that name is to be written.",
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
        raise NotADirectoryError(errno.ENOTDIR, f"{folder} is no folder")
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        made.append(path)
