"""Runs a function on a file in a process of its own, with bounded memory and time.

For libraries that a damaged file can keep busy forever, or crash, or make allocate any amount of
memory: none of that can be stopped within the process.
"""

import json
import subprocess
import sys
from pathlib import Path

from odapi_ssd.errors import OdapiError

__all__ = ["run_bounded"]

# On top of what Python and the libraries take.
_MEMORY = 512 * 2**20
_CPU_SECONDS = 10
# For slow disks, on which a process waits.
_SECONDS = 120
_PROGRAM = """
import importlib, json, pathlib, resource, sys
search_path, module, function, file, memory, seconds = json.loads(sys.argv[1])
sys.path[:] = search_path
from odapi_ssd.errors import OdapiError
function = getattr(importlib.import_module(module), function)
limits = {"CPU": seconds, "CORE": 0}
statm = pathlib.Path("/proc/self/statm")
if statm.exists():  # macOS, which lacks it, has no limit on memory either
    limits["AS"] = int(statm.read_text().split()[0]) * resource.getpagesize() + memory
for kind, limit in limits.items():
    resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (limit, limit))
try:
    function(pathlib.Path(file))
except OdapiError as error:
    print(json.dumps([error.problem, error.details, error.hint]))
"""


def run_bounded(module: str, function: str, file: Path, library: str) -> None:
    """Calls a function with a path, to see what it raises; its result is dropped.

    Args:
        module: the function's module, which imports the library without delay.
        function: its name there.
        file: the path.
        library: what reads the file, for messages.
    Raises:
        OdapiError: the function's, or that it ended otherwise than by returning.
    """
    call = json.dumps(
        [sys.path, module, function, str(file), _MEMORY, _CPU_SECONDS], allow_nan=False
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, call],
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode:
        raise OdapiError(
            f"{file} is damaged: {library} cannot read it with {_MEMORY // 2**20} MB in "
            f"{_CPU_SECONDS} seconds, or crashes.",
            hint="download or copy it again.",
        )
    if done.stdout:
        problem, details, hint = json.loads(done.stdout)
        raise OdapiError(problem, details=details, hint=hint)
