"""TFRecords, as `odapi-ssd convert` writes them by default and the API reads them."""

import functools
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from odapi_ssd.data.earlier_conversion import shard_names
from odapi_ssd.data.examples import Example
from odapi_ssd.data.formats.writing import EVERYTHING, WriterContext, find_lost
from odapi_ssd.data.records.shards import choose_num_shards
from odapi_ssd.data.records.writer import ShardedWriter, encode_example

__all__ = ["TfRecordWriter"]


class TfRecordWriter:
    """Writes splits as `<split>.record-00000-of-0000N`."""

    keeps_other_splits = True

    def __init__(self, context: WriterContext):
        self._context = context

    @staticmethod
    def target_names(output_dir: Path, splits: Collection[str]) -> list[str]:
        """The files that configs would take for records of the splits."""
        return [name for split in splits for name in shard_names(output_dir, split)]

    @property
    def encode(self) -> Callable[[Example], bytes]:
        """Makes a serialized `tf.train.Example`."""
        return functools.partial(encode_example, label_map=self._context.label_map)

    @property
    def lost(self) -> Callable[[Example], Mapping[str, int]]:
        """Records hold whatever was asked for."""
        return functools.partial(find_lost, holds=EVERYTHING)

    def open_split(self, split: str, num_examples: int, num_bytes: int) -> ShardedWriter:
        """Begins a split, of as many shards as were asked for or as its size takes."""
        num_shards = choose_num_shards(num_examples, num_bytes, self._context.num_shards)
        return ShardedWriter(self._context.folder, split, num_examples, num_shards)

    def finish(self) -> tuple[str, ...]:
        """Records have nothing beside their splits."""
        return ()
