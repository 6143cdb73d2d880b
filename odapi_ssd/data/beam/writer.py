"""Writes TFRecords by the workers of a runner."""

from collections.abc import Generator, Mapping, Sequence

from odapi_ssd.data.beam.conversion import BeamConversion
from odapi_ssd.data.beam.written_shards import WrittenShards
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.examples import ExampleFault
from odapi_ssd.data.formats.tfrecord import TfRecordWriter
from odapi_ssd.data.preparation import PreparedExample
from odapi_ssd.data.records.shards import choose_num_shards

__all__ = ["RunnerWriter"]


class RunnerWriter(TfRecordWriter):
    """The files of `TfRecordWriter`, written while the examples are prepared."""

    def prepare(
        self, dataset: Dataset, splits: Mapping[str, Sequence[str]], options: ConversionOptions
    ) -> Generator[PreparedExample | ExampleFault, None, None]:
        """Has all shards written, then yields what is reported of the images, in order.

        Args:
            dataset: of which all images are there.
            splits: the keys of the images of each split.
            options: with a runner.

        Raises:
            OdapiError: the pipeline failed.
        """
        assert options.runner is not None
        num_shards = {
            split: self._num_shards(len(keys), dataset.num_bytes(keys))
            for split, keys in splits.items()
        }
        conversion = BeamConversion(
            staging=self._context.folder,
            packed_image=dataset.packed_image,
            label_map=self._context.label_map,
            options=options.for_examples(),
            runner=options.runner,
            paths=options.worker_paths,
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
