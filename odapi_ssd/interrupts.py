"""Ctrl-C, SIGTERM and SIGHUP: each ends a command in order, once, and never while it is ending.

A signal raises `Interrupted` in the main thread, so that `finally` and `with` tidy up and what is
done is kept. Libraries may swallow the exception or turn it into another one; it is then raised
again until the work ends. Further signals while it ends are ignored: a second Ctrl-C does not
discard what the first one saves. `kill -9` ends a command that hangs.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

__all__ = ["Interrupted", "delayed", "end_work", "ended_by_signals", "pending"]

_REASONS = {"SIGINT": "Ctrl-C", "SIGTERM": "SIGTERM", "SIGHUP": "SIGHUP, the terminal was closed"}
_SECONDS_TO_NEXT_ATTEMPT = 0.2

_UnraisableHook = Callable[["sys.UnraisableHookArgs"], object]


class Interrupted(KeyboardInterrupt):
    """The work is ended from outside.

    Attributes:
        reason: a few words: "Ctrl-C".
        status: the exit status: 128 and the signal's number, or 1.
    """

    def __init__(self, reason: str, status: int):
        super().__init__(reason)
        self.reason = reason
        self.status = status


_is_active = False
_pending: Interrupted | None = None
_num_delays = 0


def pending() -> Interrupted | None:
    """The interruption that has ended, or is to end, the block of `ended_by_signals`, if any."""
    return _pending


def end_work(reason: str, status: int) -> NoReturn:
    """Ends the work as a signal does, for another reason.

    Outside of a block of `ended_by_signals`, `pending` has it from then on until one begins.

    Args:
        reason: a few words, as in `Interrupted`.
        status: the exit status.
    Raises:
        Interrupted: always.
    """
    global _pending
    _pending = Interrupted(reason, status)
    raise _pending


@contextlib.contextmanager
def ended_by_signals(*, until_exit: bool = False) -> Iterator[None]:
    """Has signals end the work of the block.

    Only the end of the block ends an interruption: who catches it inside gets it again.

    A signal that is ignored stays so, as those of `nohup` are. Without effect outside of the main
    thread, where Python allows no handlers.

    Args:
        until_exit: the process ends after the block, so that signals are ignored from then on: none
            is to cut short its tidying up, its messages or its status.
    """
    global _pending, _is_active
    _pending = None
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {}
    for name in (*_REASONS, "SIGALRM"):
        number = getattr(signal, name, None)  # Windows lacks some
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            handlers[number] = signal.signal(number, _raise_again if name == "SIGALRM" else _end)
    _is_active = True
    unraisable_hook = sys.unraisablehook
    sys.unraisablehook = _tell_unraisable(unraisable_hook)
    try:
        yield
    finally:
        _is_active = False
        sys.unraisablehook = unraisable_hook
        _set_timer(0)
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_IGN if until_exit else handler)


@contextlib.contextmanager
def delayed() -> Iterator[None]:
    """Has a signal wait until the block is left, which should not take long.

    Only inside of a block of `ended_by_signals`: elsewhere Python's own handlers act at once.

    Raises:
        Interrupted: at the block's end, if there was a signal.
    """
    global _num_delays
    _num_delays += 1
    try:
        yield
    finally:
        _num_delays -= 1
    _raise_pending()


def _tell_unraisable(hook: _UnraisableHook) -> _UnraisableHook:
    """A hook for what is raised in destructors and callbacks, which cannot pass it on.

    An interruption there is not worth a traceback: it is raised again a moment later.
    """

    def tell(unraisable: "sys.UnraisableHookArgs") -> None:
        if not isinstance(unraisable.exc_value, Interrupted):
            hook(unraisable)

    return tell


def _end(number: int, frame: FrameType | None) -> None:
    global _pending
    if _pending is None:
        name = signal.Signals(number).name
        _pending = Interrupted(_REASONS[name], 128 + number)
    else:
        _tell(f"Ending already; `kill -9 {os.getpid()}` ends at once and may lose what is done.")
    _raise_again(number, frame)


def _raise_again(number: int, frame: FrameType | None) -> None:
    _set_timer(_SECONDS_TO_NEXT_ATTEMPT)
    _raise_pending()


def _raise_pending() -> None:
    """Raises the pending interruption, unless the work is ending or may not be interrupted now."""
    if _is_active and _pending is not None and not _num_delays and not _is_ending():
        # A new one, as one that is raised twice would have itself as context.
        raise Interrupted(_pending.reason, _pending.status)


def _is_ending() -> bool:
    """Whether an interruption is handled: a `finally`, `except` or `__exit__` runs because of it.

    Seen from a signal's handler, `sys.exc_info` is that of the code which the signal interrupted.
    """
    error = sys.exc_info()[1]
    while error is not None:
        if isinstance(error, Interrupted):
            return True
        error = error.__cause__ or error.__context__
    return False


def _set_timer(seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _tell(text: str) -> None:
    """Writes past Python's buffers, which may be in use when a signal comes."""
    with contextlib.suppress(OSError):
        os.write(2, f"{text}\n".encode())
