"""Divides a conversion into shards, has them converted, and collects what was reported."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.annotations import AnnotatedImage
from odapi_ssd.data.beam.pipeline import RunnerOptions, run_pipeline
from odapi_ssd.data.beam.shards import ShardTask, read_outcomes, write_task
from odapi_ssd.data.beam.worker_paths import WorkerPaths
from odapi_ssd.data.examples import ExampleFacts, ExampleFault, ExampleOptions
from odapi_ssd.data.records.shards import shard_name, shard_ranges

__all__ = ["BeamConversion"]

# In the staging folder; removed before what is staged is moved in place.
_WORK_FOLDER = "beam"


@dataclass(frozen=True)
class BeamConversion:
    """A conversion to TFRecords by the workers of a runner.

    Attributes:
        staging: the folder that the shards are written to; workers must have it, too.
        label_map: ids by class name.
        options: how images are checked.
        runner: where the pipeline runs.
        paths: how workers find the images and the staging folder.
    """

    staging: Path
    label_map: Mapping[str, int]
    options: ExampleOptions
    runner: RunnerOptions
    paths: WorkerPaths

    def run(
        self,
        splits: Mapping[str, Sequence[AnnotatedImage]],
        num_shards: Mapping[str, int],
        *,
        writes: bool = True,
    ) -> Iterator[tuple[str, ExampleFacts | ExampleFault]]:
        """Converts all splits, then yields each image's split and what is reported of it.

        Args:
            splits: the images of each split, in order.
            num_shards: for each split, from 1 to the number of its images.
            writes: False to check only.

        Raises:
            OdapiError: the pipeline failed.
            OSError: the staging folder cannot be written or read.
        """
        work_dir = self.staging / _WORK_FOLDER
        work_dir.mkdir()
        try:
            names = self._write_tasks(work_dir, splits, num_shards, writes)
            paths = [self._seen(work_dir / f"{name}.task") for _, name in names]
            run_pipeline(paths, self.runner)
            for split, name in names:
                for outcome in read_outcomes(work_dir / f"{name}.outcomes"):
                    yield split, outcome
        finally:
            shutil.rmtree(work_dir, ignore_errors=True)

    def _write_tasks(
        self,
        work_dir: Path,
        splits: Mapping[str, Sequence[AnnotatedImage]],
        num_shards: Mapping[str, int],
        writes: bool,
    ) -> list[tuple[str, str]]:
        """Writes a task for each shard; returns their splits and names."""
        names = []
        for split, images in splits.items():
            total = num_shards[split]
            for index, places in enumerate(shard_ranges(len(images), total)):
                name = shard_name(split, index, total)
                task = ShardTask(
                    images=tuple(images[place] for place in places),
                    options=self.options,
                    label_map=self.label_map,
                    shard=self._seen(self.staging / name) if writes else None,
                    work_dir=self._seen(work_dir),
                    outcomes=self._seen(work_dir / f"{name}.outcomes"),
                    paths=self.paths,
                )
                write_task(task, work_dir / f"{name}.task")
                names.append((split, name))
        return names

    def _seen(self, path: Path) -> str:
        return self.paths.seen_by_workers(path)
