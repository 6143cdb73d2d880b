"""`odapi-ssd convert`: converts an annotated dataset to TFRecords."""

from pathlib import Path
from typing import Any

import click

from odapi_ssd.cli.command import Command, Settings, pass_settings
from odapi_ssd.cli.options import (
    FiniteFloatRange,
    data_dir_option,
    format_option,
    output_dir_option,
    overwrite_option,
)

__all__ = ["command"]

# A test holds these against the writers themselves.
_TARGETS = ("tfrecord", "voc", "yolo", "coco")


def _names(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
    if not names:
        raise click.BadParameter("expected names with commas between, such as train,val")
    return names


def _class_names(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...] | None:
    """The values as they are: the dataset tells whether a comma is in a name or between two."""
    if not all(value.replace(",", "").strip() for value in values):
        raise click.BadParameter("expected names with commas between, such as dog,cat")
    return tuple(value.strip() for value in values) or None


def _renames(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    pairs = []
    for value in values:
        old, _, new = value.partition("=")
        if not old.strip() or not new.strip():
            raise click.BadParameter(f"{value!r} is not of the form OLD=NEW")
        pairs.append((old, new))
    return tuple(pairs)


@click.command("convert", cls=Command)
@data_dir_option
@output_dir_option("The folder for records, label_map.pbtxt and dataset.json.")
@format_option
@click.option(
    "--to",
    type=click.Choice(_TARGETS),
    default="tfrecord",
    show_default=True,
    help="The format to write.",
)
@click.option(
    "--label_map_path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The label map to use, copied as it is.  [default: made from the annotations]",
)
@click.option(
    "--rename",
    multiple=True,
    callback=_renames,
    metavar="OLD=NEW",
    help="Rename a class; may be given several times, also to make one class of several.",
)
@click.option(
    "--classes",
    multiple=True,
    callback=_class_names,
    metavar="NAME,NAME…",
    help="The classes to keep, by their new names; images without them stay. May be given several "
    "times, which a name with a comma in it takes.  [default: all]",
)
@click.option(
    "--splits",
    callback=_names,
    metavar="NAME,NAME…",
    help="The splits to write.  [default: those of the dataset except trainval]",
)
@click.option(
    "--val_fraction",
    type=FiniteFloatRange(0, 1, min_open=True, max_open=True),
    help="Share of the split val where the dataset defines no splits.  [default: 0.2]",
)
@click.option(
    "--group_by",
    metavar="REGEX",
    help="Where the dataset defines no splits: keep images in one split in whose names this finds "
    "the same text, such as the frames of one video with '(.*)_[0-9]+'.",
)
@click.option(
    "--num_shards",
    type=click.IntRange(min=1),
    help="Files per split.  [default: one per 150 MiB]",
)
@click.option(
    "--num_workers",
    type=click.IntRange(min=1),
    help="Processes that check images.  [default: the cores available]",
)
@click.option(
    "--max_side",
    type=click.IntRange(min=32),
    metavar="PIXELS",
    help="Make images smaller whose longer side is above this.  [default: none]",
)
@click.option(
    "--include_masks",
    is_flag=True,
    help="Write the masks of objects, from which a Mask R-CNN learns; each object must have one.",
)
@click.option(
    "--verify",
    type=click.Choice(["fast", "full"]),
    default="fast",
    show_default=True,
    help="How images are checked; full decodes each with TensorFlow too, as training does.",
)
@click.option(
    "--on_error",
    type=click.Choice(["fail", "skip"]),
    default="fail",
    show_default=True,
    help="With a faulty file, write nothing, or leave the image out and list it in skipped.json.",
)
@click.option(
    "--fix_inverted",
    is_flag=True,
    help="Put boxes right whose corners are swapped, instead of dropping them.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Convert also if neither input nor output has changed since the last time.",
)
@click.option(
    "--runner",
    metavar="RUNNER",
    help="Convert in an Apache Beam pipeline (extra beam): DirectRunner (on this machine, in "
    "--num_workers processes), FlinkRunner, SparkRunner, DataflowRunner, ….",
)
@click.option(
    "--runner_option",
    "runner_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of the runner, such as flink_master=host:8081; may be given several times.",
)
@click.option(
    "--worker_path",
    "worker_paths",
    multiple=True,
    metavar="HERE=THERE",
    help="What the runner's workers call a folder of this machine, such as /mnt/data=gs://bucket; "
    "may be given several times.  [default: the same]",
)
@overwrite_option
@pass_settings
def command(
    settings: Settings,
    /,
    data_dir: Path,
    output_dir: Path,
    verify: str,
    runner: str | None,
    runner_options: tuple[str, ...],
    worker_paths: tuple[str, ...],
    **values: Any,
) -> None:
    """Convert an annotated dataset to TFRecords that the API reads.

    Every annotation and every image is checked first; all faults are reported together, and then
    nothing is written, unless --on_error skip leaves the faulty images out. Boxes are converted as
    the API's own converter does it: pixels divided by the image's size, VOC's 1-based corners
    included.
    """
    from odapi_ssd.cli.console import print_table, print_warnings
    from odapi_ssd.cli.progress_display import item_display
    from odapi_ssd.data.conversion_options import ConversionOptions
    from odapi_ssd.data.convert import convert_dataset
    from odapi_ssd.data.skipping import SKIPPED_FILE
    from odapi_ssd.errors import printable_lines
    from odapi_ssd.messages import count_of

    if verify == "full":
        from odapi_ssd.check.tensorflow_images import describe_refusal
        from odapi_ssd.cli.runtime import quiet_native_code

        quiet_native_code(settings.verbose)
        values["verify"] = describe_refusal
    values |= _runner_values(runner, runner_options, worker_paths, values["num_workers"])
    options = ConversionOptions(**values)
    with item_display("Images converted") as progress:
        summary = convert_dataset(data_dir, output_dir, options, progress)
    print_warnings(summary.warnings)
    print_table(
        f"{'Records' if options.to == 'tfrecord' else 'Dataset'} in {output_dir}",
        ("split", "images", "objects", "shards"),
        [
            (name, split.num_examples, split.num_objects, split.num_shards)
            for name, split in summary.splits.items()
        ],
    )
    click.echo(printable_lines(f"Classes: {', '.join(summary.label_map)}"))
    if summary.num_skipped:
        what = count_of(summary.num_skipped, "file", "files")
        path = output_dir / SKIPPED_FILE
        click.echo(printable_lines(f"Skipped: {what} with faults, listed in {path}"))


def _runner_values(
    runner: str | None,
    runner_options: tuple[str, ...],
    worker_paths: tuple[str, ...],
    num_workers: int | None,
) -> dict[str, Any]:
    """The options of a conversion that are about Apache Beam; empty without a runner."""
    from odapi_ssd.data.beam.pipeline import RunnerOptions
    from odapi_ssd.data.beam.worker_paths import WorkerPaths
    from odapi_ssd.data.workers import count_cores
    from odapi_ssd.errors import OptionError

    if runner is None:
        if runner_options or worker_paths:
            name = "runner_option" if runner_options else "worker_path"
            raise OptionError(name, "is about the workers of a runner; --runner was expected too.")
        return {}
    flags = tuple(f"--{one}" for one in runner_options)
    return {
        "runner": RunnerOptions(runner, num_workers or count_cores(), flags),
        "worker_paths": WorkerPaths.parse(worker_paths),
    }
