"""Divides a conversion into shards, has them converted, and collects what was reported."""

import shutil
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.beam.pipeline import RunnerOptions, run_pipeline
from odapi_ssd.data.beam.shards import ShardTask, read_outcomes, write_task
from odapi_ssd.data.beam.worker_paths import WorkerPaths
from odapi_ssd.data.examples import ExampleFault, ExampleOptions
from odapi_ssd.data.preparation import PreparedExample
from odapi_ssd.data.records.shards import shard_name, shard_ranges

__all__ = ["BeamConversion"]

# In the staging folder; removed before what is staged is moved in place.
_WORK_FOLDER = "beam"


@dataclass(frozen=True)
class BeamConversion:
    """A conversion to TFRecords by the workers of a runner.

    Attributes:
        staging: the folder that the shards are written to; workers must have it, too.
        packed_image: the packed image of a key, from `image_store`.
        label_map: ids by class name; None to check images only.
        options: how images are checked.
        runner: where the pipeline runs.
        paths: how workers find the images and the staging folder.
    """

    staging: Path
    packed_image: Callable[[str], bytes]
    label_map: Mapping[str, int] | None
    options: ExampleOptions
    runner: RunnerOptions
    paths: WorkerPaths

    def run(
        self, splits: Mapping[str, Sequence[str]], num_shards: Mapping[str, int]
    ) -> Generator[PreparedExample | ExampleFault, None, None]:
        """Converts all splits; then yields what is reported of each image, in order.

        The payload of an example is the index of its shard, which `WrittenShards` takes.

        Args:
            splits: the keys of the images of each split, in order.
            num_shards: for each split, from 1 to the number of its images.

        Raises:
            OdapiError: the pipeline failed.
            OSError: the staging folder cannot be written or read.
        """
        work_dir = self.staging / _WORK_FOLDER
        work_dir.mkdir()
        try:
            names = [
                name
                for split, keys in splits.items()
                for name in self._write_tasks(work_dir, split, keys, num_shards[split])
            ]
            run_pipeline([self._seen(work_dir / f"{name}.task") for name in names], self.runner)
            for name in names:
                yield from read_outcomes(work_dir / f"{name}.outcomes")
        finally:
            shutil.rmtree(work_dir, ignore_errors=True)

    def _write_tasks(
        self, work_dir: Path, split: str, keys: Sequence[str], num_shards: int
    ) -> list[str]:
        """Writes a task for each shard; returns the names of the shards."""
        names = []
        for shard_idx, places in enumerate(shard_ranges(len(keys), num_shards)):
            name = shard_name(split, shard_idx, num_shards)
            task = ShardTask(
                shard_idx=shard_idx,
                images=tuple(self.packed_image(keys[place]) for place in places),
                options=self.options,
                label_map=self.label_map or {},
                shard=None if self.label_map is None else self._seen(self.staging / name),
                work_dir=self._seen(work_dir),
                outcomes=self._seen(work_dir / f"{name}.outcomes"),
                paths=self.paths,
            )
            write_task(task, work_dir / f"{name}.task")
            names.append(name)
        return names

    def _seen(self, path: Path) -> str:
        return self.paths.seen_by_workers(path)
