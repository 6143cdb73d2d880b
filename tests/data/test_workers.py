import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from odapi_ssd.data.workers import WorkerPool, map_in_order
from odapi_ssd.errors import OdapiError


def square(number):
    return number * number


def note_own_pid(folder):
    """Leaves a file named after this process, then works on for a while."""
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(0.2)


def note_own_pid_or_die(folder):
    if not folder:
        os._exit(1)
    note_own_pid(folder)


def die(number):
    os._exit(number)


@pytest.mark.parametrize("num_workers", [1, 2])
@pytest.mark.parametrize("num_items", [0, 1, 50])
def test_results_come_in_order(num_workers, num_items):
    items = list(range(num_items))
    assert list(map_in_order(square, items, num_workers)) == [number**2 for number in items]


def test_items_are_taken_as_workers_get_free():
    taken = []

    def items():
        for number in range(1000):
            taken.append(number)
            yield number

    with WorkerPool(2) as pool:
        results = pool.map_in_order(square, items())
        assert [next(results) for _ in range(3)] == [0, 1, 4]
        assert len(taken) < 100
        results.close()


def pid_and_blocked_signals(number):
    time.sleep(0.01)  # so that the other worker gets some, too
    return os.getpid(), signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_every_worker_leaves_the_signals_that_end_to_its_parent():
    with WorkerPool(2) as pool:
        found = dict(pool.map_in_order(pid_and_blocked_signals, range(200)))
    assert len(found) == 2
    for blocked in found.values():
        assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP} <= blocked


def loaded_modules(number):
    return sorted(name for name in sys.modules if name.startswith("odapi_ssd."))


def test_workers_may_be_started_before_there_is_work():
    with WorkerPool(2) as pool:
        pool.start("odapi_ssd.data.splits")
        assert "odapi_ssd.data.splits" in next(pool.map_in_order(loaded_modules, [1, 2]))
    with WorkerPool(2) as pool:
        pool.start()
    with WorkerPool(1) as pool:
        pool.start()
        assert list(pool.map_in_order(square, [3])) == [9]


def own_pid(number):
    return os.getpid()


def test_a_pool_may_be_limited_and_used_again():
    with WorkerPool(2) as pool:
        assert set(pool.map_in_order(own_pid, range(9), max_workers=1)) == {os.getpid()}
    with WorkerPool(2) as pool:
        first = set(pool.map_in_order(own_pid, range(50)))
        pool.close()
        second = set(pool.map_in_order(own_pid, range(50)))
    assert os.getpid() not in first | second
    assert not first & second
    assert all_end(first | second)


def test_what_workers_load_for_a_conversion():
    """Neither the modules of the formats nor NumPy, which would take each half of its start."""
    modules = (
        "odapi_ssd.data.preparation",
        "odapi_ssd.data.records.writer",
        "odapi_ssd.data.details",
    )
    script = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert set(modules) <= loaded
    assert not loaded & {"numpy", "lxml", "lxml.etree", "odapi_ssd.data.formats"}


def test_dead_worker_is_a_clear_error():
    with pytest.raises(OdapiError, match="worker process died"):
        list(map_in_order(die, [1, 1], 2))


def test_stopping_early_ends_the_workers():
    results = map_in_order(square, list(range(1000)), 2)
    assert next(results) == 0
    results.close()


def test_a_dead_worker_takes_the_others_along(tmp_path):
    with pytest.raises(OdapiError, match="worker process died"):
        list(map_in_order(note_own_pid_or_die, [str(tmp_path)] * 5 + [""] + [str(tmp_path)] * 5, 2))
    assert all_end(worker_pids(tmp_path))


def worker_pids(folder):
    return [int(path.name) for path in folder.iterdir()]


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def all_end(pids, seconds=10):
    deadline = time.monotonic() + seconds
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(is_running, pids))


# It answers a signal as the command line does: with an exception, so that the pool is shut down.
PARENT = """
import signal, sys
from odapi_ssd.data.workers import map_in_order
from tests.data.test_workers import note_own_pid

def interrupt(number, frame):
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt

if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        list(map_in_order(note_own_pid, [sys.argv[1]] * 10_000, 2))
    except KeyboardInterrupt:
        sys.exit(77)
"""


@pytest.fixture
def start_parent(tmp_path):
    """Starts a process with two workers in a process group of their own; returns it, and them."""
    folder = tmp_path / "pids"
    folder.mkdir()
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    deadline = time.monotonic() + 60
    while len(worker_pids(folder)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    yield process, worker_pids(folder)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_workers_end_when_their_parent_is_killed(start_parent):
    parent, pids = start_parent
    assert len(pids) == 2
    parent.kill()
    assert all_end(pids)
    # Python's own process for semaphores warns that it had to remove them.
    assert "Traceback" not in parent.communicate(timeout=10)[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_parent_alone_answers_a_signal_to_all(start_parent, number):
    parent, pids = start_parent
    assert len(pids) == 2
    os.killpg(parent.pid, number)
    assert parent.communicate(timeout=20) == ("", "")
    assert parent.returncode == 77
    assert all_end(pids)
