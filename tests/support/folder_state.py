"""What a tree of folders holds, to be compared before and after a command."""

import hashlib
import os
from pathlib import Path

State = dict[str, tuple[object, ...]]


def state_of(*roots: Path) -> State:
    """Each file's digest, mode and time, each link's target, each folder's existence, by path."""
    state: State = {}
    for root in roots:
        for folder, folders, files in os.walk(root):
            for name in (*folders, *files):
                path = Path(folder, name)
                state[str(path)] = _state(path)
    return state


def changes(before: State, after: State) -> set[str]:
    """The paths that were added, changed or removed."""
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def _state(path: Path) -> tuple[object, ...]:
    if path.is_symlink():
        return ("link", os.readlink(path))
    if path.is_dir():
        return ("folder", path.stat().st_mode)
    status = path.stat()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return ("file", digest, status.st_mode, status.st_mtime_ns)
