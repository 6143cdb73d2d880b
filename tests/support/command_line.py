"""Runs the command line as a user does, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def run_odapi_ssd(
    *arguments: object,
    cwd: Path | None = None,
    preexec_fn: Callable[[], None] | None = None,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """The finished process of `odapi-ssd ARGUMENTS`, whatever its status.

    Args:
        *arguments: the command and its arguments.
        cwd: its current folder.
        preexec_fn: as for `subprocess`; from `small_disk`, for example.
        **environment: environment variables to set.
    """
    return subprocess.run(
        [sys.executable, "-m", "odapi_ssd", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        preexec_fn=preexec_fn,
        env={**os.environ, **environment},
        timeout=900,
    )


def start_odapi_ssd(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    """The running process of `odapi-ssd ARGUMENTS`, with pipes for what it prints."""
    return subprocess.Popen(
        [sys.executable, "-m", "odapi_ssd", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def heavy_imports(code: str) -> tuple[list[str], str]:
    """Which packages that take long to import some code imports, and what it prints.

    In a process of its own, as other tests import them all.
    """
    heavy = ("tensorflow", "object_detection", "numpy", "PIL", "lxml", "rich", "google", "absl")
    end = f"\nimport sys\nprint(*(name for name in {heavy!r} if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code + end], capture_output=True, text=True, check=True, cwd="/"
    )
    *printed, imported = done.stdout.splitlines()
    return imported.split(), "\n".join(printed)
