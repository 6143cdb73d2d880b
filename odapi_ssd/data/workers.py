"""Runs a function over many items in worker processes and yields the results in order.

Workers are spawned, never forked: a fork of a process that holds TensorFlow's threads can hang.
They live no longer than the process that started them, however that ends, and they leave the
signals that ask for an end (Ctrl-C, SIGTERM, a closed terminal) to it.
"""

import collections
import contextlib
import functools
import importlib
import itertools
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Any, TypeVar

from odapi_ssd.errors import OdapiError

__all__ = ["WorkerPool", "count_cores", "map_in_order"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# Items travel in chunks, as each message costs about as much as checking a small image.
_CHUNK_SIZE = 8
# Results wait in memory until their turn; this bounds how many.
_MAX_WAITING_CHUNKS_PER_WORKER = 2

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
    with WorkerPool(min(num_workers, len(items))) as pool:
        yield from pool.map_in_order(function, items)


class WorkerPool:
    """Worker processes, to be used with `with`, at whose end they end.

    They start with the first call of `start` or `map_in_order`, also after `close`. With less than
    two of them, all runs in this process.
    """

    def __init__(self, num_workers: int):
        self._num_workers = num_workers
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the workers, if there are any."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)

    def start(self, *modules: str) -> None:
        """Starts the workers, which takes some tenths of a second, and does not wait for them.

        Args:
            modules: what they import first.
        """
        if self._num_workers > 1:
            for _ in range(self._num_workers):  # Each starts one, as long as none is idle.
                self._submit(modules, _do_nothing)

    def map_in_order(
        self,
        function: Callable[[_Item], _Result],
        items: Iterable[_Item],
        max_workers: int | None = None,
    ) -> Generator[_Result, None, None]:
        """Yields `function(item)` for each item, in the items' order.

        Args:
            function: pickles, as a module's top-level function does.
            items: its arguments; each must pickle. They are taken as workers get free.
            max_workers: start no more than these; with 1, all runs in this process.

        Raises:
            OdapiError: a worker process died.
        """
        if self._executor is None and max_workers is not None:
            self._num_workers = min(self._num_workers, max_workers)
        if min(self._num_workers, max_workers or self._num_workers) <= 1:
            yield from map(function, items)
            return
        try:
            with contextlib.closing(self._map_chunks(function, items)) as chunks:
                for chunk in chunks:
                    yield from chunk
        except BrokenProcessPool as error:
            raise OdapiError(
                "A worker process died, most likely for lack of memory.",
                hint="run again with --num_workers 1.",
            ) from error

    def _map_chunks(
        self, function: Callable[[_Item], _Result], items: Iterable[_Item]
    ) -> Generator[list[_Result], None, None]:
        # As bytes, it is pickled once; workers keep what they made of it.
        pickled = pickle.dumps(function)
        waiting: collections.deque[Future[list[_Result]]] = collections.deque()
        remaining = iter(items)
        while chunk := list(itertools.islice(remaining, _CHUNK_SIZE)):
            waiting.append(self._submit((), _map_chunk, pickled, chunk))
            if len(waiting) >= self._num_workers * _MAX_WAITING_CHUNKS_PER_WORKER:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _submit(
        self, modules: tuple[str, ...], function: Callable[..., _Result], *arguments: object
    ) -> Future[_Result]:
        if self._executor is None:
            # It starts Python's process that keeps track of semaphores, which lets signals through
            # again: not to be in one block with what follows.
            with _end_signals_held_back():
                self._executor = ProcessPoolExecutor(
                    self._num_workers,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_begin,
                    initargs=modules,
                )
        with _end_signals_held_back():  # It may start a worker.
            return self._executor.submit(function, *arguments)


def _begin(*modules: str) -> None:
    """The first that runs in a worker."""
    _end_with_parent()
    for name in modules:
        importlib.import_module(name)


def _do_nothing() -> None:
    """Returns."""


def _map_chunk(pickled: bytes, chunk: list[_Item]) -> list[_Result]:
    return list(map(_unpickled(pickled), chunk))


@functools.lru_cache(maxsize=1)
def _unpickled(function: bytes) -> Callable[..., Any]:
    loaded: Callable[..., Any] = pickle.loads(function)
    return loaded


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
