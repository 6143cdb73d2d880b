"""`odapi-ssd label-map`: writes a label map from annotations."""

from pathlib import Path

import click

from odapi_ssd.cli.command import Command
from odapi_ssd.cli.options import data_dir_option, format_option, overwrite_option

__all__ = ["command"]


@click.command("label-map", cls=Command)
@data_dir_option
@format_option
@click.option(
    "--output_path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="The label map to write, a .pbtxt file.",
)
@overwrite_option
def command(data_dir: Path, format: str | None, output_path: Path, overwrite: bool) -> None:
    """Write a label map of all classes in the annotations.

    Ids start at 1, in the sorted order of the names. A dataset in the VOC layout that has only
    VOC's classes gets the ids of the 20 classes of VOC. A file that this command did not write, or
    that was edited since, is not replaced without --overwrite.
    """
    from odapi_ssd.cli.console import print_table, print_warnings
    from odapi_ssd.data.findings import describe_dataset
    from odapi_ssd.data.formats import read_dataset
    from odapi_ssd.data.label_map import label_map_to_text, make_label_map
    from odapi_ssd.outputs.text_file import require_replaceable, write_marked_text

    require_replaceable(output_path, "label-map", overwrite)
    dataset = read_dataset(data_dir, format)
    dataset.check_annotations()
    label_map = make_label_map(dataset.class_names(), dataset.declared_label_map)
    write_marked_text(output_path, label_map_to_text(label_map), "label-map", overwrite)
    print_warnings(describe_dataset(dataset))
    num_objects = dataset.count_objects()
    print_table(
        f"Label map {output_path}",
        ("id", "class", "objects"),
        [(class_id, name, num_objects.get(name, 0)) for name, class_id in label_map.items()],
    )
