"""`odapi-ssd import-weights`: makes a checkpoint from another program's weights."""

import shlex
from typing import TYPE_CHECKING, Any

import click

from odapi_ssd.cli.command import Command, Settings, pass_settings
from odapi_ssd.cli.options import output_dir_option, overwrite_option, pipeline_config_option
from odapi_ssd.errors import printable_lines
from odapi_ssd.weights.sources import SOURCE_NAMES
from odapi_ssd.weights.sources.keras import NETWORKS

if TYPE_CHECKING:
    from odapi_ssd.weights.outcome import Imported

__all__ = ["command"]


@click.command(
    "import-weights",
    cls=Command,
    short_help="Make a checkpoint from Keras's, PyTorch's or slim's weights.",
)
@click.option(
    "--from",
    "source",
    type=click.Choice(SOURCE_NAMES),
    required=True,
    help="The program that the weights come from.",
)
@click.option(
    "--weights",
    metavar="FILE",
    help="The weight file, or for slim a checkpoint's prefix. Keras downloads its own by default.",
)
@click.option(
    "--backbone",
    type=click.Choice(list(NETWORKS)),
    help="With keras: the network of these weights.",
)
@output_dir_option("The folder for checkpoint/ckpt-0 and, of a whole detector, pipeline.config.")
@pipeline_config_option(
    "The config of the model to make the checkpoint for.  [default: a template's]", required=False
)
@overwrite_option
@pass_settings
def command(settings: Settings, /, **values: Any) -> None:
    """Make a checkpoint for fine_tune_checkpoint from another program's weights.

    From keras: a network of tf.keras.applications, trained on ImageNet (.h5), for the
    fine_tune_checkpoint_type "classification". VGG16's fully connected layers become convolutions.

    Whole detectors, for "full" or, with other classes, "detection": from torchvision the state dict
    of ssd300_vgg16 (.pth), from tutorial that of the PyTorch tutorial's SSD300 (.pth), from slim a
    checkpoint of ssd_300_vgg of the TF1 port SSD-Tensorflow. They can be exported at once; to
    evaluate one, configure its pipeline.config (`odapi-ssd configure --template FILE`) with records
    of the same classes.
    """
    from odapi_ssd.cli.console import print_table, print_warnings
    from odapi_ssd.cli.progress_display import PhaseLines
    from odapi_ssd.cli.runtime import quiet_tensorflow
    from odapi_ssd.weights.run import ImportOptions, import_weights

    options = ImportOptions(**values)
    quiet_tensorflow(settings.verbose)
    click.echo("Starting TensorFlow")
    imported = import_weights(options, PhaseLines())
    print_table("Imported", ("from", "to", "shapes"), imported.rows)
    for line in imported.unused:
        click.echo(printable_lines(f"Not used: {line}"))
    print_warnings(imported.notes)
    click.echo(f"Written: {imported.checkpoint}")
    if imported.config_path is not None:
        click.echo(f"Written: {imported.config_path}")
    click.echo(f"Next: {_next_command(imported, options.pipeline_config_path)}")


def _next_command(imported: "Imported", template: str | None) -> str:
    """The command that uses the import; … is for what the user has to fill in."""
    if imported.config_path is None:
        start = ["--fine_tune_checkpoint", imported.checkpoint]
        known = shlex.join(start if template is None else [*start, "--template", template])
        unknown = "--template … " if template is None else ""
        return (
            f"odapi-ssd configure --mode all-layers {known} {unknown}--records_dir … "
            "--output_path …"
        )
    config_path, folder = imported.config_path, imported.config_path.parent
    return shlex.join([
        "odapi-ssd", "export", "--pipeline_config_path", str(config_path),
        "--trained_checkpoint_dir", str(folder / "checkpoint"),
        "--output_directory", str(folder / "exported"),
    ])  # fmt: skip
