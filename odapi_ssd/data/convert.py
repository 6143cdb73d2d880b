"""Converts an annotated dataset to sharded TFRecords.

All is checked before anything gets its final name: annotations and classes first, then every
image, decoded in worker processes, while this process writes. Offenders are collected and named
together. Every annotation of the folder must parse, also those in no split: class ids come from
all of them, so that they do not depend on the splits chosen.
"""

import contextlib
import glob
import itertools
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from odapi_ssd.atomic_output import publish, staging_folder
from odapi_ssd.data.annotations import Annotation
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.examples import Example, ExampleFault, check_example
from odapi_ssd.data.findings import ConversionFindings, describe_dataset, describe_splits
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.label_map import make_label_map, read_label_map, write_label_map
from odapi_ssd.data.records.shards import choose_num_shards
from odapi_ssd.data.records.writer import ShardedWriter
from odapi_ssd.data.splits import SplitPlan, plan_splits, require_val_fraction
from odapi_ssd.data.summary import (
    LABEL_MAP_FILE,
    DatasetSummary,
    SplitCounter,
    SplitSummary,
)
from odapi_ssd.data.workers import count_cores, map_in_order
from odapi_ssd.errors import OdapiError, require_at_least
from odapi_ssd.messages import count_of
from odapi_ssd.progress import SILENT, Progress

__all__ = ["ConversionOptions", "convert_dataset"]

# Starting a worker costs more than checking this many images.
_MIN_EXAMPLES_PER_WORKER = 100


@dataclass(frozen=True)
class ConversionOptions:
    """Options of a conversion.

    Attributes:
        label_map_path: the label map to use; None to make one from the annotations.
        splits: the splits to write; None for all that the dataset defines except `trainval`.
        val_fraction: share of `val`, above 0 and below 1, where the dataset defines no splits;
            None for 0.2.
        num_shards: files per split; None to choose by size.
        num_workers: processes that check images; None for the cores available. The files written
            are the same whatever the number.

    Raises:
        OptionError: a number is out of range.
    """

    label_map_path: Path | None = None
    splits: tuple[str, ...] | None = None
    val_fraction: float | None = None
    num_shards: int | None = None
    num_workers: int | None = None

    def __post_init__(self) -> None:
        require_val_fraction(self.val_fraction)
        require_at_least("num_shards", self.num_shards, 1)
        require_at_least("num_workers", self.num_workers, 1)


def convert_dataset(
    data_dir: Path,
    output_dir: Path,
    options: ConversionOptions | None = None,
    progress: Progress = SILENT,
) -> DatasetSummary:
    """Converts a folder; writes records, `label_map.pbtxt` and `dataset.json`.

    An earlier conversion in the output folder is replaced split by split. Splits that are not
    written again stay, provided that the label map is the same.

    Args:
        data_dir: a dataset in one of the registered formats.
        output_dir: made if need be. On any failure it is left as it was.
        options: see there.
        progress: advances by each image.

    Returns:
        The content of `dataset.json`.

    Raises:
        OdapiError: anything wrong with the dataset, all offenders named; or the disk.
    """
    options = options or ConversionOptions()
    dataset = read_dataset(Path(data_dir))
    plan = plan_splits(dataset, options.splits, options.val_fraction)
    label_map = read_label_map(options.label_map_path) if options.label_map_path else None
    faults = _find_faults(dataset, plan, label_map)
    if faults:
        checked = _check_images(dataset, plan, options, progress)
        faults += [found.message for found in checked if isinstance(found, ExampleFault)]
        raise _faults_error(dataset, faults)
    if label_map is None:
        label_map = make_label_map(dataset.class_names(), dataset.declared_label_map)
    earlier = _load_earlier(Path(output_dir), label_map, plan)
    conversion = _Conversion(dataset, plan, label_map, options, progress)
    return conversion.run(Path(output_dir), earlier)


class _Conversion:
    """One conversion, after annotations and classes have passed their checks."""

    def __init__(
        self,
        dataset: Dataset,
        plan: SplitPlan,
        label_map: Mapping[str, int],
        options: ConversionOptions,
        progress: Progress,
    ):
        self._dataset, self._plan, self._options = dataset, plan, options
        self._label_map, self._progress = label_map, progress
        self._findings = ConversionFindings()
        self._faults: list[str] = []

    def run(self, output_dir: Path, earlier: DatasetSummary | None) -> DatasetSummary:
        """Writes everything to a staging folder and moves it in place."""
        with staging_folder(output_dir) as staging:
            splits = self._write_splits(staging)
            if self._faults:
                raise _faults_error(self._dataset, self._faults)
            summary = _add_kept_splits(self._summarize(splits), earlier)
            write_label_map(self._label_map, staging / LABEL_MAP_FILE)
            summary.save(staging)
            stale = [path.name for split in splits for path in _list_shards(output_dir, split)]
            publish(staging, output_dir, stale)
        return summary

    def _write_splits(self, staging: Path) -> dict[str, SplitSummary]:
        """Writes all splits; after the first faulty image it checks only."""
        summaries = {}
        images = _check_images(self._dataset, self._plan, self._options, self._progress)
        with contextlib.closing(images) as checked:
            for split, keys in self._plan.splits.items():
                num_bytes = sum(self._dataset.images[key].path.stat().st_size for key in keys)
                num_shards = choose_num_shards(len(keys), num_bytes, self._options.num_shards)
                writer = ShardedWriter(staging, split, len(keys), num_shards, self._label_map)
                counter = SplitCounter(self._label_map, num_shards)
                with contextlib.closing(writer):
                    for _ in keys:
                        self._take(next(checked), split, writer, counter)
                summaries[split] = counter.summarize()
        return summaries

    def _take(
        self,
        checked: Example | ExampleFault,
        split: str,
        writer: ShardedWriter,
        counter: SplitCounter,
    ) -> None:
        if isinstance(checked, ExampleFault):
            self._faults.append(checked.message)
        elif not self._faults:
            writer.write(checked)
            counter.add(checked)
            self._findings.add(split, checked)

    def _summarize(self, splits: Mapping[str, SplitSummary]) -> DatasetSummary:
        return DatasetSummary(
            label_map=self._label_map,
            splits=splits,
            dropped=tuple(self._findings.dropped),
            clipped=tuple(self._findings.clipped),
            warnings=(
                *self._plan.warnings,
                *describe_dataset(self._dataset),
                *describe_splits(self._dataset, self._plan.splits),
                *self._findings.warnings(),
            ),
        )


def _check_images(
    dataset: Dataset,
    plan: SplitPlan,
    options: ConversionOptions,
    progress: Progress,
) -> Generator[Example | ExampleFault, None, None]:
    """Checks the images of all splits in order, leaving out those without a file or annotation."""
    keys = itertools.chain.from_iterable(plan.splits.values())
    images = [dataset.images[key] for key in keys if key in dataset.images]
    num_workers = options.num_workers or min(
        count_cores(), -(-len(images) // _MIN_EXAMPLES_PER_WORKER)
    )
    with contextlib.closing(map_in_order(check_example, images, num_workers)) as checked:
        for num_done, example in enumerate(checked, start=1):
            progress.advance(num_done, len(images))
            yield example


def _find_faults(
    dataset: Dataset, plan: SplitPlan, label_map: Mapping[str, int] | None
) -> list[str]:
    """Faults that show before any image is read: one line per offender."""
    keys = list(dict.fromkeys(itertools.chain.from_iterable(plan.splits.values())))
    faults = [*dataset.fault_lines(), *plan.faults]
    missing = dataset.missing_images
    faults += [missing[key].problem for key in keys if key in missing]
    if label_map is not None:
        for annotation in filter(None, map(dataset.annotation, keys)):
            faults += _describe_unknown_classes(annotation, label_map)
    return faults


def _describe_unknown_classes(annotation: Annotation, label_map: Mapping[str, int]) -> list[str]:
    """One line per class, so that a class misspelled throughout a file is one line of it."""
    numbers: dict[str, list[int]] = {}
    for one in annotation.objects:
        if one.name not in label_map:
            numbers.setdefault(one.name, []).append(one.number)
    return [
        f"{annotation.source}: class {name!r} ({'object' if len(places) == 1 else 'objects'} "
        f"{', '.join(map(str, places))}) is not in the label map"
        for name, places in numbers.items()
    ]


def _faults_error(dataset: Dataset, faults: list[str]) -> OdapiError:
    faults = list(dict.fromkeys(faults))  # An image may be in two splits.
    return OdapiError(
        f"Nothing was written: {count_of(len(faults), 'fault')} in {dataset.root_dir}:",
        details=faults,
        hint="correct these, or take them out of the dataset.",
    )


def _list_shards(output_dir: Path, split: str) -> Iterator[Path]:
    return output_dir.glob(f"{glob.escape(split)}.record-?????-of-?????")


def _load_earlier(
    output_dir: Path, label_map: Mapping[str, int], plan: SplitPlan
) -> DatasetSummary | None:
    """The earlier conversion's splits that stay; None if there was no conversion."""
    try:
        earlier = DatasetSummary.load(output_dir)
    except OdapiError:
        return None
    kept = {name: split for name, split in earlier.splits.items() if name not in plan.splits}
    if kept and dict(earlier.label_map) != dict(label_map):
        raise OdapiError(
            f"{output_dir} holds {', '.join(kept)} with another label map: "
            f"{dict(earlier.label_map)}, now {dict(label_map)}.",
            hint="choose another --output_dir, or convert all splits again.",
        )
    return replace(
        earlier,
        splits=kept,
        dropped=tuple(found for found in earlier.dropped if found.split in kept),
        clipped=tuple(found for found in earlier.clipped if found.split in kept),
    )


def _add_kept_splits(summary: DatasetSummary, earlier: DatasetSummary | None) -> DatasetSummary:
    if earlier is None:
        return summary
    kept = tuple(
        f"Split {name!r} was kept from an earlier conversion into this folder; it was not compared "
        "with what was written now, so images may be in both. If it is not wanted, convert into "
        "an empty folder."
        for name in earlier.splits
    )
    return replace(
        summary,
        splits={**earlier.splits, **summary.splits},
        dropped=earlier.dropped + summary.dropped,
        clipped=earlier.clipped + summary.clipped,
        warnings=summary.warnings + kept,
    )
