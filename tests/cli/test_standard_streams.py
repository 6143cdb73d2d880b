"""Standard streams; closed ones and unread ones as processes have them: `test_entry_point.py`."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from odapi_ssd.cli.standard_streams import unread_output_ends_work
from odapi_ssd.interrupts import Interrupted, ended_by_signals, pending


def _run(code, closed=()):
    def close():
        for descriptor in closed:
            os.close(descriptor)

    return subprocess.run(
        [sys.executable, "-c", f"from odapi_ssd.cli.standard_streams import *\n{code}"],
        capture_output=True,
        check=False,
        preexec_fn=close,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PYTHONIOENCODING": "ascii",
            "PYTHONUNBUFFERED": "",
        },
    )


class TestMissing:
    @pytest.mark.parametrize("closed", [(1,), (0, 1), (0, 1, 2)])
    def test_no_file_gets_their_descriptors(self, tmp_path, closed):
        code = (
            "import os, subprocess, sys\n"
            "open_missing_streams()\n"
            f"file = open({str(tmp_path / 'data')!r}, 'w')\n"
            "print('printed', flush=True)\n"
            "os.write(1, b'printed')\n"
            "subprocess.run([sys.executable, '-c', 'print(1)'], check=True)\n"
            "assert sys.stdin.read() == ''\n"
            "file.write(str(file.fileno() > 2))\n"
        )
        done = _run(code, closed)
        assert done.returncode == 0, done.stderr
        assert done.stdout == b""
        assert (tmp_path / "data").read_text() == "True"

    def test_those_that_are_there_stay(self):
        done = _run("import sys\nopen_missing_streams()\nprint(1)\nprint(2, file=sys.stderr)")
        assert (done.stdout, done.stderr) == (b"1\n", b"2\n")


def test_names_that_the_encoding_lacks_are_escaped():
    assert _run(r"accept_every_name(); print('\u00fc \udcff')").stdout == rb"\xfc \udcff" + b"\n"


def test_output_for_nobody_is_dropped_at_the_end():
    code = "import os\nos.close(1)\nprint('lost')\nflush_output()"
    done = _run(code)
    assert (done.returncode, done.stderr) == (0, b"")


class TestUnread:
    def _write_to_a_closed_pipe(self):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            os.write(writer, b"text")
        finally:
            os.close(writer)

    def test_it_ends_the_work(self):
        with pytest.raises(Interrupted) as caught, ended_by_signals(), unread_output_ends_work():
            self._write_to_a_closed_pipe()
        assert pending() is not None
        assert (caught.value.reason, caught.value.status) == ("standard output was closed", 1)

    def test_an_interruption_before_it_keeps_its_name(self):
        def end():
            with unread_output_ends_work():
                try:
                    signal.raise_signal(signal.SIGTERM)
                finally:
                    self._write_to_a_closed_pipe()

        with pytest.raises(Interrupted) as caught, ended_by_signals():
            end()
        assert caught.value.status == 143

    def test_other_failures_pass(self):
        with pytest.raises(OSError, match="full"), unread_output_ends_work():
            raise OSError(errno.ENOSPC, "full")
