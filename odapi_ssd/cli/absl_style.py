"""Options in the spellings of absl, which the API's programs use.

Tutorials write `--use_tpu`, `--nouse_tpu`, `--use_tpu=false`, `--use_side_inputs True`,
`-pipeline_config_path F`, and the logging flags of every absl program; all of them work here.
"""

from collections.abc import Mapping, Sequence

import click

from odapi_ssd.cli.command import Command

__all__ = ["AbslCommand", "absl_logging_options"]


class AbslCommand(Command):
    """A command that understands absl's spellings of its options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Rewrites absl's spellings into click's, then parses as usual."""
        return super().parse_args(ctx, _to_click(args, self._has_boolean_value()))

    def _has_boolean_value(self) -> dict[str, bool]:
        """Whether an option takes true or false, by its name without dashes."""
        return {
            name.removeprefix("--"): parameter.type is click.BOOL and not parameter.is_flag
            for parameter in self.params
            if isinstance(parameter, click.Option)
            for name in parameter.opts
            if name.startswith("--")
        }


def _to_click(args: Sequence[str], has_boolean_value: Mapping[str, bool]) -> list[str]:
    """Arguments in click's spellings; those that are not options of ours stay as they are."""
    rewritten: list[str] = []
    rest = list(args)
    while rest:
        arg = rest.pop(0)
        if arg == "--":
            return [*rewritten, arg, *rest]
        name, equals, value = arg.lstrip("-").partition("=")
        is_option = arg.startswith("-") and len(name) > 1
        if is_option and has_boolean_value.get(name) and not equals:
            has_value = bool(rest) and rest[0].lower() in ("true", "false", "t", "f", "1", "0")
            rewritten.append(f"--{name}={rest.pop(0) if has_value else 'true'}")
        elif is_option and not equals and has_boolean_value.get(name.removeprefix("no")):
            rewritten.append(f"--{name.removeprefix('no')}=false")
        elif is_option and name in has_boolean_value:
            rewritten.append(f"--{name}{equals}{value}")
        else:
            rewritten.append(arg)
    return rewritten


def absl_logging_options(command: click.Command) -> click.Command:
    """Adds the logging flags of every absl program, which are accepted and have no effect."""
    for name in ("alsologtostderr", "logtostderr"):
        command.params.append(
            click.Option([f"--{name}"], type=bool, hidden=True, expose_value=False)
        )
    for name in ("verbosity", "stderrthreshold", "log_dir"):
        command.params.append(click.Option([f"--{name}"], hidden=True, expose_value=False))
    return command
