"""Runs a function in a process of its own, with all processes that it starts in one group.

Beam's runner on this machine waits for its workers before it lets an exception out, and the workers
wait for it. Their group is ended as a whole, also when this process is gone.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

from odapi_ssd.errors import OdapiError
from odapi_ssd.interrupts import delayed

__all__ = ["run_in_process_group"]


def run_in_process_group(function: Callable[..., None], *arguments: Any) -> None:
    """Calls a function in another process and waits for it; ends it where this is interrupted.

    Its standard error goes nowhere: what it raises says what failed.

    Args:
        function: a module's top-level function, which raises nothing but OdapiError.
        arguments: its arguments; they pickle.

    Raises:
        OdapiError: from the function; or its process died.
    """
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_call, args=(sending, function, arguments))
    with delayed():
        process.start()
    try:
        sending.close()
        result = _receive(receiving)
    finally:
        with delayed():
            # The processes that it has started are ended with it.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid or 0, signal.SIGKILL)
            process.kill()
            process.join()
            receiving.close()
    if isinstance(result, OdapiError):
        raise result


def _receive(receiving: Connection) -> OdapiError | None:
    try:
        result: OdapiError | None = receiving.recv()
    except EOFError:
        return OdapiError("The process of the pipeline died, most likely for lack of memory.")
    return result


def _call(sending: Connection, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """Runs in the process."""
    os.setpgrp()  # not another session: a terminal that is closed reaches it
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    with open(os.devnull, "wb") as nowhere:
        sys.stderr.flush()
        os.dup2(nowhere.fileno(), sys.stderr.fileno())
    try:
        function(*arguments)
    except OdapiError as error:
        sending.send(error)
    else:
        sending.send(None)


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os.killpg(0, signal.SIGKILL)
