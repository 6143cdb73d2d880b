"""`odapi-ssd inspect`: shows a dataset on one page, and all that is wrong with it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from odapi_ssd.cli.command import Command, Settings, pass_settings
from odapi_ssd.cli.options import (
    format_option,
    output_dir_option,
    overwrite_option,
)

if TYPE_CHECKING:
    from odapi_ssd.inspection.dataset.findings import DatasetFindings

__all__ = ["command"]


@click.command("inspect", cls=Command)
@click.option(
    "--data_dir",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The dataset: its folder, or the one file that holds all annotations.",
)
@click.option(
    "--records_dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Instead of --data_dir: a folder of TFRecords, such as convert writes.",
)
@output_dir_option("The folder for index.html and report.json.")
@format_option
@click.option(
    "--template",
    metavar="NAME",
    help="Show the anchors of this template, or pipeline config, over the boxes.",
)
@click.option(
    "--num_workers",
    type=click.IntRange(min=1),
    help="Processes that check images.  [default: the cores available]",
)
@overwrite_option
@pass_settings
def command(
    settings: Settings,
    data_dir: Path | None,
    records_dir: Path | None,
    output_dir: Path,
    format: str | None,
    template: str | None,
    num_workers: int | None,
    overwrite: bool,
) -> None:
    """Show a dataset on one page, and all that is wrong with it.

    The page needs no other file and no network: counts per class and split, sizes of boxes and
    images, every problem with its picture, and a contact sheet. report.json holds the figures. A
    dataset with faults gets its page too.
    """
    from odapi_ssd.cli.progress_display import item_display
    from odapi_ssd.data.formats.registry import WrongFormatError
    from odapi_ssd.errors import OdapiError
    from odapi_ssd.inspection.dataset.run import InspectionOptions, inspect_dataset

    data_dir, format = _choose_dataset(data_dir, records_dir, format)
    if template is not None:
        from odapi_ssd.cli.runtime import quiet_tensorflow

        quiet_tensorflow(settings.verbose)
    options = InspectionOptions(format, template, num_workers, overwrite)
    try:
        with item_display("Images checked") as progress:
            findings = inspect_dataset(data_dir, output_dir, options, progress)
    except WrongFormatError as error:
        if records_dir is None:
            raise
        looks_like = " or ".join(error.looks_like)
        raise OdapiError(
            error.problem,
            details=error.details,
            hint=f"this looks like {looks_like}: give it as --data_dir, not as --records_dir.",
        ) from error
    _print_summary(findings)
    click.echo(f"Written: {output_dir / 'index.html'}, {output_dir / 'report.json'}")


def _choose_dataset(
    data_dir: Path | None, records_dir: Path | None, format: str | None
) -> tuple[Path, str | None]:
    """The dataset and its format, of which records have one of their own."""
    from odapi_ssd.errors import OptionError

    if data_dir is not None and records_dir is None:
        return data_dir, format
    if records_dir is None:
        raise OptionError("data_dir", "is missing; give it, or --records_dir.")
    for option, value in (("data_dir", data_dir), ("format", format)):
        if value is not None:
            raise OptionError(option, "cannot be given together with --records_dir.")
    return records_dir, "tfrecord"


def _print_summary(findings: "DatasetFindings") -> None:
    from odapi_ssd.cli.console import print_table
    from odapi_ssd.messages import count_of

    statistics = findings.statistics
    print_table(
        f"{count_of(len(statistics.class_names), 'class', 'classes')} in {findings.title}",
        ("split", "images", "without objects", "unusable", "objects"),
        [
            (name, split.num_images, split.num_empty, split.num_unusable, split.num_objects)
            for name, split in statistics.splits.items()
        ],
    )
    if not findings.problems:
        click.echo("No problems found.")
        return
    print_table(
        "Problems",
        ("severity", "number", "what"),
        [(group.kind.severity, group.num, group.kind.title) for group in findings.problems],
    )
