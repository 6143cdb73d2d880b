"""A disk that is soon full: a real one in memory, where a file system may be mounted.

Elsewhere a limit on the size of each file (`RLIMIT_FSIZE`) stands for it: writes fail in the middle
as on a full disk, with another reason.
"""

import contextlib
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SmallDisk:
    """A folder with little room.

    Attributes:
        path: the folder.
        preexec_fn: for the processes that are to write there (`subprocess`'s parameter of that
            name); None if the folder itself is small.
        reason: what a full disk is called in messages.
    """

    path: Path
    preexec_fn: Callable[[], None] | None
    reason: str

    def fill(self) -> None:
        """Takes all the room that is left, in a file `ballast`; nothing under a limit."""
        if self.preexec_fn is None:
            with contextlib.suppress(OSError), (self.path / "ballast").open("wb", 0) as file:
                while True:
                    file.write(bytes(4096))


@contextlib.contextmanager
def small_disk(path: Path, num_bytes: int) -> Iterator[SmallDisk]:
    """A small disk at a path, for as long as the block lasts.

    Args:
        path: a folder, which is made.
        num_bytes: the room; a multiple of 4,096 (of a page of memory).
    """
    path.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={num_bytes}", "tmpfs", str(path)]
    if os.geteuid() != 0 or _run("mount", *options) != 0:
        limits = (num_bytes, num_bytes)
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits)  # noqa: E731
        yield SmallDisk(path, limit, "the file would be larger than is allowed there")
        return
    try:
        yield SmallDisk(path, None, "the disk is full")
    finally:
        # Lazily, as a process that has just been killed may still have a file open there.
        if _run("umount", str(path)) != 0:
            _run("umount", "--lazy", str(path))


def _run(*command: str) -> int:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode
    except FileNotFoundError:
        return 127
