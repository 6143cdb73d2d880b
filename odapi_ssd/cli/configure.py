"""`odapi-ssd configure`: writes a pipeline config from a template and a converted dataset."""

from pathlib import Path
from typing import Any

import click

from odapi_ssd.cli.command import Command, Settings, pass_settings
from odapi_ssd.cli.options import overwrite_option, set_option
from odapi_ssd.config.schedules import MAX_UINT32
from odapi_ssd.configure.training_modes import MODES
from odapi_ssd.errors import printable_lines

__all__ = ["command"]


@click.command("configure", cls=Command)
@click.option(
    "--template",
    required=True,
    metavar="NAME",
    help="A template's name, or the path of a pipeline config.",
)
@click.option(
    "--records_dir",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="The output folder of `odapi-ssd convert`.",
)
@click.option(
    "--output_path",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The config to write.",
)
@set_option
@click.option(
    "--batch_size",
    type=click.IntRange(1, MAX_UINT32),
    help="Images per step; learning rates are scaled with it.",
)
@click.option(
    "--num_steps",
    type=click.IntRange(1, MAX_UINT32),
    help="Training steps; the learning-rate schedule is stretched with them.",
)
@click.option(
    "--fine_tune_checkpoint",
    metavar="PATH",
    help="The checkpoint to start from: a prefix such as runs/a/ckpt-7, or a folder, whose newest "
    "is taken.",
)
@click.option(
    "--mode",
    type=click.Choice(MODES),
    help="Where training starts and what it trains; see above.",
)
@click.option(
    "--train_split",
    default="train",
    show_default=True,
    metavar="NAME",
    help="The split to train on.",
)
@click.option(
    "--eval_split", metavar="NAME", help="The split to evaluate on.  [default: val, else test]"
)
@overwrite_option
@pass_settings
def command(settings: Settings, /, **values: Any) -> None:
    """Write a pipeline config for a converted dataset.

    Its paths are absolute, so that it works from any folder; configure again after moving the data.
    `--set` is applied last. A config that this command did not write, or that was edited since, is
    not replaced without --overwrite.

    \b
    Modes, each but the first with a --fine_tune_checkpoint:
      scratch        from random weights
      from-detector  from a detector's features, with new heads: for other classes
      new-layers     on top of a classification network, which is frozen
      all-layers     everything, from a classification network or a run of new-layers
    """  # noqa: D301
    from odapi_ssd.cli.console import print_table
    from odapi_ssd.cli.runtime import quiet_tensorflow
    from odapi_ssd.configure.run import ConfigureOptions, configure

    options = ConfigureOptions(**values)
    quiet_tensorflow(settings.verbose)
    configured = configure(options)
    print_table(f"Set in {options.output_path}", ("field", "value"), configured.changes)
    for note in configured.notes:
        click.echo(printable_lines(f"Note: {note}"))
    click.echo(f"Next: {_next_command(options.output_path)}")


def _next_command(config_path: Path) -> str:
    model_dir = Path("runs") / config_path.stem
    return f"odapi-ssd train --pipeline_config_path {config_path} --model_dir {model_dir}"
