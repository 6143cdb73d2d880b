"""Names of shards, `<split>.record-00000-of-00002`: how many there are, and which are absent."""

import fnmatch
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable

__all__ = [
    "choose_num_shards",
    "missing_shards",
    "shard_counts",
    "shard_name",
    "shard_ranges",
]

_BYTES_PER_SHARD = 150 * 1024 * 1024
_SHARD = re.compile(r"(?P<prefix>.*)-(?P<index>\d{4,})-of-(?P<total>\d{4,})(?P<suffix>.*)", re.S)


def choose_num_shards(num_examples: int, num_bytes: int, num_shards: int | None = None) -> int:
    """How many files a split is spread over: at least one, never more than it has examples.

    Args:
        num_examples: at least 1.
        num_bytes: the size of all images, about that of the records.
        num_shards: the number asked for; None for one per 150 MiB.
    """
    wanted = num_shards if num_shards is not None else -(-num_bytes // _BYTES_PER_SHARD)
    return min(max(wanted, 1), num_examples)


def shard_name(split: str, shard_idx: int, num_shards: int) -> str:
    """The file name of one shard, counted from 0."""
    return f"{split}.record-{shard_idx:05d}-of-{num_shards:05d}"


def shard_ranges(num_examples: int, num_shards: int) -> list[range]:
    """Which examples are in which shard: consecutive ones, in shards of even length.

    Args:
        num_examples: of the split, counted from 0.
        num_shards: from 1 to num_examples.
    """
    firsts = [-(-shard * num_examples // num_shards) for shard in range(num_shards + 1)]
    return [range(first, end) for first, end in itertools.pairwise(firsts)]


def missing_shards(pattern: str, paths: Iterable[str]) -> list[str]:
    """Shards that the pattern matches and `-of-N` in the names promises, but that are absent."""
    missing = []
    for (prefix, total, suffix), (found, digits) in _shards_by_set(paths).items():
        for index in range(total):
            name = f"{prefix}-{index:0{digits}d}-of-{total:0{digits}d}{suffix}"
            if index not in found and fnmatch.fnmatch(name, pattern):
                missing.append(name)
    return missing


def shard_counts(paths: Iterable[str]) -> dict[str, list[int]]:
    """The different `-of-N` among files of one name; more than one N means mixed conversions."""
    counts: dict[str, set[int]] = defaultdict(set)
    for prefix, total, suffix in _shards_by_set(paths):
        counts[prefix + suffix].add(total)
    return {name: sorted(totals) for name, totals in counts.items()}


def _shards_by_set(
    paths: Iterable[str],
) -> dict[tuple[str, int, str], tuple[set[int], int]]:
    """Indices found and digits used, by (prefix, number of shards, suffix)."""
    found: dict[tuple[str, int, str], tuple[set[int], int]] = {}
    for path in paths:
        match = _SHARD.fullmatch(path)
        if match:
            key = (match["prefix"], int(match["total"]), match["suffix"])
            indices, _ = found.setdefault(key, (set(), len(match["total"])))
            indices.add(int(match["index"]))
    return found
