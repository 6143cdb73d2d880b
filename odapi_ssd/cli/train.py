"""`odapi-ssd train`: the API's `model_main_tf2` on this stack."""

import concurrent.futures
import multiprocessing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from odapi_ssd.cli.absl_style import AbslCommand, absl_logging_options
from odapi_ssd.cli.command import Settings, pass_settings

if TYPE_CHECKING:
    from odapi_ssd.check.report import Report


@absl_logging_options
@click.command(
    cls=AbslCommand, short_help="Train a detector; takes every flag of model_main_tf2.py."
)
@click.option("--pipeline_config_path", required=True, metavar="F", help="Pipeline config.")
@click.option("--model_dir", required=True, metavar="M", help="Where checkpoints and summaries go.")
@click.option("--num_train_steps", type=int, metavar="N", help="Overrides the config's num_steps.")
@click.option(
    "--checkpoint_every_n",
    type=click.IntRange(min=1),
    metavar="N",
    help="Steps between checkpoints (1000). The last step is always saved.",
)
@click.option(
    "--record_summaries",
    type=bool,
    metavar="BOOL",
    help="Record images and model summaries (true).",
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
    metavar="M",
    help="Do not train: evaluate each new checkpoint of this directory, as the API does.",
)
@click.option(
    "--eval_timeout", type=int, metavar="S", help="Seconds to wait for a checkpoint (3600)."
)
@click.option(
    "--sample_1_of_n_eval_examples", type=int, metavar="N", help="Evaluate one of N examples."
)
@click.option(
    "--sample_1_of_n_eval_on_train_examples",
    type=int,
    metavar="N",
    help="Evaluate one of N training examples (5).",
)
@click.option("--eval_on_train_data", type=bool, metavar="BOOL", help="As in model_main_tf2.py.")
@click.option("--use_tpu", type=bool, metavar="BOOL", help="Train on a TPU (false).")
@click.option("--tpu_name", metavar="NAME", help="The Cloud TPU.")
@click.option(
    "--num_workers", type=int, metavar="N", help="More than 1: multi-worker training (1)."
)
@click.option("--num_eval_steps", type=int, hidden=True, help="A flag of TF1's model_main.")
@pass_settings
def command(
    settings: Settings, /, train_loop: str, num_eval_steps: int | None, **flags: Any
) -> None:
    """Train the model of a pipeline config, or go on with the run in the model directory.

    The config is checked first. Ctrl-C saves the current step; the same command goes on from it
    (not with --train_loop api).
    """
    from odapi_ssd.cli.console import print_warnings
    from odapi_ssd.cli.progress_display import training_display
    from odapi_ssd.cli.runtime import quiet_tensorflow, show_api_progress

    if num_eval_steps is not None:
        print_warnings(["--num_eval_steps has no effect in TF2: evaluation takes every example."])
    is_training = not flags["checkpoint_dir"]
    use_api_loop = train_loop == "api"
    is_quiet = is_training and not use_api_loop
    (quiet_tensorflow if is_quiet else show_api_progress)(settings.verbose)
    with training_display() as progress:
        progress.phase("Starting TensorFlow")
        progress.phase("Checking the config and its data")
        is_cluster = (flags["num_workers"] or 1) > 1
        check = _check_in_a_process if is_cluster else _check
        report = check(flags, use_api_loop)
        print_warnings(map(str, report.warnings))
        from odapi_ssd.training import run as training

        has_saved = training.train(flags, use_api_loop=use_api_loop, progress=progress)
    if use_api_loop and not has_saved:
        print_warnings(
            [
                "The API's loop has saved no checkpoint: it saves every --checkpoint_every_n steps "
                "and never the last one. --train_loop odapi-ssd does."
            ]
        )
    if is_training:
        click.echo(f"Trained: {flags['model_dir']}")


def _check(flags: Mapping[str, Any], use_api_loop: bool) -> "Report":
    from odapi_ssd.check import report as check
    from odapi_ssd.config import files as config

    path = flags["pipeline_config_path"]
    return check.require_valid(
        config.load_config(path),
        for_training=not flags["checkpoint_dir"],
        train_steps=flags["num_train_steps"],
        use_api_loop=use_api_loop,
        source=path,
    )


def _check_in_a_process(flags: Mapping[str, Any], use_api_loop: bool) -> "Report":
    """Checks where TensorFlow may start: here it may not before a worker has joined its cluster."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_check, dict(flags), use_api_loop).result()
