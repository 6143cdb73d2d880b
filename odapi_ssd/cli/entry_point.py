"""`odapi-ssd` itself: finds the command, runs it, and turns errors into messages and statuses."""

import importlib
import sys
import traceback

import click

from odapi_ssd import __version__
from odapi_ssd.cli.command import Settings, verbose_option
from odapi_ssd.errors import OdapiError

__all__ = ["COMMANDS", "command_line", "main"]

# In the order of a user's journey. The module has the same name, with `_` for `-`.
COMMANDS = (
    "doctor",
    "shapes",
    "label-map",
    "convert",
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
    """Runs the command line and exits: 0 done, 1 failed, 2 a wrong call, 130 interrupted."""
    settings = Settings()
    try:
        command_line.main(prog_name="odapi-ssd", obj=settings, standalone_mode=False)
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
        _report_failure(error, settings.verbose)
        sys.exit(1)


def _report_failure(error: Exception, verbose: bool) -> None:
    if verbose:
        traceback.print_exception(error)
    if isinstance(error, OdapiError):
        click.echo(f"Error: {error}", err=True)
        return
    click.echo(f"Error: {type(error).__name__}: {error}", err=True)
    if not verbose:
        click.echo("What to do: run the command again with --verbose for details.", err=True)
