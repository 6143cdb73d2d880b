"""Signals that end a block, as a process gets them."""

import os
import signal
import subprocess
import sys
import threading
import time
import weakref

import pytest

from odapi_ssd import interrupts
from odapi_ssd.interrupts import Interrupted, delayed, ended_by_signals, pending

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _send(number=signal.SIGTERM):
    signal.raise_signal(number)


def _spin(seconds=5.0):
    """Works for a while in Python, as a signal's handler runs between two instructions."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    raise AssertionError("nothing has ended the work")


def _end_of(work):
    """The interruption with which some work ends."""
    with pytest.raises(Interrupted) as caught, ended_by_signals():
        work()
    return caught.value


@pytest.mark.parametrize("number", _SIGNALS)
def test_a_signal_raises_and_says_which(number):
    ended = _end_of(lambda: _send(number))
    assert ended.status == 128 + number
    assert ended.reason
    assert isinstance(ended, KeyboardInterrupt)


@pytest.mark.parametrize("number", _SIGNALS)
def test_handlers_are_put_back(number):
    before = signal.getsignal(number)
    with ended_by_signals():
        assert signal.getsignal(number) is not before
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", _SIGNALS)
def test_until_the_exit_nothing_disturbs_the_end(number):
    code = (
        "import sys, time\n"
        "from odapi_ssd.interrupts import ended_by_signals\n"
        "with ended_by_signals(until_exit=True):\n"
        "    pass\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
        "sys.exit(7)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode == 7


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ended_by_signals():
            _send(signal.SIGHUP)
        assert pending() is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_swallowed_interruption_is_raised_again():
    swallowed = []

    def work():
        while True:
            try:
                if not swallowed:
                    _send()
                _spin()
            except KeyboardInterrupt as error:
                swallowed.append(error)
                if len(swallowed) == 3:
                    raise

    _end_of(work)
    assert len(swallowed) == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_swallowed_by_a_destructor_is_raised_again():
    class Noisy:
        def __del__(self):
            _send()

    def work():
        noisy = Noisy()
        del noisy
        _spin()

    _end_of(work)


def test_one_in_a_callback_of_the_collector_is_told_by_no_traceback(capfd, monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)  # pytest has its own

    class Thing:
        pass

    def work():
        thing = Thing()
        reference = weakref.ref(thing, lambda _: _send())
        del thing
        assert reference() is None
        _spin()

    assert _end_of(work).status == 143
    assert capfd.readouterr().err == ""
    with ended_by_signals():
        thing = Thing()
        reference = weakref.ref(thing, lambda _: 1 / 0)
        del thing
        assert reference() is None
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_another_exception_in_its_place_leaves_it_pending():
    def work():
        try:
            _send()
        except KeyboardInterrupt as error:
            raise AssertionError from error

    with pytest.raises(AssertionError), ended_by_signals():
        work()
    assert pending().reason == "SIGTERM"


def test_a_block_that_has_ended_ends_no_later_work():
    _end_of(_send)
    with delayed():
        pass


def test_nothing_is_pending_at_first():
    with ended_by_signals():
        assert pending() is None


@pytest.mark.parametrize("way", ["finally", "except", "with", "generator"])
def test_a_second_signal_does_not_disturb_the_end(way, capfd):
    tidied = []

    def tidy():
        _send(signal.SIGINT)
        end = time.monotonic() + 0.5  # longer than the time to the next attempt
        while time.monotonic() < end:
            pass
        tidied.append(way)

    def work():
        if way == "finally":
            try:
                _send()
            finally:
                tidy()
        elif way == "except":
            try:
                _send()
            except BaseException:
                tidy()
                raise
        elif way == "with":

            class Manager:
                def __enter__(self):
                    return self

                def __exit__(self, *error):
                    tidy()

            with Manager():
                _send()
        else:

            def items():
                try:
                    yield 1
                finally:
                    tidy()

            iterator = items()
            next(iterator)
            try:
                _send()
            finally:
                iterator.close()

    _end_of(work)
    assert tidied == [way]
    assert f"kill -9 {os.getpid()}" in capfd.readouterr().err


class TestDelayed:
    def test_a_signal_waits_for_the_end_of_the_block(self):
        done = []

        def work():
            with delayed():
                _send()
                done.append("inside")
            done.append("behind")

        _end_of(work)
        assert done == ["inside"]

    def test_blocks_may_be_nested(self):
        done = []

        def work():
            with delayed():
                with delayed():
                    _send()
                done.append("inside")
            done.append("behind")

        _end_of(work)
        assert done == ["inside"]

    def test_an_error_of_the_block_passes(self):
        def work():
            with delayed():
                _send()
                raise ValueError("full")

        with pytest.raises(ValueError, match="full"), ended_by_signals():
            work()
        assert pending() is not None

    def test_without_a_signal_nothing_happens(self):
        with ended_by_signals(), delayed():
            pass
        assert pending() is None

    def test_while_the_work_ends_nothing_is_raised(self):
        tidied = []

        def work():
            try:
                _send()
            finally:
                with delayed():
                    _send()
                tidied.append(True)

        _end_of(work)
        assert tidied


def test_work_can_be_ended_for_another_reason():
    with pytest.raises(Interrupted) as caught, ended_by_signals():
        interrupts.end_work("standard output was closed", 1)
    assert caught.value.status == 1


def test_in_another_thread_it_does_nothing():
    found = []

    def work():
        with ended_by_signals():
            found.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before]


def test_a_process_that_swallows_everything_ends_all_the_same():
    code = (
        "import time\n"
        "from odapi_ssd.interrupts import ended_by_signals\n"
        "def work():\n"
        "    for _ in range(3):\n"
        "        try:\n"
        "            print('working', flush=True)\n"
        "            time.sleep(30)\n"
        "        except KeyboardInterrupt:\n"
        "            pass\n"
        "    time.sleep(30)\n"
        "with ended_by_signals():\n"
        "    work()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "working\n"
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert "Interrupted: SIGTERM" in errors
