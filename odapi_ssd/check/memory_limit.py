"""The memory that this process may use: the machine's, its control group's, or its own limit.

Linux's control groups, which containers and batch systems set, are not in `/proc/meminfo`; a
process that exceeds one is killed without a word. Both of their versions are read (Linux's
documentation, "Control Group v2" and "Memory Resource Controller").
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MemoryLimit", "find_memory_limit"]

_V1_UNLIMITED = 2**60  # version 1 writes a number near 2^63 for no limit


@dataclass(frozen=True)
class MemoryLimit:
    """A number of bytes, and whose limit that is.

    Attributes:
        num_bytes: the limit.
        source: whose it is, as the subject of a sentence: "this machine".
    """

    num_bytes: int
    source: str


def find_memory_limit(root: Path = Path("/")) -> MemoryLimit | None:
    """The lowest limit for this process; swap counts as memory. None if the system tells none.

    Args:
        root: of the file system that has `proc` and `sys`.
    """
    swap = _meminfo(root, "SwapTotal")
    limits = [
        MemoryLimit(limit + swap, "this process's control group (a container's or a job's limit)")
        for limit in _cgroup_limits(root)
    ]
    machine = _meminfo(root, "MemTotal") or _physical_memory()
    if machine:
        limits.append(MemoryLimit(machine + swap, "this machine"))
    address_space = _address_space()
    if address_space is not None:
        limits.append(MemoryLimit(address_space, "this process (ulimit -v)"))
    return min(limits, key=lambda limit: limit.num_bytes, default=None)


def _meminfo(root: Path, name: str) -> int:
    """An entry of /proc/meminfo in bytes; 0 if there is none."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (root / "proc/meminfo").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0


def _physical_memory() -> int:
    """Bytes of memory where there is no /proc/meminfo, as on macOS; 0 if unknown."""
    with contextlib.suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 0


def _cgroup_limits(root: Path) -> Iterator[int]:
    """The limits of the process's control groups and of those above them."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            number, _, rest = line.partition(":")
            controllers, _, group = rest.partition(":")
            if number == "0":
                yield from _limits_upwards(root / "sys/fs/cgroup", group, "memory.max")
            elif "memory" in controllers.split(","):
                top = root / "sys/fs/cgroup/memory"
                yield from _limits_upwards(top, group, "memory.limit_in_bytes")


def _limits_upwards(top: Path, group: str, file_name: str) -> Iterator[int]:
    """In a container the group's path may be that of the host; then only the top is there."""
    folder = top / group.lstrip("/")
    for place in (folder, *folder.parents):
        with contextlib.suppress(OSError, ValueError):  # absent, or "max"
            limit = int((place / file_name).read_text())
            if limit < _V1_UNLIMITED:
                yield limit
        if place == top:
            break


def _address_space() -> int | None:
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft
