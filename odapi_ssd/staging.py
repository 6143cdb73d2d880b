"""Puts a command's output in place only when all of it is complete.

Files are made in a hidden folder within the output folder, so that they can be renamed (a sibling
might lie on another file system). What they replace is kept until all are in place; any failure,
also Ctrl-C, puts everything back and leaves no folder that was not there.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from odapi_ssd.errors import OdapiError

__all__ = ["publish", "staging_folder"]


@contextlib.contextmanager
def staging_folder(output_dir: Path) -> Iterator[Path]:
    """Gives an empty folder within the output folder and removes it in the end, come what may.

    Args:
        output_dir: made, with its parents, if it does not exist; removed again on failure.

    Raises:
        OdapiError: the file system refuses (no room, no right, a file in the way).
    """
    made: list[Path] = []
    staging = None
    try:
        made = _make_folders(output_dir)
        staging = Path(tempfile.mkdtemp(dir=output_dir, prefix=".incomplete-"))
        yield staging
    except BaseException as error:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise OdapiError(
                f"Cannot write to {output_dir}: {error.strerror or error}.",
                hint="see to room and rights there; nothing was changed.",
            ) from error
        raise
    shutil.rmtree(staging, ignore_errors=True)


def publish(staging: Path, output_dir: Path, stale_names: Iterable[str] = ()) -> None:
    """Moves all that a staging folder holds to its final names, all or nothing.

    Args:
        staging: a folder from `staging_folder`.
        output_dir: where its files and folders go, in place of those of the same name.
        stale_names: files or folders of the output folder that go away with this.
    """
    names = sorted(path.name for path in staging.iterdir())
    previous = Path(tempfile.mkdtemp(dir=output_dir, prefix=".previous-"))
    try:
        for name in sorted({*names, *stale_names}):
            if (output_dir / name).exists():
                (output_dir / name).rename(previous / name)
        for name in names:
            (staging / name).rename(output_dir / name)
    except BaseException:
        _put_back(previous, output_dir, staging, names)
        raise
    shutil.rmtree(previous, ignore_errors=True)


def _put_back(previous: Path, output_dir: Path, staging: Path, names: Iterable[str]) -> None:
    for name in names:
        if not (staging / name).exists() and (output_dir / name).exists():
            (output_dir / name).rename(staging / name)
    for path in list(previous.iterdir()):
        path.rename(output_dir / path.name)
    previous.rmdir()


def _make_folders(folder: Path) -> list[Path]:
    """Makes a folder and its parents; returns those that were not there, outermost first."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    missing.reverse()
    for path in missing:
        path.mkdir(exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(20, f"{folder} is no folder")
    return missing
