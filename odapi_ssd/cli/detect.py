"""`odapi-ssd detect`: draws an exported model's detections on images."""

from pathlib import Path

import click

from odapi_ssd.cli.command import Command, Settings, pass_settings
from odapi_ssd.cli.options import FiniteFloatRange, output_dir_option, overwrite_option

__all__ = ["command"]


@click.command("detect", cls=Command, short_help="Draw an exported model's detections on images.")
@click.option(
    "--saved_model_dir",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The SavedModel, which is the folder saved_model/ of an export.",
)
@click.option(
    "--label_map_path",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The label map; an export holds a copy of it.",
)
@output_dir_option("The folder for the drawn images and detections.json.")
@click.option(
    "--min_score",
    type=FiniteFloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Detections with a lower score are left out.",
)
@overwrite_option
@click.argument(
    "images", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="IMAGE…"
)
@pass_settings
def command(
    settings: Settings,
    saved_model_dir: Path,
    label_map_path: Path,
    output_dir: Path,
    min_score: float,
    overwrite: bool,
    images: tuple[Path, ...],
) -> None:
    """Detect objects in IMAGEs: files, or folders, which are searched recursively.

    detections.json lists the class, score and box (ymin, xmin, ymax, xmax in pixels) of each
    detection. The results of an earlier call are replaced, no other file is. However the work ends,
    the images that are done are kept; one that fails is named, and the others go on.
    """
    from odapi_ssd.cli.progress_display import item_display
    from odapi_ssd.cli.runtime import quiet_tensorflow

    quiet_tensorflow(settings.verbose)
    from odapi_ssd.deployment.detect import detect_images
    from odapi_ssd.deployment.image_files import find_images
    from odapi_ssd.messages import printable

    files = find_images(images, output_dir)
    with item_display("Images") as progress:
        result = detect_images(
            saved_model_dir,
            label_map_path,
            output_dir,
            files,
            min_score=min_score,
            overwrite=overwrite,
            progress=progress,
        )
    click.echo(f"{result.num_detections} objects with a score of {min_score:g} or more.")
    if not result.num_detections:
        click.echo("Nothing scored that high: try a lower --min_score, or train longer.")
    click.echo(f"Written: {printable(result.json_path)}, and the drawn images beside it")
