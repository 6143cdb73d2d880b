"""Converts an annotated dataset to sharded TFRecords, or to another format.

All is checked before anything gets its final name: annotations and classes first, then every
image, decoded in worker processes, while this process writes. Offenders are collected and named
together, or left out and listed (`skipping`). Every annotation of the folder must parse, also those
in no split: class ids come from all of them, so that they do not depend on the splits chosen.
"""

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from odapi_ssd.data.beam.writer import RunnerWriter
from odapi_ssd.data.class_selection import select_classes
from odapi_ssd.data.conversion_faults import faults_error, find_faults, require_masks
from odapi_ssd.data.conversion_label_map import (
    ConversionLabelMap,
    make_own_label_map,
    read_given_label_map,
)
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.earlier_conversion import add_kept_splits, load_kept_splits, load_unchanged
from odapi_ssd.data.example_checks import ExampleChecks, describe_missing_classes
from odapi_ssd.data.examples import ExampleFault
from odapi_ssd.data.faults import Fault
from odapi_ssd.data.findings import (
    ConversionFindings,
    describe_dataset,
    describe_masks,
    describe_splits,
)
from odapi_ssd.data.formats import find_writer, read_dataset
from odapi_ssd.data.formats.writing import DatasetWriter, SplitWriter, WriterContext
from odapi_ssd.data.free_memory import return_free_memory
from odapi_ssd.data.input_state import InputState, read_input_state
from odapi_ssd.data.output_contents import replaced_names, require_free
from odapi_ssd.data.parallel_preparation import prepare_images
from odapi_ssd.data.preparation import PreparedExample
from odapi_ssd.data.skipping import (
    SKIPPED_FILE,
    EmptySplitError,
    SkippedFiles,
    leave_out,
    load_kept_reasons,
)
from odapi_ssd.data.splits import SplitPlan, plan_splits
from odapi_ssd.data.summary import (
    LABEL_MAP_FILE,
    DatasetSummary,
    SplitCounter,
    SplitSummary,
)
from odapi_ssd.data.workers import WorkerPool, count_cores
from odapi_ssd.outputs.folder import OutputFolder, output_folder
from odapi_ssd.progress import SILENT, Progress

__all__ = ["convert_dataset"]

# From here on it is sure that there is work for them: files of annotations and of images.
_MANY_FILES = 1000
_WORKER_MODULES = ("odapi_ssd.data.preparation", "odapi_ssd.data.records.writer")


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

    Where input, options and output are as the last conversion into the folder left them, that is
    told to `progress`, and nothing else is done.

    Raises:
        OdapiError: anything wrong with the dataset, all offenders named; files in the way; or the
            disk.
    """
    options = options or ConversionOptions()
    target_names = find_writer(options.to).target_names
    state = read_input_state(Path(data_dir), Path(output_dir), options)
    if state is not None and not options.force:
        unchanged = load_unchanged(Path(output_dir), state.digest, target_names)
        if unchanged is not None:
            progress.phase(
                "Nothing has changed since the last conversion, so nothing was done; --force "
                "converts again."
            )
            return unchanged
    with WorkerPool(options.num_workers or count_cores()) as pool:
        if state is not None and state.num_files >= _MANY_FILES and options.runner is None:
            pool.start(*_WORKER_MODULES)  # They are ready when the annotations are read.
        return _convert(Path(data_dir), output_dir, options, progress, state, pool)


def _convert(
    data_dir: Path,
    output_dir: Path,
    options: ConversionOptions,
    progress: Progress,
    state: InputState | None,
    pool: WorkerPool,
) -> DatasetSummary:
    dataset = read_dataset(data_dir, options.format)
    digest = state.digest if state is not None and state.covers(dataset) else None
    with_all_classes = select_classes(dataset, options.rename)
    dataset = select_classes(with_all_classes, (), options.classes)
    writer_class = RunnerWriter if options.runner else find_writer(options.to)
    plan = plan_splits(dataset, options.splits, options.val_fraction, options.group_by)
    if options.include_masks:
        require_masks(dataset)
    given = read_given_label_map(options.label_map_path) if options.label_map_path else None
    with output_folder(
        "output_dir",
        output_dir,
        "convert",
        overwrite=options.overwrite,
        warn=progress.warning,
    ) as outputs:
        require_free(outputs, dataset, writer_class, plan, given, progress.warning)
        faults = find_faults(dataset, plan, given.ids if given else None)
        skipped = SkippedFiles(faults) if options.on_error == "skip" else None
        if faults and skipped is None:
            checked = prepare_images(dataset, plan, options, progress, pool, None)
            faults += [_fault_of(one) for one in checked if isinstance(one, ExampleFault)]
            raise faults_error(dataset, faults)
        if skipped is not None and not dataset.class_names():
            leave_out(dataset, plan, skipped)  # Tells the faults if they are why there is no class.
        label_map = given or make_own_label_map(dataset, outputs, with_all_classes)
        return_free_memory()
        conversion = _Conversion(dataset, label_map, options, progress, pool, skipped, digest)
        if skipped is None:
            return conversion.run(plan, outputs, writer_class)
        return conversion.run_skipping(plan, outputs, writer_class)


def _fault_of(example: ExampleFault, key: str | None = None) -> Fault:
    return Fault(example.file, example.message, key)


class _Conversion:
    """One conversion, after annotations and classes have passed their checks."""

    def __init__(
        self,
        dataset: Dataset,
        label_map: ConversionLabelMap,
        options: ConversionOptions,
        progress: Progress,
        pool: WorkerPool,
        skipped: SkippedFiles | None,
        input_digest: str | None,
    ):
        """Takes in `skipped` the faults so far; if it is None, a faulty image is a failure.

        The digest is that of all that is converted; None if it is unknown.
        """
        self._pool, self._input_digest = pool, input_digest
        self._dataset, self._options = dataset, options
        self._label_map, self._label_map_text = label_map.ids, label_map.text
        self._label_map_warnings = label_map.warnings
        self._progress = progress
        self._skipped = skipped

    def run_skipping(
        self, plan: SplitPlan, outputs: OutputFolder, writer_class: type[DatasetWriter]
    ) -> DatasetSummary:
        """As `run`, without the images that have faults.

        Where all of a split have one that was divided here, and not by the dataset, the images that
        can be used are divided again. That happens to small datasets alone.
        """
        assert self._skipped is not None
        unusable: Collection[str] = ()
        while True:
            try:
                return self.run(
                    leave_out(self._dataset, plan, self._skipped), outputs, writer_class
                )
            except EmptySplitError:
                if not plan.is_division or unusable == self._skipped.keys():
                    raise
            unusable, options = self._skipped.keys(), self._options
            plan = plan_splits(
                self._dataset, options.splits, options.val_fraction, options.group_by, unusable
            )
            outputs.clear_staging()

    def run(
        self, plan: SplitPlan, outputs: OutputFolder, writer_class: type[DatasetWriter]
    ) -> DatasetSummary:
        """Writes everything to the staging folder and moves it in place."""
        self._plan, self._findings, self._checks = plan, ConversionFindings(), ExampleChecks()
        self._faults: list[Fault] = []
        keeps = writer_class.keeps_other_splits
        earlier = load_kept_splits(outputs, self._label_map, self._plan.splits) if keeps else None
        context = WriterContext(outputs.staging, self._label_map, self._options.num_shards)
        splits = self._write_splits(writer_class(context))
        if self._faults:
            raise faults_error(self._dataset, self._faults)
        summary = self._summarize(splits)
        listed = SkippedFiles() if self._skipped is None else self._skipped
        if keeps:
            summary = add_kept_splits(summary, earlier, outputs.path)
        if earlier is not None and earlier.splits:
            listed.keep(load_kept_reasons(outputs, self._dataset, plan))
            summary = replace(summary, num_skipped=len(listed))
        (outputs.staging / LABEL_MAP_FILE).write_bytes(self._label_map_text.encode())
        summary.save(outputs.staging)
        if len(listed) or self._skipped is not None:
            listed.save(outputs.staging)
        stale = [SKIPPED_FILE, *replaced_names(outputs, writer_class, splits)]
        outputs.publish(stale, self._input_digest)
        return summary

    def _write_splits(self, writer: DatasetWriter) -> dict[str, SplitSummary]:
        """Writes all splits; after the first faulty image it checks only."""
        summaries = {}
        images = prepare_images(
            self._dataset, self._plan, self._options, self._progress, self._pool, writer
        )
        with contextlib.closing(images) as prepared:
            for split, keys in self._plan.splits.items():
                num_bytes = self._dataset.num_bytes(keys)
                counter = SplitCounter(self._label_map)
                with contextlib.closing(
                    writer.open_split(split, len(keys), num_bytes)
                ) as split_writer:
                    for key in keys:
                        self._take(key, next(prepared), split, split_writer, counter)
                summaries[split] = counter.summarize(split_writer.num_shards)
                if self._skipped is not None:
                    num_left = summaries[split].num_examples
                    self._skipped.require_left(self._dataset, split, num_left)
        self._writer_warnings = writer.finish()
        return summaries

    def _take(
        self,
        key: str,
        prepared: PreparedExample | ExampleFault,
        split: str,
        writer: SplitWriter,
        counter: SplitCounter,
    ) -> None:
        if isinstance(prepared, ExampleFault):
            faults = self._faults if self._skipped is None else self._skipped
            faults.append(_fault_of(prepared, key))
        elif not self._faults:
            writer.write(prepared.payload)
            counter.add(prepared.facts)
            self._findings.add(split, prepared.facts)
            self._checks.add(split, key, prepared.facts)
            self._findings.add_lost(prepared.lost)

    def _summarize(self, splits: Mapping[str, SplitSummary]) -> DatasetSummary:
        return DatasetSummary(
            label_map=self._label_map,
            splits=splits,
            dropped=tuple(self._findings.dropped),
            clipped=tuple(self._findings.clipped),
            fixed=tuple(self._findings.fixed),
            checks=self._checks.counts(),
            warnings=(
                *self._plan.warnings,
                *self._label_map_warnings,
                *describe_dataset(self._dataset),
                *describe_masks(self._dataset, self._options.include_masks),
                *describe_splits(self._dataset, self._plan.splits),
                *describe_missing_classes(splits),
                *self._findings.warnings(),
                *self._checks.warnings(self._dataset),
                *self._findings.lost_warnings(self._options.to),
                *self._writer_warnings,
                *(self._skipped.warnings() if self._skipped is not None else ()),
            ),
            num_skipped=0 if self._skipped is None else len(self._skipped),
        )
