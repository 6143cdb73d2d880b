"""The index of a checkpoint, read without TensorFlow and compared with what TensorFlow wrote."""

import pytest

from odapi_ssd.checkpoints.index_file import DamagedIndexError, parse_entries, parse_index
from tests.support.saved_checkpoints import (
    data_file,
    index_content,
    index_file,
    write_run,
    write_tf1_checkpoint,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.fixture
def prefix(tmp_path):
    return write_run(tmp_path, 1)[0]


def _why_not(content):
    with pytest.raises(DamagedIndexError) as caught:
        parse_index(content, 1)
    return str(caught.value)


class TestParseIndex:
    def test_the_data_file_is_as_long_as_the_index_says(self, prefix):
        import tensorflow as tf

        index = parse_index(index_file(prefix).read_bytes(), 1)
        assert index.num_shards == 1
        assert index.shard_sizes == (data_file(prefix).stat().st_size,)
        names = tf.train.load_checkpoint(prefix).get_variable_to_shape_map()
        assert index.shard_of == dict.fromkeys(names, 0)

    def test_of_many_blocks(self, tmp_path):
        """Names of 300 bytes fill several blocks, which share the beginnings of their keys."""
        import tensorflow as tf

        variables = {f"{'v' * 300}_{number}": tf.Variable(1.0) for number in range(99)}
        prefix = tf.train.Checkpoint(**variables).write(str(tmp_path / "ckpt"))
        index = parse_index(index_file(prefix).read_bytes(), 1)
        assert len(index.shard_of) == 99 + 1  # and the graph of objects
        assert index.shard_sizes == (data_file(prefix).stat().st_size,)

    def test_of_several_data_files(self, tmp_path):
        """Two variables in data files of their own, as from two machines."""
        import tensorflow as tf

        merged = str(tmp_path / "merged")
        parts = []
        for name, value in (("a", [1.0, 2.0]), ("b", [3.0])):
            parts.append(str(tmp_path / name))
            tf.raw_ops.SaveV2(
                prefix=parts[-1],
                tensor_names=[name],
                shape_and_slices=[""],
                tensors=[tf.constant(value)],
            )
        tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=merged)
        index = parse_index(index_file(merged).read_bytes(), 2)
        assert (index.num_shards, index.shard_sizes) == (2, (8, 4))
        assert index.shard_of == {"a": 0, "b": 1}

    def test_of_tensorflow_1(self, tmp_path):
        index = parse_index(index_file(write_tf1_checkpoint(tmp_path)).read_bytes(), 1)
        assert index.shard_of == {"model/weight": 0}
        assert index.shard_sizes == (4,)

    @pytest.mark.parametrize("num_bytes", [5, 47, 48, 100])
    def test_truncated(self, prefix, num_bytes):
        content = index_file(prefix).read_bytes()
        assert _why_not(content[:num_bytes]) == (
            f"truncated (its end is missing after {num_bytes} bytes)"
        )

    def test_every_single_bit_that_flips_is_found(self, prefix):
        content = index_file(prefix).read_bytes()
        unnoticed = []
        for position in range(len(content)):
            changed = bytearray(content)
            changed[position] ^= 1
            try:
                if parse_index(bytes(changed), 1) != parse_index(content, 1):
                    unnoticed.append(position)
            except DamagedIndexError:
                pass
        assert unnoticed == []

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "empty"),
            (bytes(100), "damaged (100 bytes, all of them zero)"),
            (b"<!DOCTYPE html>" * 9, "not the index of a checkpoint"),
            (b"\x80" * 40 + bytes.fromhex("57fb808b247547db"), "damaged"),
            (bytes(40) + bytes.fromhex("57fb808b247547db"), "damaged"),
        ],
    )
    def test_other_bytes(self, content, reason):
        assert _why_not(content) == reason

    @pytest.mark.parametrize(
        "content",
        [
            index_content({}, num_listed=2),
            index_content({b"k" * 4097: b""}),
            index_content({b"": b"\x08" + b"\xff" * 10 + b"\x01"}),
            index_content({b"b": b"", b"a": b""}),
        ],
        ids=["a block listed twice", "a long key", "a long number", "names out of order"],
    )
    def test_what_tensorflow_never_writes(self, content):
        assert _why_not(content) == "damaged"


def test_entries_by_name():
    entries = {b"a": b"\x08\x01", b"b/c": b""}
    assert parse_entries(index_content(entries)) == {b"": b"\x08\x01", **entries}
