"""Processes that are ended by signals while they work."""

import signal
import subprocess
import sys


def start_python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Starts Python code that says `ready` on standard output when it can be ended."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.communicate()
    return process


def end_with(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    """Sends a signal; returns the exit status and what went to standard error."""
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors
