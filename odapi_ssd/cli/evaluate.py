"""`odapi-ssd evaluate`: evaluates one checkpoint, once."""

import math
from pathlib import Path

import click

from odapi_ssd.cli.command import Command, Settings, pass_settings
from odapi_ssd.cli.options import output_dir_option, overwrite_option, pipeline_config_option

__all__ = ["command"]


@click.command(
    "evaluate", cls=Command, short_help="Evaluate one checkpoint: VOC AP at IoU 0.5 per class."
)
@pipeline_config_option()
@click.option(
    "--checkpoint_dir",
    required=True,
    metavar="DIR",
    help="A model directory, whose newest checkpoint is evaluated, or a prefix such as DIR/ckpt-7.",
)
@output_dir_option("The folder for metrics.json and an event file for TensorBoard.")
@overwrite_option
@pass_settings
def command(
    settings: Settings,
    pipeline_config_path: str,
    checkpoint_dir: str,
    output_dir: Path,
    overwrite: bool,
) -> None:
    """Evaluate a checkpoint on the config's eval_input_reader, every image of it once."""
    from odapi_ssd.cli.console import print_table
    from odapi_ssd.cli.progress_display import PhaseLines, item_display
    from odapi_ssd.cli.runtime import quiet_tensorflow

    quiet_tensorflow(settings.verbose)
    from odapi_ssd.config.files import load_config
    from odapi_ssd.evaluation.run import score, scores_target, write_scores

    target = scores_target(output_dir, overwrite=overwrite)
    config = load_config(pipeline_config_path)
    with item_display("Evaluating images") as progress:
        result = score(config, checkpoint_dir, progress, source=pipeline_config_path)
    rows = [
        (name, result.num_objects[name], "–" if math.isnan(ap) else f"{ap:.3f}")
        for name, ap in result.per_class.items()
    ]
    rows.append(("mAP@0.5", sum(result.num_objects.values()), f"{result.mean_ap:.3f}"))
    title = f"Step {result.step}, {result.num_images} images"
    try:
        print_table(title, ("class", "objects", "AP@0.5"), rows)
    finally:  # neither a full disk nor a closed pipe loses what took long
        write_scores(result, target, PhaseLines())
    click.echo(f"Written: {output_dir / 'metrics.json'}")
