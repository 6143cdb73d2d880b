"""The class of all commands: `--verbose`, no empty values, and wrong options as wrong calls.

An empty value is nearly always a shell variable that is not set, as in `--output_dir "$OUT"`. It
must not reach a command: `Path("")` is the current folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from odapi_ssd.cli.temporary_folder import private_temporary_folder
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
    """A command with `--verbose`, which reports an OptionError like click's own: with status 2.

    Paths and names must not be empty; see `options.FreeText` for a text that may be.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(verbose_option())

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses as usual, but refuses empty paths and names."""
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        self._refuse_empty(ctx, given)
        return super().parse_args(ctx, args)

    def _refuse_empty(self, ctx: click.Context, given: Mapping[str, Any]) -> None:
        """Looks at the texts as they were given: converted ones no longer show it."""
        for parameter in self.params:
            if not isinstance(parameter.type, (click.Path, click.types.StringParamType)):
                continue
            value = given.get(parameter.name or "")
            values = value if isinstance(value, (list, tuple)) else [value]
            if any(isinstance(one, str) and not one.strip() for one in values):
                raise click.BadParameter(
                    "it is empty. Give a value; if it comes from a shell variable, the variable is "
                    "not set.",
                    ctx=ctx,
                    param=parameter,
                )

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command's function."""
        try:
            with private_temporary_folder():
                return super().invoke(ctx)
        except OptionError as error:
            raise click.UsageError(str(error), ctx) from error
