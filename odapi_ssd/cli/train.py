"""`odapi-ssd train`: trains a model, with the flags of the API's `model_main_tf2`."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from odapi_ssd.cli.absl_style import AbslCommand, absl_logging_options
from odapi_ssd.cli.command import Settings, pass_settings
from odapi_ssd.cli.options import pipeline_config_option
from odapi_ssd.config.schedules import MAX_UINT32

if TYPE_CHECKING:
    from odapi_ssd.training.run import TrainOptions

__all__ = ["command"]


@absl_logging_options
@click.command(
    "train", cls=AbslCommand, short_help="Train a detector; takes every flag of model_main_tf2.py."
)
@pipeline_config_option()
@click.option(
    "--model_dir", required=True, metavar="DIR", help="The folder for checkpoints and summaries."
)
@click.option(
    "--num_train_steps",
    type=click.IntRange(1, MAX_UINT32),
    metavar="N",
    help="Overrides the config's num_steps.",
)
@click.option(
    "--checkpoint_every_n",
    type=click.IntRange(min=1),
    metavar="N",
    help="Steps between checkpoints; the last step is always saved.  [default: 1000]",
)
@click.option(
    "--record_summaries",
    type=bool,
    metavar="BOOL",
    help="Whether to record images and the model's summaries.  [default: true]",
)
@click.option(
    "--train_loop",
    type=click.Choice(["odapi-ssd", "api"]),
    default="odapi-ssd",
    show_default=True,
    help="This project's loop, or the API's own, which freezes nothing.",
)
@click.option(
    "--checkpoint_dir",
    metavar="DIR",
    help="Do not train: evaluate each new checkpoint of this folder, as the API does.",
)
@click.option(
    "--eval_timeout",
    type=click.IntRange(min=0),
    metavar="SECONDS",
    help="How long to wait for a checkpoint.  [default: 3600]",
)
@click.option(
    "--sample_1_of_n_eval_examples",
    type=click.IntRange(1, MAX_UINT32),
    metavar="N",
    help="Evaluate one of N examples.",
)
@click.option(
    "--sample_1_of_n_eval_on_train_examples",
    type=click.IntRange(1, MAX_UINT32),
    metavar="N",
    help="Evaluate one of N training examples.  [default: 5]",
)
@click.option("--eval_on_train_data", type=bool, metavar="BOOL", help="As in model_main_tf2.py.")
@click.option(
    "--use_tpu", type=bool, metavar="BOOL", help="Whether to train on a TPU.  [default: false]"
)
@click.option("--tpu_name", metavar="NAME", help="The Cloud TPU.")
@click.option(
    "--num_workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Above 1: multi-worker training.  [default: 1]",
)
@click.option("--num_eval_steps", type=int, hidden=True, help="A flag of TF1's model_main.")
@pass_settings
def command(
    settings: Settings, /, train_loop: str, num_eval_steps: int | None, **flags: Any
) -> None:
    """Train the model of a pipeline config, or continue the run in the model directory.

    The config is checked first. Ctrl-C saves the current step, from which the same command
    continues (not with --train_loop api).
    """
    from odapi_ssd.cli.progress_display import training_display
    from odapi_ssd.cli.runtime import quiet_tensorflow, show_api_progress

    is_training = not flags["checkpoint_dir"]
    is_quiet = is_training and train_loop != "api"
    (quiet_tensorflow if is_quiet else show_api_progress)(settings.verbose)
    with training_display() as progress:
        if num_eval_steps is not None:
            progress.warning(
                "--num_eval_steps has no effect in TF2: evaluation takes every example."
            )
        progress.phase("Starting TensorFlow")
        if is_training:
            from odapi_ssd.training.run import train

            train(_train_options(flags, use_api_loop=train_loop == "api"), progress)
        else:
            from odapi_ssd.evaluation.continuous import evaluate_continuously

            evaluate_continuously(flags, progress)
    if is_training:
        click.echo(f"Trained: {flags['model_dir']}")


def _train_options(flags: Mapping[str, Any], use_api_loop: bool) -> "TrainOptions":
    """The flags of training; those that are not given get their defaults there."""
    from odapi_ssd.training.run import TrainOptions

    names = {field.name for field in dataclasses.fields(TrainOptions)}
    given = {name: flags[name] for name in names & flags.keys() if flags[name] is not None}
    return TrainOptions(**given, use_api_loop=use_api_loop)
