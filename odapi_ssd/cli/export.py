"""`odapi-ssd export`: the API's `exporter_main_v2` on this stack."""

from typing import Any

import click

from odapi_ssd.cli.absl_style import AbslCommand, absl_logging_options
from odapi_ssd.cli.command import Settings, pass_settings
from odapi_ssd.deployment.input_types import INPUT_TYPES


@absl_logging_options
@click.command(
    cls=AbslCommand, short_help="Export a SavedModel; takes every flag of exporter_main_v2.py."
)
@click.option("--pipeline_config_path", required=True, metavar="F", help="Pipeline config.")
@click.option(
    "--trained_checkpoint_dir",
    required=True,
    metavar="M",
    help="The model directory; its newest checkpoint is exported.",
)
@click.option("--output_directory", required=True, metavar="E", help="Where the export goes.")
@click.option("--input_type", metavar="TYPE", help=f"{', '.join(INPUT_TYPES)} (image_tensor).")
@click.option(
    "--config_override",
    metavar="TEXT",
    help="Pipeline config in text form, merged over the file's.",
)
@click.option("--use_side_inputs", type=bool, metavar="BOOL", help="Side inputs besides images.")
@click.option("--side_input_shapes", metavar="TEXT", help="Their shapes, as in 1,2000,2057/1.")
@click.option("--side_input_types", metavar="TEXT", help="Their types, as in tf.float32,tf.int32.")
@click.option("--side_input_names", metavar="TEXT", help="Their names, separated by commas.")
@pass_settings
def command(settings: Settings, **flags: Any) -> None:
    """Export the newest checkpoint of a run as a SavedModel.

    E gets saved_model/, checkpoint/, pipeline.config and a copy of the label map.
    """
    from odapi_ssd.cli.progress_display import PhaseLines
    from odapi_ssd.cli.runtime import quiet_tensorflow

    quiet_tensorflow(settings.verbose)
    click.echo("Starting TensorFlow")
    from odapi_ssd.deployment import export as exporting

    saved_model_dir = exporting.export(flags, PhaseLines())
    click.echo(f"Written: {saved_model_dir}")
