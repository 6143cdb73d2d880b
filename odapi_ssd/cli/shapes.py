"""`odapi-ssd shapes`: writes the embedded synthetic dataset."""

from pathlib import Path

import click

from odapi_ssd.cli.command import Command
from odapi_ssd.cli.options import output_dir_option, overwrite_option

__all__ = ["command"]


@click.command("shapes", cls=Command)
@output_dir_option("The folder for Annotations/, ImageSets/ and JPEGImages/.")
@click.option(
    "--num_images",
    type=click.IntRange(min=3),
    default=400,
    show_default=True,
    help="How many images, of all splits together.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Another seed draws other images."
)
@overwrite_option
def command(output_dir: Path, num_images: int, seed: int, overwrite: bool) -> None:
    """Write a synthetic dataset in the VOC layout.

    Colored circles, squares and triangles on a noisy background, several per image, overlapping.
    """
    from odapi_ssd.cli.console import print_table
    from odapi_ssd.cli.progress_display import item_display
    from odapi_ssd.data.synthetic.shapes import write_shapes

    with item_display("Images drawn") as progress:
        splits = write_shapes(output_dir, num_images, seed, progress, overwrite=overwrite)
    print_table(
        f"Dataset in {output_dir}",
        ("split", "images"),
        [(split, len(stems)) for split, stems in splits.items()],
    )
