import pytest

from odapi_ssd.data.beam.written_shards import WrittenShards


def names(total, *indices):
    return [f"val.record-{index:05d}-of-{total:05d}" for index in indices]


@pytest.fixture
def shards(tmp_path):
    for index, name in enumerate(names(4, 0, 1, 2, 3)):
        (tmp_path / name).write_text(str(index))
    return WrittenShards(tmp_path, "val", 4)


def found(folder):
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def test_all_have_examples(shards, tmp_path):
    for shard_idx in (0, 0, 1, 2, 3):
        shards.write(shard_idx)
    shards.close()
    assert shards.num_shards == 4
    assert list(found(tmp_path)) == names(4, 0, 1, 2, 3)


def test_those_without_examples_are_removed_and_the_others_numbered_again(shards, tmp_path):
    for shard_idx in (1, 3, 3):
        shards.write(shard_idx)
    shards.close()
    assert shards.num_shards == 2
    assert found(tmp_path) == dict(zip(names(2, 0, 1), "13", strict=True))


def test_none_has_any(shards, tmp_path):
    shards.close()
    assert list(found(tmp_path)) == names(4, 0, 1, 2, 3)
