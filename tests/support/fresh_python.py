"""Runs code in a Python process of its own."""

import os
import subprocess
import sys


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The finished process, which does not inherit this one's TF_USE_LEGACY_KERAS."""
    inherited = {k: v for k, v in os.environ.items() if k != "TF_USE_LEGACY_KERAS"}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**inherited, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
    )
