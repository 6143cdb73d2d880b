"""`odapi-ssd` itself: finds the command, runs it, and turns errors into messages and statuses."""

import contextlib
import gc
import importlib
import sys
import traceback
from typing import Any

import click

from odapi_ssd import __version__, interrupts
from odapi_ssd.cli import standard_streams
from odapi_ssd.cli.command import Settings, verbose_option
from odapi_ssd.errors import OdapiError
from odapi_ssd.file_errors import describe_file_error

__all__ = ["COMMANDS", "command_line", "main"]

# In the order of a user's journey. The module has the same name, with `_` for `-`.
COMMANDS = (
    "doctor",
    "shapes",
    "label-map",
    "convert",
    "inspect",
    "templates",
    "import-weights",
    "configure",
    "check",
    "anchors",
    "train",
    "evaluate",
    "export",
    "detect",
    "api",
)


class _CommandGroup(click.Group):
    """Imports a command's module when the command is needed."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parses what comes before the command; `--help` prints here."""
        with standard_streams.unread_output_ends_work():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        with standard_streams.unread_output_ends_work():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"odapi_ssd.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.group(
    cls=_CommandGroup,
    params=[verbose_option()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="odapi-ssd")
def command_line() -> None:
    """Train, evaluate and deploy detectors with the TensorFlow 2 Object Detection API."""


def main() -> None:
    """Runs the command line and exits: 0 done, 1 failed, 2 a wrong call, 128 + N for signal N."""
    settings = Settings()
    standard_streams.open_missing_streams()
    standard_streams.accept_every_name()
    try:
        with interrupts.ended_by_signals(until_exit=True):
            command_line.main(prog_name="odapi-ssd", obj=settings, standalone_mode=False)
        status = _status_of_end(None, settings.verbose)
    except (Exception, KeyboardInterrupt) as error:
        status = _status_of_end(error, settings.verbose)
        _close_what_was_entered(error)
    standard_streams.flush_output()
    sys.exit(status)


def _status_of_end(error: BaseException | None, verbose: bool) -> int:
    """Tells how the command ended; returns the exit status.

    Args:
        error: that it raised; None if it returned.
        verbose: print the traceback too.
    """
    if interrupted := interrupts.pending():
        # The command may have turned it into another error, or come to its end all the same.
        if verbose and error is not None:
            traceback.print_exception(error)
        if isinstance(error, OdapiError):  # such as a disk that was full when it saved
            _say(f"Error: {error}")
        _say(f"Interrupted ({interrupted.reason}).")
        return interrupted.status
    if error is None:
        return 0
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, KeyboardInterrupt | click.Abort):
        _say("Interrupted.")
        return 130
    assert isinstance(error, Exception)
    _report_failure(error, verbose)
    return 1


def _close_what_was_entered(error: BaseException | None) -> None:
    """Has generators that a signal cut off just before their `with` block tidy up after all.

    Python runs their `finally` when the last reference goes, which may be in the traceback.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
    gc.collect()


def _report_failure(error: Exception, verbose: bool) -> None:
    if verbose:
        traceback.print_exception(error)
    words = describe_file_error(error)
    if isinstance(error, OdapiError):
        _say(f"Error: {error}")
    elif words is not None:
        _say(f"Error: A file cannot be read or written: {words}.")
        _say("What to do: see to the disk and to the permissions there, and run the command again.")
    else:
        _say(f"Error: {type(error).__name__}: {error}")
        if not verbose:
            _say("What to do: run the command again with --verbose for details.")


def _say(text: str) -> None:
    """Prints to standard error, which may be closed or gone with its terminal."""
    with contextlib.suppress(OSError, ValueError):
        click.echo(text, err=True)
