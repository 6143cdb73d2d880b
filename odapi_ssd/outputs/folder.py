"""Output folders: what a command writes appears complete or not at all, and replaces only its own.

The files are written to a work folder and moved in place at the end. What they replace is kept
until all are there; any failure or interruption puts everything back and removes the folders that
were made. A lock keeps a second command out meanwhile.
"""

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from odapi_ssd.errors import OdapiError
from odapi_ssd.file_errors import file_error_words
from odapi_ssd.folder_lock import locked_folder
from odapi_ssd.interrupts import delayed
from odapi_ssd.messages import list_some
from odapi_ssd.outputs.leftovers import WORK_PREFIX, WorkFolder, clear_leftovers
from odapi_ssd.outputs.made_folder import made_folder
from odapi_ssd.outputs.manifest import MANIFEST_NAME, Manifest, entry_of, files_below

__all__ = ["OWN_PREFIXES", "OutputFolder", "OutputTarget", "output_folder"]

OWN_PREFIXES = (".odapi-ssd", WORK_PREFIX)
"""How the names of files begin that are there beside the output."""

_LOCK_NAME = ".odapi-ssd.lock"
_NO_CONTENTS: Mapping[str, bytes] = MappingProxyType({})
# The file system's own errors, of writes that do not name a file.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
# `gs://bucket`, also with the single slash that `Path` leaves of it.
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)


@dataclass(frozen=True)
class OutputTarget:
    """A folder that a command will write to; it need not exist yet.

    Attributes:
        option: the command's option that names it: `output_dir`.
        path: the folder.
        command: the command's name: "convert".
        overwrite: replace also what the command did not write.
    """

    option: str
    path: Path
    command: str
    overwrite: bool

    def written_names(self) -> list[str]:
        """The files and folders here that runs of the command wrote, as its manifest has them."""
        return Manifest.load(self.path).names_of(self.command)

    def own_names(self) -> list[str]:
        """The files and folders here that an earlier run of the command wrote, unchanged since."""
        return Manifest.load(self.path).own_names(self.path, self.command)

    def is_own(self, name: str) -> bool:
        """Whether a file or folder is there as an earlier run of the command wrote it."""
        manifest = Manifest.load(self.path)
        return os.path.lexists(self.path / name) and not manifest.foreign_files(
            self.path, name, self.command
        )

    def is_made_of(self, input_digest: str) -> bool:
        """Whether all is there as the command's last run wrote it, from an input of that digest."""
        manifest = Manifest.load(self.path)
        is_same = manifest.input_digest == input_digest
        return is_same and manifest.is_newer_than_files(self.path, self.command)

    def require_replaceable(
        self, names: Iterable[str], contents: Mapping[str, bytes] = _NO_CONTENTS
    ) -> None:
        """Makes sure that names of the folder are free or the command's own, before any work.

        Args:
            names: of files and folders that will be written or removed.
            contents: of files that will be written, by name, as far as it is known by now. A file
                that holds just that is not in the way.
        Raises:
            OdapiError: files that the command did not write are in the way, and `overwrite` is not
                given.
        """
        manifest = Manifest.load(self.path)
        foreign = [
            path
            for name in sorted({*names, *contents})
            for path in manifest.foreign_files(self.path, name, self.command)
            if not _holds(path, contents.get(name))
        ]
        if foreign and not self.overwrite:
            raise self._refusal(foreign)

    def opened(
        self, warn: Callable[[str], None] = lambda text: None
    ) -> contextlib.AbstractContextManager["OutputFolder"]:
        """The folder made, if need be, and locked; see `output_folder`."""
        return output_folder(
            self.option, self.path, self.command, overwrite=self.overwrite, warn=warn
        )

    def _refusal(self, foreign: Iterable[Path]) -> OdapiError:
        return OdapiError(
            f"--{self.option} {self.path} holds what an earlier {self.command} did not write, or "
            f"what was edited since: {list_some(foreign)}. Nothing was changed.",
            hint="move that away or give another folder; --overwrite replaces it.",
        )


@dataclass(frozen=True)
class OutputFolder(OutputTarget):
    """A locked folder that a command writes to, from `output_folder`."""

    _work: WorkFolder

    @property
    def staging(self) -> Path:
        """The folder to write to; what is in it is moved by `publish`."""
        return self._work.new

    def clear_staging(self) -> None:
        """Removes all that is in `staging`, for a second attempt."""
        for path in self.staging.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def publish(self, stale_names: Iterable[str] = (), input_digest: str | None = None) -> None:
        """Moves all that is in `staging` in place: everything or, on failure, nothing.

        Args:
            stale_names: files or folders of the folder that are removed too, if they exist.
            input_digest: of all that the files depend on, for `is_made_of`; None if it is unknown.
        Raises:
            OdapiError: something is in the way, as in `require_replaceable`, unless it is the same
                file as the one to be written; a file would replace a folder or a folder a file,
                even with `overwrite`; or the files cannot be moved.
        """
        (self.staging / MANIFEST_NAME).unlink(missing_ok=True)  # of an attempt that failed
        names = sorted(path.name for path in self.staging.iterdir())
        stale = sorted(set(stale_names) - set(names))
        _refuse_other_kinds(self.staging, self.path, names)
        manifest = Manifest.load(self.path)
        added = Manifest({
            path.relative_to(self.staging).as_posix(): entry_of(path, self.command)
            for path in files_below(self.staging)
        })  # fmt: skip
        foreign = [
            path
            for name in (*names, *stale)
            for path in manifest.foreign_files(self.path, name, self.command)
            if added.foreign_files(self.path, path.relative_to(self.path).as_posix())
        ]
        if foreign and not self.overwrite:
            raise self._refusal(foreign)
        manifest.changed((*names, *stale), added.files, input_digest).save(self.staging)
        with delayed():
            self._work.swap([*names, MANIFEST_NAME], stale, added)


@contextlib.contextmanager
def output_folder(
    option: str,
    path: str | os.PathLike[str],
    command: str,
    *,
    overwrite: bool = False,
    warn: Callable[[str], None] = lambda text: None,
) -> Iterator[OutputFolder]:
    """Locks a command's output folder and prepares its staging folder.

    What is staged and not published is removed at the end, also after a failure; so are the folders
    that were made, if they are empty then.

    Args:
        option: the option that names the folder.
        path: the folder; made, with its parents, if it does not exist.
        command: the command's name, as in manifests.
        overwrite: replace also what the command did not write.
        warn: gets sentences about locks and about leftovers that cannot be cleared.
    Raises:
        OdapiError: the folder is remote, is being written by another process, or cannot be written
            (disk full, no permission, a file in the way). An OSError of the body about another
            file passes unchanged.
    """
    if _REMOTE.match(os.fspath(path)):
        raise OdapiError(
            f"--{option} {path} is on a remote file system.",
            hint="write into a local folder and copy that.",
        )
    folder = Path(path)
    try:
        with contextlib.ExitStack() as stack:
            with delayed():  # a signal between two of these would leave the first ones behind
                stack.enter_context(made_folder(folder))
                if stack.enter_context(locked_folder(folder, _LOCK_NAME, warn)):
                    clear_leftovers(folder, warn)
                work = WorkFolder.make(folder)
                stack.callback(_remove, work)
            yield OutputFolder(option, folder, command, overwrite, work)
    except OSError as error:
        if not _is_about(error, folder):
            raise
        raise OdapiError(
            f"Cannot write to {folder}: {file_error_words(error)}.",
            hint="check the free space and the permissions there; nothing was changed.",
        ) from error


def _remove(work: WorkFolder) -> None:
    with delayed():
        work.remove()


def _is_about(error: OSError, folder: Path) -> bool:
    """Whether an error is about the output folder: names a file in it, or no file at all."""
    named = [name for name in (error.filename, error.filename2) if isinstance(name, str | Path)]
    if not named:
        return error.errno in _NO_ROOM
    absolute = Path(os.path.abspath(folder))
    paths = [Path(os.path.abspath(name)) for name in named]
    # A parent of it, too: one that cannot be made.
    return any(one.is_relative_to(absolute) or absolute.is_relative_to(one) for one in paths)


def _holds(path: Path, content: bytes | None) -> bool:
    """Whether a file, not a link, has a content; False for None."""
    is_file = path.is_file() and not path.is_symlink()
    return content is not None and is_file and path.read_bytes() == content


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
