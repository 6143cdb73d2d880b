"""`odapi-ssd export`: exports a run, with the flags of the API's `exporter_main_v2`."""

from typing import Any

import click

from odapi_ssd.cli.absl_style import AbslCommand, absl_logging_options
from odapi_ssd.cli.command import Settings, pass_settings
from odapi_ssd.cli.options import FreeText, overwrite_option, pipeline_config_option
from odapi_ssd.deployment.input_types import INPUT_TYPES

__all__ = ["command"]


@absl_logging_options
@click.command(
    "export",
    cls=AbslCommand,
    short_help="Export a SavedModel; takes every flag of exporter_main_v2.py.",
)
@pipeline_config_option()
@click.option(
    "--trained_checkpoint_dir",
    required=True,
    metavar="PATH",
    help="The model directory of a run, whose newest checkpoint is exported, or a prefix such as "
    "runs/a/ckpt-7.",
)
@click.option("--output_directory", required=True, metavar="DIR", help="The folder to export to.")
@click.option(
    "--input_type",
    metavar="TYPE",
    help=f"The model's input: {', '.join(INPUT_TYPES)}.  [default: image_tensor]",
)
@click.option(
    "--config_override",
    type=FreeText(),
    metavar="TEXT",
    help="A pipeline config as text, which is merged into the file's.",
)
@click.option(
    "--use_side_inputs", type=bool, metavar="BOOL", help="Whether the model has side inputs."
)
@click.option(
    "--side_input_shapes",
    type=FreeText(),
    metavar="TEXT",
    help="Shapes of side inputs, as in 1,2000,2057/1.",
)
@click.option(
    "--side_input_types",
    type=FreeText(),
    metavar="TEXT",
    help="Types of side inputs, as in tf.float32,tf.int32.",
)
@click.option(
    "--side_input_names",
    type=FreeText(),
    metavar="TEXT",
    help="Names of side inputs, separated by commas.",
)
@overwrite_option
@pass_settings
def command(settings: Settings, /, overwrite: bool, **flags: Any) -> None:
    """Export a checkpoint of a run as a SavedModel.

    The export is saved_model/, checkpoint/, pipeline.config and a copy of the label map.
    """
    from odapi_ssd.cli.progress_display import PhaseLines
    from odapi_ssd.cli.runtime import quiet_tensorflow

    quiet_tensorflow(settings.verbose)
    click.echo("Starting TensorFlow")
    from odapi_ssd.deployment import export as exporting

    saved_model_dir = exporting.export(flags, PhaseLines(), overwrite=overwrite)
    click.echo(f"Written: {saved_model_dir}")
