"""Converts an annotated dataset to sharded TFRecords.

All is checked before anything gets its final name: annotations and classes first, then every
image, decoded in worker processes, while this process writes. Offenders are collected and named
together. Every annotation of the folder must parse, also those in no split: class ids come from
all of them, so that they do not depend on the splits chosen.
"""

import contextlib
import functools
import itertools
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.annotations import Annotation
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.earlier_conversion import add_kept_splits, load_kept_splits, shard_names
from odapi_ssd.data.examples import Example, ExampleFault, VerifyImage, check_example
from odapi_ssd.data.findings import ConversionFindings, describe_dataset, describe_splits
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.label_map import label_map_to_text, make_label_map, parse_items
from odapi_ssd.data.records.shards import choose_num_shards
from odapi_ssd.data.records.writer import ShardedWriter
from odapi_ssd.data.splits import SplitPlan, plan_splits, require_val_fraction
from odapi_ssd.data.summary import (
    DATASET_FILE,
    LABEL_MAP_FILE,
    DatasetSummary,
    SplitCounter,
    SplitSummary,
)
from odapi_ssd.data.text_files import read_text
from odapi_ssd.data.workers import count_cores, map_in_order
from odapi_ssd.errors import OdapiError, require_at_least
from odapi_ssd.messages import count_of
from odapi_ssd.outputs.folder import OutputFolder, output_folder
from odapi_ssd.progress import SILENT, Progress

__all__ = ["ConversionOptions", "convert_dataset"]

# Starting a worker costs more than checking this many images.
_MIN_EXAMPLES_PER_WORKER = 100


@dataclass(frozen=True)
class ConversionOptions:
    """Options of a conversion.

    Attributes:
        label_map_path: the label map to use, copied as it is; None to make one from the
            annotations.
        splits: the splits to write; None for all that the dataset defines except `trainval`.
        val_fraction: share of `val`, above 0 and below 1, where the dataset defines no splits;
            None for 0.2.
        num_shards: files per split; None to choose by size.
        num_workers: processes that check images; None for the cores available. The files written
            are the same whatever the number.
        overwrite: replace what is in the way also if no earlier conversion wrote it.
        verify: a further check of each image in the workers; None for none.

    Raises:
        OptionError: a number is out of range.
    """

    label_map_path: Path | None = None
    splits: tuple[str, ...] | None = None
    val_fraction: float | None = None
    num_shards: int | None = None
    num_workers: int | None = None
    overwrite: bool = False
    verify: VerifyImage | None = None

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
    written again stay, provided that the label map is the same. Files of these names that no
    conversion wrote are in the way; so are records that configs would take for the split's.

    Args:
        data_dir: a dataset in one of the registered formats.
        output_dir: made if need be. On any failure it is left as it was.
        options: see there.
        progress: advances by each image.

    Returns:
        The content of `dataset.json`.

    Raises:
        OdapiError: anything wrong with the dataset, all offenders named; files in the way; or the
            disk.
    """
    options = options or ConversionOptions()
    dataset = read_dataset(Path(data_dir))
    plan = plan_splits(dataset, options.splits, options.val_fraction)
    given = _read_label_map(options.label_map_path) if options.label_map_path else None
    with output_folder(
        "output_dir",
        output_dir,
        "convert",
        overwrite=options.overwrite,
        warn=progress.warning,
    ) as outputs:
        _require_free(outputs, plan, given)
        faults = _find_faults(dataset, plan, given.ids if given else None)
        if faults:
            checked = _check_images(dataset, plan, options, progress)
            faults += [found.message for found in checked if isinstance(found, ExampleFault)]
            raise _faults_error(dataset, faults)
        label_map = given or _make_label_map(dataset)
        earlier = load_kept_splits(outputs, label_map.ids, plan.splits)
        return _Conversion(dataset, plan, label_map, options, progress).run(outputs, earlier)


@dataclass(frozen=True)
class _LabelMap:
    """A label map as ids by name, and as the text to write."""

    ids: Mapping[str, int]
    text: str


def _read_label_map(path: Path) -> _LabelMap:
    """A user's label map; its text keeps comments, display names and other fields."""
    text = read_text(path)
    ids = {item.name: item.class_id for item in parse_items(text, str(path))}
    return _LabelMap(ids, text)


def _make_label_map(dataset: Dataset) -> _LabelMap:
    ids = make_label_map(dataset.class_names(), dataset.declared_label_map)
    return _LabelMap(ids, label_map_to_text(ids))


def _require_free(outputs: OutputFolder, plan: SplitPlan, given: _LabelMap | None) -> None:
    """Refuses what is in the way, before the work."""
    shards = [name for split in plan.splits for name in shard_names(outputs.path, split)]
    contents = {LABEL_MAP_FILE: given.text.encode()} if given else {}
    outputs.require_replaceable([LABEL_MAP_FILE, DATASET_FILE, *shards], contents)


class _Conversion:
    """One conversion, after annotations and classes have passed their checks."""

    def __init__(
        self,
        dataset: Dataset,
        plan: SplitPlan,
        label_map: _LabelMap,
        options: ConversionOptions,
        progress: Progress,
    ):
        self._dataset, self._plan, self._options = dataset, plan, options
        self._label_map, self._label_map_text = label_map.ids, label_map.text
        self._progress = progress
        self._findings = ConversionFindings()
        self._faults: list[str] = []

    def run(self, outputs: OutputFolder, earlier: DatasetSummary | None) -> DatasetSummary:
        """Writes everything to the staging folder and moves it in place."""
        splits = self._write_splits(outputs.staging)
        if self._faults:
            raise _faults_error(self._dataset, self._faults)
        summary = add_kept_splits(self._summarize(splits), earlier, outputs.path)
        (outputs.staging / LABEL_MAP_FILE).write_bytes(self._label_map_text.encode())
        summary.save(outputs.staging)
        outputs.publish([name for split in splits for name in shard_names(outputs.path, split)])
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
    check = functools.partial(check_example, verify=options.verify)
    with contextlib.closing(map_in_order(check, images, num_workers)) as checked:
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
