"""The newest complete checkpoint of a folder: found by looking where the state file is no help.

The file `checkpoint` names it. After a sync that was cut short, a copy of `ckpt-*` alone or a full
disk, that file is missing, damaged or not of these checkpoints. A program that then takes the
folder for an empty one writes a new run over the old one's weights.
"""

import os
from dataclasses import dataclass

from odapi_ssd.checkpoints.folder import FoundCheckpoint, find_checkpoints, holds_files, look_at
from odapi_ssd.checkpoints.state_file import STATE_NAME, is_absolute, read_state
from odapi_ssd.checkpoints.stored_files import join, split
from odapi_ssd.checkpoints.verification import damaged_error, find_faults
from odapi_ssd.errors import OdapiError

__all__ = ["NewestCheckpoint", "holds_traces", "newest_complete"]


@dataclass(frozen=True)
class NewestCheckpoint:
    """The checkpoint to take from a folder.

    Attributes:
        prefix: the checkpoint.
        note: a sentence for a warning: why another one than the file `checkpoint` names is taken,
            or why that may not be the one that is meant; None if all is well.
    """

    prefix: str
    note: str | None


def holds_traces(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder holds any file of a checkpoint, or a file `checkpoint`.

    Raises:
        OdapiError: the folder cannot be read.
    """
    folder = os.fspath(folder)
    return holds_files(folder) or read_state(folder) is not None


def newest_complete(
    folder: str | os.PathLike[str], *, pass_over_damaged: bool = False, go_on_with: str = ""
) -> NewestCheckpoint | None:
    """The checkpoint that the file `checkpoint` names or, if that is no help, the newest one.

    Checkpoints that lack files are passed over, as those that are being copied.

    Args:
        folder: local or remote; it need not exist.
        pass_over_damaged: read every tensor, and pass over checkpoints that are damaged too; else
            the one to take is an error if a file of it is seen to be damaged.
        go_on_with: as for `verify_checkpoint`.
    Returns:
        The checkpoint; None if the folder holds no trace of any.
    Raises:
        OdapiError: there are traces, but no complete checkpoint; or the one to take is damaged.
    """
    search = _Search(os.fspath(folder), pass_over_damaged, go_on_with)
    named = search.named()
    if named is not None:
        return named
    return search.by_looking()


class _Search:
    """One look at a folder; `reasons` collects why checkpoints are not taken."""

    def __init__(self, folder: str, pass_over_damaged: bool, go_on_with: str):
        self._folder = folder
        self._pass_over_damaged = pass_over_damaged
        self._go_on_with = go_on_with
        self._found = find_checkpoints(folder)
        self._reasons: list[str] = []
        self._rejected: set[str] = set()

    def named(self) -> NewestCheckpoint | None:
        """The checkpoint that the state file names, if that can be taken."""
        path = join(self._folder, STATE_NAME)
        state = read_state(self._folder)
        if state is None:
            if self._found:
                self._reasons.append(f"{self._folder} holds no file `{STATE_NAME}`")
            return None
        if state.named is None:
            self._reasons.append(f"{path} {state.fault}")
            return None
        found = self._find(state.named)
        if found is None:
            self._reasons.append(f"{path} names {state.named}, which is not there")
            return None
        fault = self._why_not(found)
        if fault is not None:
            self._reasons.append(f"{path} names {found.name}, which {fault}")
            return None
        return NewestCheckpoint(found.prefix, self._doubt(path, state.named, found))

    def by_looking(self) -> NewestCheckpoint | None:
        """The newest checkpoint that can be taken, among those that have not been looked at."""
        for found in reversed(self._found):
            if found.prefix in self._rejected:
                continue
            fault = self._why_not(found)
            if fault is None:
                taken = f"{found.name}, the newest complete one, is taken"
                return NewestCheckpoint(found.prefix, f"{'; '.join(self._reasons)}: {taken}.")
            self._reasons.append(f"{found.name} {fault}")
        if not self._reasons:
            return None
        raise OdapiError(
            f"{self._folder} holds no complete checkpoint, but traces of one:",
            details=self._reasons,
            hint="copy all files again from where they came from (the file `checkpoint` too); for "
            "a new run, give another folder or move these files away.",
        )

    def _find(self, named: str) -> FoundCheckpoint | None:
        """The checkpoint of a name in the state file; the folder may have been moved."""
        name = split(named)[1]
        here = next((one for one in self._found if one.name == name), None)
        if here is not None and (is_absolute(named) or split(named)[0] == "."):
            return here
        return look_at(named if is_absolute(named) else join(self._folder, named))

    def _why_not(self, found: FoundCheckpoint) -> str | None:
        """Why a checkpoint cannot be taken; None if it can.

        Raises:
            OdapiError: it is damaged, and is not to be passed over.
        """
        faults = find_faults(found) if self._pass_over_damaged else found.faults
        if not faults:
            return None
        if not found.missing and not self._pass_over_damaged:
            raise damaged_error(found, faults, self._go_on_with)
        self._rejected.add(found.prefix)
        return f"cannot be used ({'; '.join(faults)})"

    def _doubt(self, path: str, named: str, taken: FoundCheckpoint) -> str | None:
        """Why the checkpoint that the state file names may not be the one that is meant."""
        newer = [one for one in self._found if one.is_complete and _is_newer(one, taken)]
        if newer:
            return f"{path} names {taken.name}, which is taken, although {newer[-1].name} is newer."
        elsewhere, folder = split(named)[0], split(taken.prefix)[0]
        if is_absolute(named) and not _is_same_folder(elsewhere, folder):
            return f"{path} names {named}, elsewhere; {taken.prefix}, of that name, is taken."
        return None


def _is_newer(one: FoundCheckpoint, other: FoundCheckpoint) -> bool:
    return one.number > other.number >= 0


def _is_same_folder(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/") or os.path.realpath(one) == os.path.realpath(other)
