"""Runs cases in worker processes, so that hangs and crashes are outcomes like any other.

A worker that dies, or takes too long, is replaced, and the case that it was at is an escape.
"""

import contextlib
import faulthandler
import gc
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from tools.fuzz.case import CaseId
from tools.fuzz.judging import ESCAPE, Outcome, judge
from tools.fuzz.target import Kind, load_target, seed_writer

__all__ = ["Limits", "run_cases", "write_seeds"]

_CHUNK = 25
_START_SECONDS = 600.0
# On top of the limit, for threads and reserved but unused addresses.
_ADDRESS_SLACK_MB = 4096
_SPAWN = multiprocessing.get_context("spawn")
_LOG, _CASE_FOLDER, _TAIL = "log.txt", "case", 4000


@dataclass(frozen=True)
class Limits:
    """What a run may take.

    Attributes:
        num_workers: processes at a time.
        seconds: for one case.
    """

    num_workers: int = 2
    seconds: float = 30.0


def write_seeds(kind: Kind, folder: Path) -> None:
    """Writes the valid files of a kind, in a process of its own: it may need TensorFlow.

    Raises:
        RuntimeError: it failed.
    """
    folder.mkdir(parents=True)
    process = _SPAWN.Process(target=_write_seeds, args=(kind, folder))
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"the valid files of {kind.name} could not be written")


def _write_seeds(kind: Kind, folder: Path) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    seed_writer(kind)(folder)


def run_cases(
    kind: Kind,
    cases: Iterable[CaseId],
    seeds: Path,
    limits: Limits,
    *,
    with_tensorflow: bool = False,
    keep: Path | None = None,
) -> Iterator[Outcome]:
    """Runs cases of one kind and yields their outcomes as they come.

    Args:
        kind: of all cases.
        cases: which ones, in order.
        seeds: what `write_seeds` wrote.
        limits: see there.
        with_tensorflow: whether the target compares with TensorFlow.
        keep: gets the folder of each escape, named after the case.
    """
    waiting = deque(cases)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as root, contextlib.ExitStack() as stack:
        workers: list[_Worker] = []
        for index in range(min(limits.num_workers, -(-len(waiting) // _CHUNK) or 1)):
            job = _Job(kind, seeds, Path(root) / str(index), with_tensorflow, keep)
            workers.append(_Worker(job, limits.seconds))
            stack.callback(workers[-1].end)
        while waiting or any(worker.pending for worker in workers):
            for worker in workers:
                worker.give(waiting)
            wait([worker.connection for worker in workers if worker.pending], timeout=0.5)
            for worker in workers:
                yield from worker.collect()


@dataclass(frozen=True)
class _Job:
    """What a worker process needs to know."""

    kind: Kind
    seeds: Path
    folder: Path
    with_tensorflow: bool
    keep: Path | None


class _Worker:
    """One worker process and the cases that it was given; a new process when that is gone."""

    def __init__(self, job: _Job, seconds: float):
        self.pending: deque[CaseId] = deque()
        self._job, self._seconds = job, seconds
        self._start()

    def _start(self) -> None:
        shutil.rmtree(self._job.folder, ignore_errors=True)
        self._job.folder.mkdir(parents=True)
        self.connection, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_work, args=(self._job, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._is_ready = False
        self._since = time.monotonic()

    def give(self, waiting: deque[CaseId]) -> None:
        """Takes the next cases if it has none."""
        if not self.pending and waiting:
            self.pending.extend(waiting.popleft() for _ in range(min(_CHUNK, len(waiting))))
            self._since = time.monotonic()
            self._send()

    def _send(self) -> None:
        with contextlib.suppress(OSError):  # It is gone; `collect` finds out.
            self.connection.send(list(self.pending))

    def collect(self) -> Iterator[Outcome]:
        """The outcomes that have arrived, that of a case that ended the process included."""
        try:
            while self.pending and self.connection.poll():
                outcome = self.connection.recv()
                self._since = time.monotonic()
                if outcome is None:
                    self._is_ready = True
                    continue
                self.pending.popleft()
                yield outcome
        except (EOFError, OSError):
            self._process.join()
            yield from self._replace(_death(self._process.exitcode))
            return
        limit = self._seconds if self._is_ready else _START_SECONDS
        if self.pending and time.monotonic() - self._since > limit:
            self.end()
            yield from self._replace(f"takes more than {limit:g} seconds")

    def _replace(self, summary: str) -> Iterator[Outcome]:
        log = self._job.folder / _LOG
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        if not self._is_ready:
            raise RuntimeError(f"a worker did not start: {text[-_TAIL:]}")
        case = self.pending.popleft()
        _keep(self._job, case)
        self.connection.close()
        self._start()
        if self.pending:
            self._send()
        crash = max(text.rfind("Fatal Python error") - 1000, 0)
        yield Outcome(str(case), ESCAPE, summary, text[crash:][:_TAIL])

    def end(self) -> None:
        """Ends the process, whatever it is doing."""
        self._process.kill()
        self._process.join()


def _death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"the process died of {signal.Signals(-exit_code).name}"
    return f"the process ended with status {exit_code}"


def _keep(job: _Job, case: CaseId) -> None:
    if job.keep is not None:
        name = str(case).replace(":", "-")
        shutil.rmtree(job.keep / name, ignore_errors=True)
        shutil.copytree(job.folder / _CASE_FOLDER, job.keep / name, symlinks=True)


def _work(job: _Job, connection: Connection) -> None:
    """A worker process: a target, made once, and case after case."""
    _redirect_output(job.folder / _LOG)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")
    sys.dont_write_bytecode = True  # A module imported in a case is none of the case's doings.
    tempfile.tempdir = str(job.folder / _CASE_FOLDER)
    target = load_target(job.kind, job.seeds, job.with_tensorflow)
    gc.freeze()
    _limit_memory(job.kind.memory_mb)
    connection.send(None)
    while True:
        try:
            cases = connection.recv()
        except EOFError:
            return
        for case in cases:
            outcome = judge(target, case, job.folder / _CASE_FOLDER, job.kind.memory_mb)
            if outcome.verdict == ESCAPE:
                _keep(job, case)
            connection.send(outcome)


def _redirect_output(path: Path) -> None:
    """Sends what libraries print, and the stack of a crash, to a file."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.close(file)
    faulthandler.enable()


def _limit_memory(memory_mb: int) -> None:
    """So that a case which asks for too much ends itself, and not the machine."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + (memory_mb + _ADDRESS_SLACK_MB) * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
