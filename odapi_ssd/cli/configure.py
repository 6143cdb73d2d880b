"""`odapi-ssd configure`: writes a pipeline config from a template and a converted dataset."""

from pathlib import Path

import click

from odapi_ssd.cli.command import Command, Settings, pass_settings
from odapi_ssd.cli.options import set_option

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
    type=click.IntRange(min=1),
    help="Images per step; learning rates are scaled with it.",
)
@click.option(
    "--num_steps",
    type=click.IntRange(min=1),
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
    type=click.Choice(["scratch", "from-detector", "new-layers", "all-layers"]),
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
@pass_settings
def command(
    settings: Settings,
    template: str,
    records_dir: Path,
    output_path: Path,
    assignments: tuple[str, ...],
    batch_size: int | None,
    num_steps: int | None,
    fine_tune_checkpoint: str | None,
    mode: str | None,
    train_split: str,
    eval_split: str | None,
) -> None:
    """Write a pipeline config for a converted dataset.

    Its paths are absolute, so that it works from any folder; configure again after moving the data.
    `--set` is applied last.

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

    options = ConfigureOptions(
        template, records_dir, output_path, assignments, batch_size, num_steps,
        fine_tune_checkpoint, mode, train_split, eval_split,
    )  # fmt: skip
    quiet_tensorflow(settings.verbose)
    configured = configure(options)
    print_table(f"Set in {output_path}", ("field", "value"), configured.changes)
    for note in configured.notes:
        click.echo(f"Note: {note}")
    run = Path("runs") / output_path.stem
    click.echo(f"Next: odapi-ssd train --pipeline_config_path {output_path} --model_dir {run}")
