"""Work folders: where a command's files are until all are complete, and what a killed one leaves.

A work folder is hidden in the output folder, from where files can be renamed (a sibling might be on
another file system). It holds `new/`, the files to be published; `old/`, what they replace; and,
while they are being moved, `publishing.json`, with their digests.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.manifest import MANIFEST_NAME, Manifest

__all__ = ["WORK_PREFIX", "WorkFolder", "clear_leftovers"]

WORK_PREFIX = ".incomplete-odapi-ssd-"
_JOURNAL = "publishing.json"
_DRAFT = "publishing.draft"


@dataclass(frozen=True)
class WorkFolder:
    """A work folder in an output folder.

    Attributes:
        path: its path.
    """

    path: Path

    @classmethod
    def make(cls, output_dir: Path) -> "WorkFolder":
        """Makes an empty one; raises OSError where that fails."""
        work = cls(Path(tempfile.mkdtemp(dir=output_dir, prefix=WORK_PREFIX)))
        work.new.mkdir()
        work.old.mkdir()
        return work

    @property
    def new(self) -> Path:
        """The files to be published."""
        return self.path / "new"

    @property
    def old(self) -> Path:
        """What they replace, while they are moved."""
        return self.path / "old"

    def swap(self, names: Iterable[str], stale: Iterable[str], added: Manifest) -> None:
        """Moves the new files in place and what they replace to `old`: all or, on failure, none.

        Args:
            names: in `new`.
            stale: further names of the output folder to be moved away, if they exist.
            added: the entries of the new files, by path.
        Raises:
            OSError: a file cannot be moved, and everything is as before.
            OdapiError: that cannot be undone; the message says where the replaced files are.
        """
        output_dir, names = self.path.parent, list(names)
        added.save(self.path)
        draft = self.path / _DRAFT
        draft.write_text(json.dumps({"names": names}, allow_nan=False), encoding="utf-8")
        draft.rename(self.path / _JOURNAL)
        try:
            for name in dict.fromkeys((*names, *stale)):
                if os.path.lexists(output_dir / name):
                    (output_dir / name).rename(self.old / name)
            for name in names:
                (self.new / name).rename(output_dir / name)
        except BaseException:
            self._undo_or_explain()
            raise
        (self.path / _JOURNAL).unlink()

    def _undo_or_explain(self) -> None:
        try:
            self.undo_swap()
        except OSError as error:
            raise OdapiError(
                f"{self.path.parent} could not be restored: {error.strerror or error}.",
                hint=f"{self.old} holds what was replaced; move that back.",
            ) from error

    def undo_swap(self) -> None:
        """Puts everything back, also what a process that was killed has moved.

        Raises:
            OSError: that failed; `old` still holds what was replaced.
        """
        output_dir = self.path.parent
        try:
            names = json.loads((self.path / _JOURNAL).read_text(encoding="utf-8"))["names"]
        except FileNotFoundError:
            return
        added = Manifest.load(self.path)
        for name in names:
            if Path(name).name != name:
                raise ValueError(f"{name!r} in {_JOURNAL} is not a file name")
            was_moved = not os.path.lexists(self.new / name)
            if was_moved and os.path.lexists(output_dir / name):
                changed = added.foreign_files(output_dir, name)
                if changed and name != MANIFEST_NAME:
                    raise FileExistsError(f"{changed[0]} was changed since")
                (output_dir / name).rename(self.new / name)
        for path in list(self.old.iterdir()):
            if os.path.lexists(output_dir / path.name):
                raise FileExistsError(f"{output_dir / path.name} is there again")
            path.rename(output_dir / path.name)
        (self.path / _JOURNAL).unlink()

    def remove(self) -> None:
        """Removes it with all that is in it; not while it holds what could not be put back."""
        if not (self.path / _JOURNAL).exists():
            shutil.rmtree(self.path, ignore_errors=True)


def clear_leftovers(output_dir: Path, warn: Callable[[str], None]) -> None:
    """Removes the work folders that processes which were killed have left in a folder.

    To be called with the folder's lock held, when no other process has a work folder there. A
    publication that was interrupted is undone first.

    Args:
        output_dir: the folder.
        warn: gets a sentence for each that has to stay.
    """
    for path in sorted(output_dir.glob(f"{WORK_PREFIX}*")):
        known = {"new", "old", _JOURNAL, _DRAFT, MANIFEST_NAME}
        if path.is_symlink() or not path.is_dir() or {one.name for one in path.iterdir()} - known:
            continue
        work = WorkFolder(path)
        try:
            work.undo_swap()
        except (OSError, ValueError, KeyError, TypeError) as error:
            warn(
                f"{path} was left by a command that was killed while it replaced files, which "
                f"cannot be undone ({error}); its folder `old` holds what was replaced."
            )
            continue
        work.remove()
