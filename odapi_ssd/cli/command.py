"""A command of `odapi-ssd`: what all of them have besides their own options."""

from dataclasses import dataclass
from typing import Any

import click

from odapi_ssd.errors import OptionError

__all__ = ["Command", "Settings", "pass_settings", "verbose_option"]


@dataclass
class Settings:
    """What holds for the whole call.

    Attributes:
        verbose: show TensorFlow's log and, on failure, the traceback.
    """

    verbose: bool = False


pass_settings = click.make_pass_decorator(Settings, ensure=True)


def _set_verbose(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Settings).verbose = True


def verbose_option() -> click.Option:
    """`--verbose`, which is taken before and after the command's name."""
    return click.Option(
        ["--verbose"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_set_verbose,
        help="Show TensorFlow's log and, on failure, the traceback.",
    )


class Command(click.Command):
    """A command with `--verbose`, for which an OptionError is a wrong call, as click's own are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(verbose_option())

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except OptionError as error:
            raise click.UsageError(str(error), ctx) from error
