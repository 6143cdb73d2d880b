"""Trials of `faults.py` on real processes."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.faults import (
    CTRL_C_TWICE,
    FULL_DISK,
    HANG_UP,
    KILL,
    PIPE,
    READ_ONLY,
    TERM,
    TWO,
    USER_FILES,
    Job,
    Outcome,
    Tree,
    Trial,
    message_faults,
    tree_of,
)
from tests.support.watched_process import (
    NO_RIGHTS_OF_ROOT,
    Ended,
    WatchedProcess,
    limit_file_size,
)

__all__ = ["run_trial", "undisturbed_seconds"]

_SIGNALS = {KILL: signal.SIGKILL, TERM: signal.SIGTERM, HANG_UP: signal.SIGHUP}
_STATUSES = {TERM: 143, HANG_UP: 129, CTRL_C_TWICE: 130, PIPE: 1, FULL_DISK: 1, READ_ONLY: 1}
# The rest of a run is Python's own end, when all is done.
_LAST_MOMENT = 0.95
# A dead command's temporary folder is left alone for a minute: it may be a living one's, just made.
_LATER_SECONDS = 120


def undisturbed_seconds(job: Job, out: Path, folder: Path) -> float:
    """Runs a job to its end, which must be a good one; returns its processor time."""
    seconds = [0.0]
    process = WatchedProcess(job.arguments(out), folder)
    process.wait_until(lambda: bool(seconds.append(max(seconds[-1], process.work_seconds()))))
    ended = process.finish()
    assert (ended.status, ended.survivors, ended.stray) == (0, [], []), ended
    return seconds[-1]


def run_trial(job: Job, trial: Trial, folder: Path, *, rerun: bool) -> Outcome:
    """Injects a fault into a job and collects what it has shown.

    Args:
        job: the command.
        trial: the fault.
        folder: an empty one.
        rerun: whether the same command is run again.
    """
    out = folder / "out"
    outcome = Outcome(job.command, trial.fault)
    if trial.fault == FULL_DISK:
        _on_a_full_disk(job, trial, folder, outcome, rerun)
    elif trial.fault == READ_ONLY:
        _in_a_read_only_folder(job, trial, folder, outcome, rerun)
    else:
        before = _prepare(job, trial, out)
        strike = _two_at_once if trial.fault == TWO else _strike
        ended, outcome.has_struck = strike(job, trial, out, folder, outcome)
        _look(job, trial, out, before, ended, outcome)
        if rerun:
            outcome.rerun = _run_again(job, out, folder)
    return outcome


def _prepare(job: Job, trial: Trial, out: Path) -> Tree:
    if trial.has_earlier:
        job.add_earlier(out)
        (out / "notes.txt").write_text("the user's\n")
        (out / ".incomplete-mine").mkdir()
        (out / ".incomplete-mine" / "kept.txt").write_text("the user's\n")
    return tree_of(out)


def _strike(
    job: Job, trial: Trial, out: Path, folder: Path, outcome: Outcome
) -> tuple[Ended, bool]:
    """Starts the command and ends it with a signal or by closing what it prints to."""
    pipe = ("stdout", "both")[trial.number // 2 % 2] if trial.fault == PIPE else ""
    process = WatchedProcess(job.arguments(out), folder / "struck", pipe=pipe)
    share = (trial.number + trial.random(job.command).random()) / trial.num_trials
    moment = share * _LAST_MOMENT * job.work_seconds
    if trial.is_aimed:
        struck = process.wait_until(lambda: job.is_writing(out), at_once=True)
    else:
        struck = process.wait_until(lambda: process.work_seconds() >= moment)
    outcome.num_done = job.num_done(out) if struck else 0
    if struck and trial.fault == PIPE:
        process.close_pipe()
    elif struck and trial.fault == CTRL_C_TWICE:
        process.send(signal.SIGINT)
        time.sleep(trial.random(job.command).choice([0.0, 0.05, 0.3, 1.0]))
        process.send(signal.SIGINT)
    elif struck:
        process.send(_SIGNALS[trial.fault])
    return process.finish(), struck


def _two_at_once(
    job: Job, trial: Trial, out: Path, folder: Path, outcome: Outcome
) -> tuple[Ended, bool]:
    """Starts the command twice; the second one while the first has its lock, or both at once.

    The first one is the one whose end is looked at; it is not disturbed.
    """
    first = WatchedProcess(job.arguments(out), folder / "first")
    has_lock = trial.number % 2 == 1 or first.wait_until(
        lambda: (out / job.lock_name).exists(), at_once=True
    )
    second = WatchedProcess(job.arguments(out), folder / "second")
    ends = [first.finish(), second.finish()]
    refused = [ended for ended in ends if "Error: Another process " in ended.errors]
    for ended in refused:
        outcome.lost += message_faults(ended, 1)
        outcome.left += [f"after the refusal: {one}" for one in _strays(ended)]
    if len(refused) > 1:
        outcome.lost.append("both were refused")
    if trial.number % 2 == 0 and (not has_lock or ends[1] not in refused):
        outcome.lost.append(f"the second one was not refused: {ends[1]}")
    return next((ended for ended in ends if ended not in refused), ends[0]), True


def _look(job: Job, trial: Trial, out: Path, before: Tree, ended: Ended, outcome: Outcome) -> None:
    """Looks at what an ended command has done, said and left."""
    status = 0 if not outcome.has_struck else _STATUSES.get(trial.fault, 0)
    if trial.fault != KILL or not outcome.has_struck:
        is_done = not job.wrong_result(out)
        is_untouched = tree_of(out) == before
        number = status - 128
        # Python ends at once while it starts, before any work, and when all is done.
        at_the_edge = ended.status == -number and (is_done or is_untouched) and not ended.errors
        at_the_edge |= is_untouched and number == signal.SIGINT and _ended_while_importing(ended)
        if not at_the_edge and not (ended.status == 0 and is_done):
            outcome.lost += message_faults(ended, status)
        outcome.left += job.own_leftovers(before, out) + _strays(ended)
    else:
        outcome.expected_left += job.own_leftovers(before, out) + ended.stray
        outcome.left += ended.survivors
    if ended.is_late:
        outcome.lost.append("it did not end")
    outcome.lost += job.lost(before, out, ended, outcome)


def _ended_while_importing(ended: Ended) -> bool:
    """Whether Python itself has told of Ctrl-C, before the command's first line."""
    return ended.errors.rstrip().endswith("KeyboardInterrupt") and ", in main\n" not in ended.errors


def _strays(ended: Ended) -> list[str]:
    return [*(f"lives on: {one}" for one in ended.survivors), *ended.stray]


def _run_again(job: Job, out: Path, folder: Path) -> list[str]:
    """Runs the same command, some minutes later as it were; returns what is wrong then."""
    before = tree_of(out)
    again = folder / "struck"
    for path in (again / "tmp").glob("*"):
        then = time.time() - _LATER_SECONDS
        os.utime(path, (then, then))
    ended = WatchedProcess(job.arguments(out), again).finish()
    faults = message_faults(ended, 0) + _strays(ended)
    if ended.status == 0:
        faults += job.wrong_result(out) + job.own_leftovers(before, out)
        faults += _lost_files_of_the_user(before, out)
    return [f"again: {one}" for one in faults]


def _lost_files_of_the_user(before: Tree, out: Path) -> list[str]:
    now = tree_of(out)
    return [f"lost {one}" for one in USER_FILES if before.get(one) != now.get(one)]


def _in_a_read_only_folder(
    job: Job, trial: Trial, folder: Path, outcome: Outcome, rerun: bool
) -> None:
    out = folder / "out"
    before = _prepare(job, trial, out)
    locked = out if trial.has_earlier else folder / "parent"
    if not trial.has_earlier:
        out = locked / "out"
        locked.mkdir()
    locked.chmod(0o555)
    try:
        ended = WatchedProcess(
            job.arguments(out), folder / "struck", first=NO_RIGHTS_OF_ROOT
        ).finish()
    finally:
        locked.chmod(0o755)
    _look(job, trial, out, before, ended, outcome)
    if tree_of(out) != before:
        outcome.lost.append("the read-only folder has changed")
    if rerun:
        outcome.rerun = _run_again(job, out, folder)


def _on_a_full_disk(job: Job, trial: Trial, folder: Path, outcome: Outcome, rerun: bool) -> None:
    """Runs the command where its output does not fit, then again with more room."""
    num_bytes = int(job.disk_bytes * (0.2 + 0.8 * trial.random(job.command).random()))
    disk = folder / "disk"
    disk.mkdir()
    with _small_disk(disk) as resize:
        out = disk / "out"
        before = _prepare(job, trial, out)
        num_used = sum(path.stat().st_blocks * 512 for path in disk.rglob("*"))
        first = "" if resize(num_used + num_bytes) else limit_file_size(num_bytes)
        ended = WatchedProcess(job.arguments(out), folder / "struck", first=first).finish()
        _look(job, trial, out, before, ended, outcome)
        if ended.status == 0:
            outcome.lost.append(f"it ended with status 0 on a disk of {num_bytes} bytes")
        if rerun:
            resize(0)
            outcome.rerun = _run_again(job, out, folder)


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[Callable[[int], bool]]:
    """A file system in memory, if one may be mounted; yields what sets its size.

    The function returns False where none could be mounted; 0 bytes are as much as there is.
    """
    mount = ["mount", "-t", "tmpfs", "-o", "size=100%", "tmpfs", str(folder)]
    is_mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0

    def resize(num_bytes: int) -> bool:
        if is_mounted:
            options = f"remount,size={num_bytes or '100%'}"
            subprocess.run(["mount", "-o", options, str(folder)], capture_output=True, check=True)
        return is_mounted

    try:
        yield resize
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
