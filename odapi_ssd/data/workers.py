"""Runs a function over many items in worker processes and yields the results in order.

Workers are spawned, never forked: a fork of a process that holds TensorFlow's threads can hang.
They live no longer than the process that started them, however that ends, and they leave the
signals that ask for an end (Ctrl-C, SIGTERM, a closed terminal) to it.
"""

import collections
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import TypeVar

from odapi_ssd.errors import OdapiError

__all__ = ["count_cores", "map_in_order"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# Results wait in memory until their turn; this bounds how many.
_MAX_WAITING_PER_WORKER = 16

# Sent to every process of a terminal or a service; SIGHUP exists on POSIX alone.
_END_SIGNALS = {signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGINT)}


def count_cores() -> int:
    """The cores that this process may use; in a container, fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_in_order(
    function: Callable[[_Item], _Result], items: Sequence[_Item], num_workers: int
) -> Generator[_Result, None, None]:
    """Yields `function(item)` for each item, in the items' order.

    Args:
        function: a module's top-level function, so that workers can import it.
        items: its arguments; each must pickle.
        num_workers: at least 1; with 1, all runs in this process.

    Raises:
        OdapiError: a worker process died.
    """
    num_workers = min(num_workers, len(items))
    if num_workers <= 1:
        yield from map(function, items)
        return
    with _end_signals_held_back():  # It starts Python's process that keeps track of semaphores.
        pool = ProcessPoolExecutor(
            num_workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_end_with_parent,
        )
    try:
        with contextlib.closing(_yield_in_order(pool, function, items, num_workers)) as results:
            yield from results
    except BrokenProcessPool as error:
        raise OdapiError(
            "A worker process died, most likely for lack of memory.",
            hint="run again with --num_workers 1.",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _yield_in_order(
    pool: ProcessPoolExecutor,
    function: Callable[[_Item], _Result],
    items: Sequence[_Item],
    num_workers: int,
) -> Generator[_Result, None, None]:
    waiting: collections.deque[Future[_Result]] = collections.deque()
    for item in items:
        with _end_signals_held_back():
            waiting.append(pool.submit(function, item))
        if len(waiting) >= num_workers * _MAX_WAITING_PER_WORKER:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


@contextlib.contextmanager
def _end_signals_held_back() -> Iterator[None]:
    """Delays the signals that ask for an end; processes started in the block never get one.

    They reach every process of the terminal. The parent alone should answer them; a worker would
    print a traceback even while it starts, before it could ignore the signal, and the
    parent would take its end for a lack of memory. Processes inherit the mask.
    """
    if not hasattr(signal, "sigwaitinfo"):  # Without it a worker could not be ended by its parent.
        yield
        return
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, _END_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)


def _end_with_parent() -> None:
    """Makes this worker end when its parent is gone, or tells it to; runs in the worker."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_await_end, args=(parent.sentinel,), daemon=True).start()
    if hasattr(signal, "sigwaitinfo"):
        threading.Thread(target=_await_sigterm, args=(parent.pid,), daemon=True).start()


def _await_end(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)  # Nobody is left to tell; sys.exit would end this thread alone.


def _await_sigterm(parent_pid: int | None) -> None:
    """Obeys the SIGTERM of a pool that gives up its workers; those of others are the parent's."""
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != parent_pid:
        pass
    os._exit(1)
