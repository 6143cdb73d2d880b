"""Shards that the workers of a runner have written."""

from pathlib import Path

from odapi_ssd.data.records.shards import shard_name

__all__ = ["WrittenShards"]


class WrittenShards:
    """One split's shards, of which those without examples are removed.

    Attributes:
        num_shards: how many files; fewer once the split is closed, if some of them were empty.
    """

    def __init__(self, folder: Path, split: str, num_shards: int):
        self.num_shards = num_shards
        self._folder, self._split = folder, split
        self._used: dict[int, None] = {}

    def write(self, shard_idx: int, /) -> None:
        """Takes note of one example and its shard, counted from 0."""
        self._used[shard_idx] = None

    def close(self) -> None:
        """Numbers the shards that have examples; does nothing where none has. Raises OSError."""
        if len(self._used) in (0, self.num_shards):
            return
        for shard_idx in range(self.num_shards):
            if shard_idx not in self._used:
                self._path(shard_idx, self.num_shards).unlink()
        # A new name is never that of another shard: the number at its end differs.
        for new_idx, shard_idx in enumerate(sorted(self._used)):
            old = self._path(shard_idx, self.num_shards)
            old.rename(self._path(new_idx, len(self._used)))
        self.num_shards = len(self._used)

    def _path(self, shard_idx: int, num_shards: int) -> Path:
        return self._folder / shard_name(self._split, shard_idx, num_shards)
