"""Memory limits, read from trees as Linux has them, and from this process's own limit."""

import subprocess
import sys

import pytest

from odapi_ssd.check.memory_limit import find_memory_limit

_GIB = 2**30
_MEMINFO = "MemTotal:       8388608 kB\nMemFree:  1 kB\nSwapTotal:       1048576 kB\n"


@pytest.fixture
def root(tmp_path):
    """A machine of 8 GiB, and 1 GiB of swap."""
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text(_MEMINFO)
    return tmp_path


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_machine_with_its_swap(root):
    found = find_memory_limit(root)
    assert (found.num_bytes, found.source) == (9 * _GIB, "this machine")


@pytest.mark.parametrize(
    ("cgroup", "files", "expected_gib"),
    [
        ("0::/job/a\n", {"job/a/memory.max": "max\n", "job/memory.max": f"{2 * _GIB}\n"}, 3),
        ("0::/job\n", {"job/memory.max": f"{4 * _GIB}", "memory.max": f"{2 * _GIB}"}, 3),
        # In a container the path is the host's, and the limit at the top.
        ("0::/docker/1234\n", {"memory.max": f"{3 * _GIB}"}, 4),
        ("0::/job\n", {"job/memory.max": "max"}, 9),
        ("0::/job\n", {"job/memory.max": f"{100 * _GIB}"}, 9),
        ("3:cpu:/\n4:hugetlb,memory:/x\n0::/\n",
         {"memory/x/memory.limit_in_bytes": f"{5 * _GIB}"}, 6),
        ("4:memory:/x\n", {"memory/x/memory.limit_in_bytes": "9223372036854771712"}, 9),
        ("4:memory:/x\n", {}, 9),
        ("nonsense\n", {}, 9),
    ],
)  # fmt: skip
def test_control_groups(root, cgroup, files, expected_gib):
    (root / "proc/self/cgroup").write_text(cgroup)
    for name, text in files.items():
        _write(root / "sys/fs/cgroup" / name, text)
    assert find_memory_limit(root).num_bytes == expected_gib * _GIB


def test_without_proc_the_system_is_asked(tmp_path):
    found = find_memory_limit(tmp_path)
    assert found.source == "this machine"
    assert found.num_bytes > _GIB // 2


def test_the_limit_of_this_process():
    """Of a process of its own, which cannot raise it again."""
    code = (
        "import resource\nfrom odapi_ssd.check.memory_limit import find_memory_limit\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({_GIB // 4}, {_GIB // 4}))\n"
        "print(find_memory_limit())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == (
        f"MemoryLimit(num_bytes={_GIB // 4}, source='this process (ulimit -v)')\n"
    )
