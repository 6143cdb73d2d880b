"""`odapi-ssd shapes`: the embedded dataset."""

from pathlib import Path

import click

from odapi_ssd.cli.command import Command

__all__ = ["command"]


@click.command("shapes", cls=Command)
@click.option(
    "--output_dir",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write: absent, empty, or made by this command.",
)
@click.option(
    "--num_images",
    type=click.IntRange(min=3),
    default=400,
    show_default=True,
    help="How many pictures in all.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the pictures.")
def command(output_dir: Path, num_images: int, seed: int) -> None:
    """Write a synthetic dataset in the VOC layout.

    Colored circles, squares and triangles on noisy grounds, several per picture, overlapping.
    """
    from odapi_ssd.cli.console import print_table
    from odapi_ssd.cli.progress_display import item_display
    from odapi_ssd.data.synthetic.shapes import write_shapes

    with item_display("Images drawn") as progress:
        splits = write_shapes(output_dir, num_images, seed, progress)
    print_table(
        f"Dataset in {output_dir}",
        ("split", "images"),
        [(split, len(stems)) for split, stems in splits.items()],
    )
