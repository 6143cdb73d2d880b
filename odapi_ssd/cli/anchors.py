"""`odapi-ssd anchors`: a config's anchors on an image, and their recall on the records."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from odapi_ssd.cli.command import Command, Settings, pass_settings
from odapi_ssd.cli.options import (
    output_dir_option,
    overwrite_option,
    pipeline_config_option,
    set_option,
)

if TYPE_CHECKING:
    from odapi_ssd.inspection.anchors.report import AnchorReport

__all__ = ["command"]


@click.command(
    "anchors", cls=Command, short_help="Draw a config's anchors; count the boxes that they match."
)
@pipeline_config_option("The pipeline config of an SSD.")
@output_dir_option("The folder for the plots and anchors.json.")
@click.option(
    "--image",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw on this image; by default on the records' first one.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "val"]),
    help="Count the boxes of these records: train_input_reader's, which is the default if the "
    "files are there, or eval_input_reader's.",
)
@set_option
@overwrite_option
@pass_settings
def command(
    settings: Settings,
    pipeline_config_path: str,
    output_dir: Path,
    image: Path | None,
    split: str | None,
    assignments: tuple[str, ...],
    overwrite: bool,
) -> None:
    """Draw an SSD config's anchors, and count the boxes that each anchor shape matches.

    A box is matched if its IoU with an anchor is the matcher's matched_threshold or more. All boxes
    of the records are counted, as they are before augmentation. Lengths are pixels of the network's
    input. The files are anchors.png, box_sizes.png, anchor_matches.png, and anchors.json, which
    lists the boxes that no anchor matches.
    """
    from odapi_ssd.cli.console import print_warnings
    from odapi_ssd.cli.progress_display import item_display
    from odapi_ssd.cli.runtime import quiet_tensorflow

    quiet_tensorflow(settings.verbose)
    from odapi_ssd.config.files import load_config
    from odapi_ssd.inspection.anchors.report import report_anchors

    config = load_config(pipeline_config_path, assignments)
    with item_display("Images read") as progress:
        report = report_anchors(
            config,
            output_dir,
            image_path=image,
            split=split,
            overwrite=overwrite,
            progress=progress,
        )
    print_warnings(report.warnings)
    _print_shapes(report)
    _print_recall(report)
    click.echo(f"Written: {', '.join(map(str, report.files))}")


def _print_shapes(report: "AnchorReport") -> None:
    from odapi_ssd.cli.console import print_table

    columns = ["layer", "cells", "step", "height", "width", "ratio", "anchors"]
    if report.recall is not None:
        columns += ["matched", "best for"]
    rows = []
    for shape in report.shapes:
        height, width = shape.size_hw_px
        rows.append([
            shape.layer_idx,
            f"{shape.grid_hw[0]}x{shape.grid_hw[1]}",
            _step(shape.step_yx_px),
            f"{height:.1f}",
            f"{width:.1f}",
            f"{width / height:.2f}",
            f"{shape.num_anchors:,}",
            *([f"{shape.num_matched:,}", f"{shape.num_best:,}"] if report.recall else []),
        ])  # fmt: skip
    height, width = report.input_hw
    size = f"height {height}, width {width}"
    print_table(f"{report.num_anchors:,} anchors, in pixels of the input ({size})", columns, rows)
    if report.recall is not None:
        num_idle = sum(not shape.num_matched for shape in report.shapes)
        click.echo(f"{num_idle} of {len(report.shapes)} anchor shapes match no box.")


def _print_recall(report: "AnchorReport") -> None:
    from odapi_ssd.cli.console import print_table

    recall = report.recall
    if recall is None:
        return
    rows = []
    for row in recall.by_size:
        rows.append([
            row.name,
            f"{row.num_boxes:,}",
            f"{row.num_matched:,}",
            "–" if math.isnan(row.recall) else f"{row.recall:.0%}",
            f"{row.num_boxes - row.num_matched:,}",
            f"{row.num_matched_at_best_position:,}",
            "–" if math.isnan(row.mean_best_iou) else f"{row.mean_best_iou:.2f}",
        ])  # fmt: skip
    unmatched = "only forced" if report.is_forced else "never matched"
    print_table(
        f"Boxes of {recall.num_images:,} images ({recall.split}), matched at IoU "
        f"{report.threshold:g}",
        ("size", "boxes", "matched", "recall", unmatched, "at best position", "mean best IoU"),
        rows,
    )
    click.echo("Sizes: small is under 32² px of the input, medium under 96². At best position: the")
    click.echo("boxes that would match if anchors were centered on them; where these are more than")
    click.echo("the matched ones, the anchors are too far apart.")


def _step(step_yx_px: tuple[float, float]) -> str:
    step_y, step_x = (f"{step:.4g}" for step in step_yx_px)
    return step_y if step_y == step_x else f"{step_y}x{step_x}"
