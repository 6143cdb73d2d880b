"""The class of all commands: an option `--verbose`, and wrong options as wrong calls."""

from dataclasses import dataclass
from typing import Any

import click

from odapi_ssd.errors import OptionError

__all__ = ["Command", "Settings", "pass_settings", "verbose_option"]


@dataclass
class Settings:
    """The settings of a whole call, which a command gets through `pass_settings`.

    Attributes:
        verbose: show TensorFlow's log and, on failure, the traceback.
    """

    verbose: bool = False


pass_settings = click.make_pass_decorator(Settings, ensure=True)


def verbose_option() -> click.Option:
    """`--verbose`, which may be given before or after the command's name."""
    return click.Option(
        ["--verbose"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_set_verbose,
        help="Show TensorFlow's log and, on failure, the traceback.",
    )


def _set_verbose(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Settings).verbose = True


class Command(click.Command):
    """A command with `--verbose`, which reports an OptionError like click's own: with status 2."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(verbose_option())

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command's function."""
        try:
            return super().invoke(ctx)
        except OptionError as error:
            raise click.UsageError(str(error), ctx) from error
