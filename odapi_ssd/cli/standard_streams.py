"""Standard input, output and error as a command finds them: closed, of any encoding, unread."""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator

from odapi_ssd import interrupts

__all__ = ["accept_every_name", "flush_output", "open_missing_streams", "unread_output_ends_work"]


def open_missing_streams() -> None:
    """Has standard streams that were closed at the start, as by `>&-`, lead to nowhere.

    Otherwise the next file that is opened gets the descriptor, and with it what libraries print.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # gets the lowest that is free: this one
            os.set_inheritable(opened, True)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def accept_every_name() -> None:
    """Has standard output escape what its encoding lacks, as standard error does anyway.

    Names of files need not be Unicode, and terminals need not be UTF-8.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def unread_output_ends_work() -> Iterator[None]:
    """Makes an interruption of a pipe that nobody reads.

    Click itself would end the process without a word.

    Raises:
        Interrupted: for this reason, or again for that of an interruption which came before.
    """
    try:
        yield
    except OSError as error:
        if error.errno != errno.EPIPE:
            raise
        if earlier := interrupts.pending():
            raise interrupts.Interrupted(earlier.reason, earlier.status) from error
        interrupts.end_work("standard output was closed", 1)


def flush_output() -> None:
    """Writes what is buffered; to nowhere if nobody reads it, or Python would complain at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
