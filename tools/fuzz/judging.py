"""Runs one case in this process and judges what came of it.

An escape is: an exception other than OdapiError, more memory than the kind is allowed, a write or
removal outside of the case's folder, a network connection, another program, or a message that is
not for users. Hangs and crashes are judged from outside, by `workers`. Needs Linux.
"""

import os
import re
import shutil
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odapi_ssd.errors import OdapiError
from tools.fuzz.case import CaseId
from tools.fuzz.target import Observation, Target

__all__ = ["ACCEPTED", "ESCAPE", "REFUSED", "Outcome", "judge", "unfit_for_users"]

ACCEPTED, REFUSED, ESCAPE = "accepted", "refused", "escape"

# What Python and the libraries say among themselves.
_RAW_TEXT = re.compile(
    r"\{\{(function_)?node|Traceback|not an sstable|\[Op:|tensorflow/core|site-packages"
    r"|\.cc:\d|\bobject at 0x|<class '|codec can't|weights_only|NoneType|object has no attribute"
    r"|not subscriptable|not iterable|invalid literal|could not convert|out of range for"
    r"|index out of range|(Value|Type|Key|Attribute|Index|Memory|Runtime|Unicode\w*)Error"
    r"|\bErrno\b|bad_alloc|Unable to allocate|positional argument|cannot unpack|to unpack"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MAX_LINE = 10_000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Events of Python's audit hooks, with the places of paths and of the folders they are relative to.
_PATHS_OF_EVENT = {
    "os.link": ((0, 2), (1, 3)),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
}
_FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec")


@dataclass(frozen=True)
class Outcome:
    """What came of one case.

    Attributes:
        case: its text.
        verdict: ACCEPTED, REFUSED or ESCAPE.
        summary: of an escape, in a line that is the same for all of one cause.
        details: the traceback, or what else is known.
        mutation: what the case did to valid files, in words.
        remarks: as the target made them.
        seconds: how long the program took.
        memory_mb: how much it needed at its peak.
    """

    case: str
    verdict: str
    summary: str = ""
    details: str = ""
    mutation: str = ""
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0
    memory_mb: float = 0.0


def judge(target: Target, case: CaseId, folder: Path, memory_mb: int) -> Outcome:
    """Runs one case.

    Args:
        target: of the case's kind.
        case: which one.
        folder: made for the case, and the current folder meanwhile; left for the caller.
        memory_mb: more is an escape.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    earlier = Path.cwd()
    os.chdir(folder)
    try:
        mutation = target.make(case.generator())
        return _run(target, case, mutation, memory_mb)
    finally:
        os.chdir(earlier)


def _run(target: Target, case: CaseId, mutation: str, memory_mb: int) -> Outcome:
    observed, escapes, details = Observation(), list[str](), ""
    before, start = _reset_peak(), time.perf_counter()
    with _watched(Path.cwd()) as deeds:
        try:
            observed = target.run()
        except OdapiError as error:
            observed.refuse([str(error)])
        except Exception as error:
            escapes.append(_describe(error))
            details = traceback.format_exc()
    seconds = time.perf_counter() - start
    needed = max(_peak_mb() - before, 0.0)
    escapes += deeds
    escapes += [text for message in observed.messages for text in unfit_for_users(message)]
    if needed > memory_mb:
        escapes.append(f"needs more than {memory_mb} MB")
    verdict = ESCAPE if escapes else REFUSED if observed.is_refused else ACCEPTED
    if escapes and not details:
        details = "\n".join(observed.messages)[:_MAX_LINE]
    return Outcome(
        str(case), verdict, "; ".join(dict.fromkeys(escapes)), details, mutation,
        tuple(observed.remarks), seconds, needed,
    )  # fmt: skip


def unfit_for_users(message: str) -> Iterator[str]:
    """What is wrong with a message to users, in words; nothing if it is fit for them."""
    if not message.strip():
        yield "an empty message"
    raw = _RAW_TEXT.search(message)
    if raw:
        yield f"a message with the raw text {raw[0]!r}: {_without_numbers(message, raw.start())}"
    if _CONTROL.search(message):
        yield f"a message with control characters: {_without_numbers(message, 0)}"
    if max(map(len, message.splitlines()), default=0) > _MAX_LINE:
        yield f"a message with a line of more than {_MAX_LINE} characters"
    try:
        message.encode()
    except UnicodeEncodeError:
        yield f"a message that is not Unicode: {_without_numbers(message, 0)}"


def _without_numbers(message: str, place: int) -> str:
    """The part of a message around a place, without what differs from case to case."""
    part = message[max(place - 40, 0) : place + 40]
    return re.sub(r"\d+", "N", part).encode("ascii", "backslashreplace").decode()


def _describe(error: BaseException) -> str:
    """An exception by its type and the program's own line that it came through last."""
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "odapi_ssd" in frame.filename or f"tools{os.sep}fuzz{os.sep}kinds" in frame.filename
    ]
    where = f"{Path(own[-1].filename).name}:{own[-1].lineno} {own[-1].name}" if own else "nowhere"
    return f"{type(error).__name__} in {where}"


class _Watch:
    """What the running case does outside of its folder; None between cases."""

    folder: str | None = None
    deeds: list[str] | None = None
    is_installed = False


@contextmanager
def _watched(folder: Path) -> Iterator[list[str]]:
    """Lists what the block does that no reader of a file may do."""
    if not _Watch.is_installed:
        sys.addaudithook(_audit)  # It cannot be removed again.
        _Watch.is_installed = True
    _Watch.folder, _Watch.deeds = str(folder), []
    try:
        yield _Watch.deeds
    finally:
        _Watch.folder = _Watch.deeds = None


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    folder, deeds = _Watch.folder, _Watch.deeds
    if folder is None or deeds is None:
        return
    # Python itself may be started: some files are read in a process with limits.
    if event in _FORBIDDEN and arguments[0] != sys.executable:
        deeds.append(f"an event {event}")
    elif event == "open":
        if isinstance(arguments[2], int) and arguments[2] & _WRITING:
            deeds += _outside(event, folder, [(arguments[0], None)])
    elif event in _PATHS_OF_EVENT:
        places = _PATHS_OF_EVENT[event]
        deeds += _outside(
            event,
            folder,
            [(arguments[i], None if j is None else arguments[j]) for i, j in places],
        )


def _outside(event: str, folder: str, paths: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    for path, dir_fd in paths:
        if isinstance(path, int) or path is None:
            continue
        start = folder
        if isinstance(dir_fd, int) and dir_fd >= 0:
            start = os.readlink(f"/proc/self/fd/{dir_fd}")
        full = os.path.normpath(os.path.join(start, os.fsdecode(path)))
        if full != "/dev/null" and not f"{full}/".startswith(f"{folder}/"):
            yield f"an event {event} outside of the case's folder: {os.path.basename(full)}"


def _reset_peak() -> float:
    """Starts to measure the peak of memory anew; returns it in MB."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak_mb()


def _peak_mb() -> float:
    # Not `getrusage`, whose peak begins with that of the process that started this one.
    peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert peak is not None
    return int(peak[1]) / 1024
