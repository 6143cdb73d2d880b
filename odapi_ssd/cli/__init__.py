"""The console command `odapi-ssd`: one module per command, loaded when it is asked for.

A command's module parses, calls and prints; it imports what is heavy inside its function, so that
every `--help` answers at once. Exit status: 0 done, 1 the work failed, 2 the call was wrong.
"""

import importlib
import sys
import traceback

import click

from odapi_ssd import __version__
from odapi_ssd.cli.command import Settings, verbose_option
from odapi_ssd.errors import OdapiError

__all__ = ["main"]

# In the order of a user's journey; a command stands here once it works.
_COMMANDS = {
    "doctor": "doctor",
    "shapes": "shapes",
    "label-map": "label_map",
    "convert": "convert",
    "templates": "templates",
    "import-weights": "import_weights",
    "configure": "configure",
    "check": "check",
    "anchors": "anchors",
    "train": "train",
    "evaluate": "evaluate",
    "export": "export",
    "detect": "detect",
    "api": "api",
}


class _CommandGroup(click.Group):
    """Finds commands by module name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        return importlib.import_module(f"odapi_ssd.cli.{_COMMANDS[cmd_name]}").command


@click.group(
    cls=_CommandGroup,
    params=[verbose_option()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="odapi-ssd")
def _cli() -> None:
    """Train, evaluate and deploy detectors with the TensorFlow 2 Object Detection API."""


def main() -> None:
    """Runs the command line and exits."""
    settings = Settings()
    try:
        _cli.main(prog_name="odapi-ssd", obj=settings, standalone_mode=False)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        sys.exit(_report_failure(error, settings.verbose))


def _report_failure(error: Exception, verbose: bool) -> int:
    if verbose:
        traceback.print_exception(error)
    if isinstance(error, OdapiError):
        click.echo(f"Error: {error}", err=True)
    else:
        click.echo(f"Error: {type(error).__name__}: {error}", err=True)
        if not verbose:
            click.echo("What to do: run the command again with --verbose for details.", err=True)
    return 1
