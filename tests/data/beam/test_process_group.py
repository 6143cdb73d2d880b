"""Real processes: what is started in the group ends with it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from odapi_ssd.data.beam.process_group import run_in_process_group
from odapi_ssd.errors import OdapiError


def succeed(path):
    Path(path).write_text("done")


def refuse():
    raise OdapiError("It is wrong.", hint="mend it")


def die():
    os._exit(3)


def start_another_and_wait(pid_file):
    """As Beam's runner: a process of its own, and a wait that no exception ends."""
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(pid_file).write_text(str(other.pid))
    os.replace(pid_file, f"{pid_file}.complete")
    other.wait()


def is_alive(pid):
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_function_that_returns(tmp_path):
    run_in_process_group(succeed, str(tmp_path / "a"))
    assert (tmp_path / "a").read_text() == "done"


def test_a_function_that_refuses():
    with pytest.raises(OdapiError, match="It is wrong") as caught:
        run_in_process_group(refuse)
    assert caught.value.hint == "mend it"


def test_a_process_that_dies():
    with pytest.raises(OdapiError, match="process of the pipeline died"):
        run_in_process_group(die)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_of_the_group_outlives_this_process(tmp_path, number):
    program = (
        "import sys\n"
        "from odapi_ssd.data.beam.process_group import run_in_process_group\n"
        "from odapi_ssd.interrupts import Interrupted, ended_by_signals\n"
        "from tests.data.beam.test_process_group import start_another_and_wait\n"
        "if __name__ == '__main__':\n"
        "    try:\n"
        "        with ended_by_signals():\n"
        "            run_in_process_group(start_another_and_wait, sys.argv[1])\n"
        "    except Interrupted: sys.exit(7)\n"
    )
    (tmp_path / "program.py").write_text(program)
    pid_file = tmp_path / "pid"
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py"), str(pid_file)],
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    complete = Path(f"{pid_file}.complete")
    wait_until(complete.exists)
    process.send_signal(number)
    assert process.wait(60) == (7 if number == signal.SIGTERM else -signal.SIGKILL)
    wait_until(lambda: not is_alive(int(complete.read_text())))
