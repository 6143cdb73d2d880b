import pytest

from odapi_ssd.data.records.shards import (
    choose_num_shards,
    missing_shards,
    shard_counts,
    shard_name,
    shard_ranges,
)

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("num_examples", "num_bytes", "num_shards", "expected"),
    [
        (100, 0, None, 1),
        (100, 150 * MIB, None, 1),
        (100, 150 * MIB + 1, None, 2),
        (100, 1500 * MIB, None, 10),
        (3, 1500 * MIB, None, 3),
        (100, 0, 7, 7),
        (5, 0, 7, 5),
    ],
)
def test_choose_num_shards(num_examples, num_bytes, num_shards, expected):
    assert choose_num_shards(num_examples, num_bytes, num_shards) == expected


@pytest.mark.parametrize(
    ("num_examples", "num_shards", "expected"),
    [(5, 1, [5]), (5, 3, [2, 2, 1]), (4, 4, [1, 1, 1, 1]), (7, 3, [3, 2, 2])],
)
def test_shard_ranges(num_examples, num_shards, expected):
    ranges = shard_ranges(num_examples, num_shards)
    assert [len(one) for one in ranges] == expected
    assert [index for one in ranges for index in one] == list(range(num_examples))


def test_shard_name():
    assert shard_name("train", 1, 12) == "train.record-00001-of-00012"


def names(*indices, total=3, split="train"):
    return [f"d/{shard_name(split, index, total)}" for index in indices]


@pytest.mark.parametrize(
    ("pattern", "paths", "expected"),
    [
        ("d/train.record-*", names(0, 1, 2), []),
        ("d/train.record-*", names(0, 2), names(1)),
        ("d/train.record-?????-of-00003", names(2), names(0, 1)),
        ("d/train.record-00001-of-00003", names(1), []),
        ("d/*", names(1) + names(0, split="val", total=1), names(0, 2)),
        ("d/*", ["d/a.tfrecord"], []),
        ("d/*", [], []),
        ("d/a-*", ["d/a-0001-of-0002.tfrecord"], ["d/a-0000-of-0002.tfrecord"]),
    ],
)
def test_missing_shards(pattern, paths, expected):
    assert missing_shards(pattern, paths) == expected


def test_shard_counts():
    paths = names(0, 1) + names(0, total=5) + names(0, split="val", total=1) + ["d/other"]
    assert shard_counts(paths) == {"d/train.record": [3, 5], "d/val.record": [1]}
