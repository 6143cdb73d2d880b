"""A lock on a folder, so that two processes do not write there at once.

It is the kernel's (`flock`), which ends with the process that holds it, however that dies. The lock
file says who holds it; it goes away with the lock, and one that a dead process has left is no lock.
"""

import contextlib
import errno
import importlib
import importlib.util
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from odapi_ssd.errors import OdapiError
from odapi_ssd.interrupts import delayed

__all__ = ["locked_folder"]

# Not on Windows.
fcntl: Any = importlib.import_module("fcntl") if importlib.util.find_spec("fcntl") else None
_MOUNTS = Path("/proc/self/mountinfo")
_UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@contextlib.contextmanager
def locked_folder(
    folder: Path, name: str, warn: Callable[[str], None] = lambda text: None
) -> Iterator[bool]:
    """Holds a folder's lock for the block.

    Args:
        folder: exists.
        name: of the lock file; processes with the same name exclude each other.
        warn: gets a sentence if the file system has no locks, or only locks of this machine.
    Yields:
        Whether the folder is locked; False if its file system cannot do that.
    Raises:
        OdapiError: another process holds the lock.
        OSError: the folder cannot be written.
    """
    descriptor = None
    try:
        with delayed():
            descriptor = _lock(folder / name)
        if descriptor is None:
            warn(
                f"{folder} is on a file system without locks: make sure that no other process "
                "writes there."
            )
            yield False
            return
        file_system = _unshared_locks(folder)
        if file_system:
            warn(
                f"{folder} is on a file system ({file_system}) whose locks other machines do not "
                "see: make sure that none of them writes there."
            )
        _write_holder(descriptor)
        yield True
    finally:
        if descriptor is not None:
            with contextlib.suppress(OSError):
                (folder / name).unlink()
            os.close(descriptor)


def _lock(path: Path) -> int | None:
    """The locked file's descriptor; None where there are no locks."""
    while fcntl is not None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                os.truncate(descriptor, 0)  # it may name a dead process
                return descriptor
        except OSError as error:
            is_held = isinstance(error, BlockingIOError)
            holder = _describe_holder(path) if is_held else ""
            os.close(descriptor)
            if is_held:
                raise OdapiError(
                    f"Another process writes to {path.parent}: {holder}.",
                    hint="wait for it or end it, or give another folder.",
                ) from error
            if error.errno in _UNSUPPORTED:
                with contextlib.suppress(OSError):
                    path.unlink()
                return None
            raise
        # Its holder has removed it between the two calls: whoever comes next makes a new one.
        os.close(descriptor)
    return None


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _write_holder(descriptor: int) -> None:
    holder = {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        "command": " ".join(sys.argv),
    }
    os.pwrite(descriptor, json.dumps(holder, allow_nan=False).encode(), 0)


def _describe_holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        process, host, since = (holder[key] for key in ("process", "host", "since"))
        return f"process {process} on {host}, since {since} ({holder['command']})"
    except (OSError, ValueError, TypeError, KeyError):
        return "it has not said which yet"


def _unshared_locks(folder: Path) -> str:
    """The kind of a file system whose locks are this machine's alone; empty for others.

    A local disk is of this machine anyway. NFS passes `flock` on to its server unless it is mounted
    with local locks, SMB always does; of file systems in user space, few do.
    """
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    path = os.path.realpath(folder)
    for line in lines:
        # ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [FIELDS…] - TYPE SOURCE SUPEROPTIONS
        head, _, tail = line.partition(" - ")
        mount_point = "".join(head.split(" ")[4:5]).replace("\\040", " ")
        is_below = (path + "/").startswith(mount_point.rstrip("/") + "/")
        if is_below and len(mount_point) >= len(best):
            best, kind = mount_point, _kind_if_unshared(tail)
    return kind


def _kind_if_unshared(tail: str) -> str:
    kind, _, options = tail.partition(" ")
    if kind.startswith("nfs"):
        is_local = any(
            option in options for option in ("local_lock=all", "local_lock=flock", "nolock")
        )
        return kind if is_local else ""
    is_remote = kind.startswith("fuse.") or kind in ("9p", "afs", "vboxsf", "drvfs")
    return kind if is_remote else ""
