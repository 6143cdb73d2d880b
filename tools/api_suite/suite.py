"""The API's test files: finding them, and running each in its own process."""

import ast
import concurrent.futures
import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

__all__ = ["CaseResult", "FileResult", "find_files", "read_report", "run_files"]

# Slim's own, which are TF1 code.
_SLIM = ("nets", "datasets", "deployment", "preprocessing")
# A base class, whose cases run in its subclass in model_builder_tf2_test.
_ABSTRACT = ("builders/model_builder_test",)
# The case of a file that failed before its cases ran, and whose source defines none.
_WHOLE_FILE = "(file)"
# For files that define cases without a main program to run them.
_RUN_CASES = """
import sys, odapi_ssd
odapi_ssd.register()
from absl.testing import absltest
absltest.main(module=sys.argv.pop(1))
"""
# Blocked, so that the same cases fail on every machine.
_NO_BEAM = "raise ModuleNotFoundError('the suite runs without Apache Beam', name='apache_beam')\n"
_NO_NETWORK = dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:9")


@dataclass(frozen=True)
class CaseResult:
    """One test case: `Class.method`, and "passed", "failed" or "skipped"."""

    name: str
    outcome: str
    message: str = ""


@dataclass(frozen=True)
class FileResult:
    """One test file, named by its path below `object_detection/` without `.py`.

    `error` is a failure outside of the cases: of an import, a crash, a timeout. Without a report of
    the cases, all count as failed.
    """

    name: str
    cases: tuple[CaseResult, ...]
    seconds: float
    error: str = ""

    def count(self, outcome: str) -> int:
        """Number of cases with an outcome."""
        return sum(case.outcome == outcome for case in self.cases)

    @property
    def is_green(self) -> bool:
        """Whether nothing failed."""
        return not self.error and not self.count("failed")


def find_files(prefixes: Sequence[str] = ()) -> list[str]:
    """The API's TF2 test files, sorted; given prefixes, only those that begin with one of them."""
    root = _api_dir()
    names = [
        path.relative_to(root).with_suffix("").as_posix()
        for path in root.rglob("*_test.py")
        if not path.name.endswith("_tf1_test.py") and path.relative_to(root).parts[0] not in _SLIM
    ]
    return sorted(name for name in names if not prefixes or name.startswith(tuple(prefixes)))


def run_files(
    names: Sequence[str],
    *,
    time_limit: float,
    with_odapi_ssd: bool = True,
    on_done: Callable[[FileResult], None] = lambda result: None,
) -> list[FileResult]:
    """Runs as many files at a time as there are cores; returns results in the order of the names.

    Args:
        names: of `find_files`.
        time_limit: seconds for each file.
        with_odapi_ssd: whether the patches are active.
        on_done: called with each result when its file is done.
    """
    running: set[subprocess.Popen] = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = [
            pool.submit(_run_file, name, time_limit, with_odapi_ssd, running) for name in names
        ]
        try:
            for future in concurrent.futures.as_completed(futures):
                on_done(future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(running):
                _kill(process)
            raise
        return [future.result() for future in futures]


def _run_file(
    name: str, time_limit: float, with_odapi_ssd: bool, running: set[subprocess.Popen]
) -> FileResult:
    if name in _ABSTRACT:
        return FileResult(name, (), 0)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report_path = Path(folder) / "report.xml"
        command = [*_command(name, with_odapi_ssd), f"--xml_output_file={report_path}"]
        status, output = _run(command, Path(folder), time_limit, with_odapi_ssd, running)
        cases = read_report(report_path)
    seconds = time.monotonic() - start
    error = ""
    if status is None:
        error = f"took longer than {time_limit:g} s"
    elif cases is None:
        error = _error_line(output) or f"ended with status {status} and no report"
    elif not cases:
        error = "reported no case"
    elif status != 0 and not any(case.outcome == "failed" for case in cases):
        error = f"ended with status {status}, though no case failed"
    if cases is None:
        cases = tuple(CaseResult(case, "failed", error) for case in _cases_in_source(name))
    return FileResult(name, cases, seconds, error)


def _run(
    command: Sequence[str],
    folder: Path,
    time_limit: float,
    with_odapi_ssd: bool,
    running: set[subprocess.Popen],
) -> tuple[int | None, str]:
    """Runs a command in a folder; its exit status (None: timeout) and its standard error."""
    (folder / "apache_beam.py").write_text(_NO_BEAM, encoding="utf-8")
    environment = {
        **os.environ,
        **_NO_NETWORK,
        # Hides downloads in the user's home; keeps Matplotlib's font cache, which takes seconds.
        "HOME": str(folder),
        "MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR", str(Path.home() / ".cache" / "matplotlib")),
        "TEST_TMPDIR": str(folder),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    if not with_odapi_ssd:
        environment.pop("TF_USE_LEGACY_KERAS", None)
    with (folder / "output.txt").open("w+", encoding="utf-8", errors="replace") as output:
        # Its own session, so that the processes it starts end with it.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        running.add(process)
        try:
            status = process.wait(time_limit)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            _kill(process)
            running.discard(process)
        output.seek(0)
        return status, output.read()


def _kill(process: subprocess.Popen) -> None:
    """Ends a process and all processes that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _command(name: str, with_odapi_ssd: bool) -> list[str]:
    module = name.replace("/", ".")
    if not with_odapi_ssd:
        return [sys.executable, "-m", f"object_detection.{module}"]
    if "__main__" in _source(name):
        return [sys.executable, "-m", "odapi_ssd", "api", module]
    return [sys.executable, "-c", _RUN_CASES, f"object_detection.{module}"]


def _error_line(output: str) -> str:
    """The last line that names an exception; libraries may print other lines after it."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    named = [line for line in lines if line.split(":")[0].endswith(("Error", "Exception"))]
    return (named or lines or [""])[-1]


def read_report(path: Path) -> tuple[CaseResult, ...] | None:
    """The cases of an xUnit report; None if it is missing or truncated."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    return tuple(_read_case(case) for case in root.iter("testcase"))


def _read_case(case: ElementTree.Element) -> CaseResult:
    name = f"{case.get('classname', '').rpartition('.')[2]}.{case.get('name')}"
    faults = [*case.iter("failure"), *case.iter("error")]
    if faults:
        text = faults[0].text or faults[0].get("message", "")
        return CaseResult(name, "failed", _error_line(text))
    if name.endswith((".setUpClass", ".setUpModule")):
        return CaseResult(name, "failed", "the cases of a whole class were skipped")
    is_skipped = case.find("skipped") is not None or case.get("result") == "suppressed"
    return CaseResult(name, "skipped" if is_skipped else "passed")


def _cases_in_source(name: str) -> list[str]:
    """The cases in the source of a file that does not run; a parameterized one counts once."""
    cases = [
        f"{test_class.name}.{method.name}"
        for test_class in ast.parse(_source(name)).body
        if isinstance(test_class, ast.ClassDef)
        for method in test_class.body
        if isinstance(method, ast.FunctionDef) and method.name.startswith("test")
    ]
    return cases or [_WHOLE_FILE]


def _source(name: str) -> str:
    return (_api_dir() / f"{name}.py").read_text(encoding="utf-8")


def _api_dir() -> Path:
    spec = importlib.util.find_spec("object_detection")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the package object_detection is not installed")
    return Path(spec.submodule_search_locations[0])
