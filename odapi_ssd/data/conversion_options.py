"""The options of a conversion."""

from dataclasses import dataclass, field
from pathlib import Path

from odapi_ssd.data.beam.pipeline import RunnerOptions
from odapi_ssd.data.beam.worker_paths import WorkerPaths
from odapi_ssd.data.class_selection import require_renames
from odapi_ssd.data.examples import ExampleOptions, VerifyImage
from odapi_ssd.data.grouping import compile_group_by
from odapi_ssd.data.splits import require_val_fraction
from odapi_ssd.errors import OptionError, require_at_least

__all__ = ["ERROR_MODES", "ConversionOptions"]

ERROR_MODES = ("fail", "skip")

# Below it, objects have no pixels left.
_MIN_MAX_SIDE = 32


@dataclass(frozen=True)
class ConversionOptions:
    """Options of a conversion.

    Attributes:
        format: the dataset's format; None to recognize it.
        to: the format to write.
        label_map_path: the label map to use, copied as it is; None to make one from the
            annotations.
        rename: old and new names of classes, all replaced at once, before anything else.
        classes: the classes to keep, by their new names; None for all. One that is not a class is
            several with commas between.
        splits: the splits to write; None for all that the dataset defines except `trainval`.
        val_fraction: share of `val`, above 0 and below 1, where the dataset defines no splits;
            None for 0.2.
        group_by: a regular expression; where the dataset defines no splits, images in whose names
            it finds the same text stay in one split. None for none.
        num_shards: files per split; None to choose by size.
        num_workers: processes that check images; None for the cores available. The files written
            are the same whatever the number.
        fix_inverted: put boxes right whose corners are swapped, instead of dropping them.
        max_side: the longest side in pixels that an image may have in the output; larger ones are
            made smaller. None to leave all as they are.
        include_masks: write the masks of objects, which each of them must have then.
        overwrite: replace what is in the way also if no earlier conversion wrote it.
        force: convert also if nothing has changed since the last conversion.
        verify: a further check of each image in the workers; None for none.
        runner: an Apache Beam runner that converts the images, in place of this process and its
            workers; None for these.
        worker_paths: how its workers find this machine's folders.
        on_error: "fail" to write nothing if any file has a fault; "skip" to leave out the images
            that have one, and to list them in `skipped.json`.

    Raises:
        OptionError: a number is out of range, a word is none of those expected, or group_by is not
            a regular expression.
    """

    format: str | None = None
    to: str = "tfrecord"
    label_map_path: Path | None = None
    rename: tuple[tuple[str, str], ...] = ()
    classes: tuple[str, ...] | None = None
    splits: tuple[str, ...] | None = None
    val_fraction: float | None = None
    group_by: str | None = None
    num_shards: int | None = None
    num_workers: int | None = None
    fix_inverted: bool = False
    max_side: int | None = None
    include_masks: bool = False
    overwrite: bool = False
    force: bool = False
    verify: VerifyImage | None = None
    runner: RunnerOptions | None = None
    worker_paths: WorkerPaths = field(default_factory=WorkerPaths)
    on_error: str = "fail"

    def __post_init__(self) -> None:
        require_val_fraction(self.val_fraction)
        compile_group_by(self.group_by)
        require_renames(self.rename)
        require_at_least("num_shards", self.num_shards, 1)
        require_at_least("num_workers", self.num_workers, 1)
        require_at_least("max_side", self.max_side, _MIN_MAX_SIDE)
        if self.on_error not in ERROR_MODES:
            expected = " or ".join(ERROR_MODES)
            raise OptionError("on_error", f"is {self.on_error!r}; expected {expected}.")
        if self.runner is not None and self.to != "tfrecord":
            raise OptionError("runner", f"writes tfrecord; --to is {self.to!r}.")

    def for_examples(self) -> ExampleOptions:
        """Those that are about single images."""
        return ExampleOptions(self.verify, self.max_side, self.fix_inverted, self.include_masks)
