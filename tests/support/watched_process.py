"""Commands watched from outside: what they print, how much they have done, what they leave.

Each runs in a session of its own, by which every process that it starts can be found, with a
temporary folder and a current folder of its own, which should be empty when it has ended.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NO_RIGHTS_OF_ROOT", "Ended", "WatchedProcess", "limit_file_size"]

# Signals that `nohup` or a shell's background job ignores would be ignored by the command too.
_LAUNCH = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)
{first}
os.execv(sys.executable, [sys.executable, "-m", "odapi_ssd", *sys.argv[1:]])
"""
NO_RIGHTS_OF_ROOT = """
import ctypes
if os.getuid() == 0:  # PR_CAPBSET_DROP of CAP_DAC_OVERRIDE: permissions hold for root too
    assert ctypes.CDLL(None, use_errno=True).prctl(24, 1, 0, 0, 0) == 0
"""
_SECONDS_BETWEEN_LOOKS = 0.01
_SECONDS_BETWEEN_SEARCHES = 0.2
_SECONDS_TO_END = 180
_SECONDS_FOR_CHILDREN = 15
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def limit_file_size(num_bytes: int) -> str:
    """Code for `first` of a process that cannot make a file any longer, as on a full disk."""
    limit = f"({num_bytes}, {num_bytes})"
    return f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, {limit})"


@dataclass(frozen=True)
class Ended:
    """How a command has ended.

    Attributes:
        status: the exit status; below 0 for a signal's number.
        output: its standard output, up to where that was closed.
        errors: its standard error; empty where that was closed too.
        survivors: command lines of processes that it started and that live on.
        stray: files in its temporary folder and its current folder.
        is_late: it had to be killed because it did not end.
    """

    status: int
    output: str
    errors: str
    survivors: list[str]
    stray: list[str]
    is_late: bool


class WatchedProcess:
    """A running command.

    Attributes:
        pid: its process, and its session.
    """

    def __init__(self, arguments: list[object], folder: Path, *, pipe: str = "", first: str = ""):
        """Starts it.

        Args:
            arguments: of `odapi-ssd`.
            folder: gets what it prints, its temporary folder and its current folder.
            pipe: "stdout" to give it a pipe, to be closed by `close_pipe`; "both" for standard
                error too; else both go to files.
            first: Python code that runs in the process before the command.
        """
        self._folder = folder
        self._pipe = pipe
        self._piped = b""
        self._children: list[int] = []
        self._children_are_old_at = 0.0
        for name in ("tmp", "cwd"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _LAUNCH.format(first=first), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else stdout,
                stderr=subprocess.STDOUT if pipe == "both" else stderr,
                cwd=folder / "cwd",
                env={**os.environ, "TMPDIR": str(folder / "tmp")},
                start_new_session=True,
            )
        self.pid = self._process.pid

    def output(self) -> str:
        """What it has printed to standard output until now."""
        self._read_pipe()
        piped = self._piped if self._pipe else (self._folder / "stdout").read_bytes()
        return piped.decode(errors="replace")

    def errors(self) -> str:
        """What it has printed to standard error until now."""
        return (self._folder / "stderr").read_text(errors="replace")

    def work_seconds(self) -> float:
        """The processor time of the command and its processes: how far it is, on any machine."""
        if time.monotonic() > self._children_are_old_at:
            self._children = self._others()
            self._children_are_old_at = time.monotonic() + _SECONDS_BETWEEN_SEARCHES
        times = [_stat(pid)[11:15] for pid in (self.pid, *self._children)]
        return sum(int(ticks) for four in times for ticks in four) / _TICKS_PER_SECOND

    def wait_until(self, condition: Callable[[], bool], *, at_once: bool = False) -> bool:
        """Waits for a moment of its run; returns False if it ends before.

        Args:
            condition: whether the moment has come.
            at_once: look again and again, for moments that pass quickly.
        """
        while self._process.poll() is None:
            self._read_pipe()
            if condition():
                return True
            if not at_once:
                time.sleep(_SECONDS_BETWEEN_LOOKS)
        return False

    def is_running(self) -> bool:
        """Whether the command has not ended yet."""
        return self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the command, not to the processes that it has started."""
        self._process.send_signal(number)

    def close_pipe(self) -> None:
        """Closes the pipe: nobody reads any longer what the command prints."""
        self._read_pipe()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def finish(self) -> Ended:
        """Waits for its end and that of its processes; kills what does not end."""
        is_late = not self._await_end()
        if is_late:
            self._process.kill()
            self._process.wait()
        output = self.output()
        if self._process.stdout is not None:
            self._process.stdout.close()
        end = time.monotonic() + _SECONDS_FOR_CHILDREN
        while self._others() and time.monotonic() < end:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        survivors = [_command_line(pid) for pid in self._others()]
        for pid in self._others():
            os.kill(pid, signal.SIGKILL)
        return Ended(
            self._process.returncode, output, self.errors(), survivors, self._stray(), is_late
        )

    def _await_end(self) -> bool:
        end = time.monotonic() + _SECONDS_TO_END
        while self._process.poll() is None and time.monotonic() < end:
            self._read_pipe()
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        return self._process.poll() is not None

    def _stray(self) -> list[str]:
        found = [path for name in ("tmp", "cwd") for path in (self._folder / name).rglob("*")]
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def _read_pipe(self) -> None:
        stdout = self._process.stdout
        while stdout is not None and not stdout.closed and select.select([stdout], [], [], 0)[0]:
            chunk = os.read(stdout.fileno(), 65536)
            if not chunk:
                return
            self._piped += chunk

    def _others(self) -> list[int]:
        """The living processes of the session, except for the command itself."""
        pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
        session = str(self.pid)
        return [pid for pid in pids if pid != self.pid and _stat(pid)[3] == session]


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; of a process that is gone or dead, zeros."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ["0"] * 50
    fields = text.rpartition(")")[2].split()
    return ["0"] * 50 if fields[0] in "ZX" else fields


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return f"process {pid}"
