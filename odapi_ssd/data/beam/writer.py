"""Writes TFRecords by the workers of a runner."""

from collections.abc import Generator, Mapping, Sequence

from odapi_ssd.data.beam.conversion import BeamConversion
from odapi_ssd.data.beam.pipeline import RunnerOptions
from odapi_ssd.data.beam.worker_paths import WorkerPaths
from odapi_ssd.data.beam.written_shards import WrittenShards
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.examples import ExampleFault, ExampleOptions
from odapi_ssd.data.formats.tfrecord import TfRecordWriter
from odapi_ssd.data.preparation import PreparedExample
from odapi_ssd.data.records.shards import choose_num_shards

__all__ = ["RunnerWriter"]


class RunnerWriter(TfRecordWriter):
    """The files of `TfRecordWriter`, written while the examples are prepared."""

    def prepare(
        self,
        dataset: Dataset,
        splits: Mapping[str, Sequence[str]],
        options: ExampleOptions,
        runner: RunnerOptions,
        paths: WorkerPaths,
    ) -> Generator[PreparedExample | ExampleFault, None, None]:
        """Has all shards written, then yields what is reported of the images, in order.

        Args:
            dataset: of which all images are there.
            splits: the keys of the images of each split.
            options: how images are checked.
            runner: where the pipeline runs.
            paths: how its workers find this machine's folders.

        Raises:
            OdapiError: the pipeline failed.
        """
        num_shards = {
            split: self._num_shards(len(keys), dataset.num_bytes(keys))
            for split, keys in splits.items()
        }
        conversion = BeamConversion(
            staging=self._context.folder,
            packed_image=dataset.packed_image,
            label_map=self._context.label_map,
            options=options,
            runner=runner,
            paths=paths,
        )
        yield from conversion.run(splits, num_shards)

    def open_split(  # type: ignore[override]  # It takes the index of a shard, not a record.
        self, split: str, num_examples: int, num_bytes: int
    ) -> WrittenShards:
        """Begins a split, which has been written."""
        num_shards = self._num_shards(num_examples, num_bytes)
        return WrittenShards(self._context.folder, split, num_shards)

    def _num_shards(self, num_examples: int, num_bytes: int) -> int:
        return choose_num_shards(num_examples, num_bytes, self._context.num_shards)
