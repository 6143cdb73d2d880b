"""Indices with right checksums and wrong entries, on which TensorFlow ends the process."""

import pytest

from odapi_ssd.checkpoints.index_file import parse_entries
from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.readers.tf1_checkpoint import read_tf1_checkpoint
from odapi_ssd.weights.readers.tf1_index import require_sound_index
from tests.support.mutated_bytes import mutations
from tests.support.saved_checkpoints import (
    data_file,
    index_content,
    index_file,
    truncate,
    write_tf1_checkpoint,
)

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

NAME = b"model/weight"


@pytest.fixture
def prefix(tmp_path):
    return write_tf1_checkpoint(tmp_path)


def _entry(**fields):
    """A scalar of float32, the first four bytes, with other fields."""
    from tensorflow.core.protobuf import tensor_bundle_pb2

    return tensor_bundle_pb2.BundleEntryProto(**{"dtype": 1, "size": 4, "shape": {}, **fields})


def _shape(*lengths):
    return {"dim": [{"size": length} for length in lengths]}


def _why_not(prefix):
    with pytest.raises(OdapiError) as caught:
        require_sound_index(prefix)
    return str(caught.value)


def test_as_tensorflow_writes_it(prefix):
    assert require_sound_index(prefix)
    assert not require_sound_index(f"{prefix}-of-no-file")


def test_as_it_is_written_here(prefix):
    """The one of TensorFlow with its entries, written anew, is still read by TensorFlow."""
    entries = parse_entries(index_file(prefix).read_bytes())
    index_file(prefix).write_bytes(index_content({NAME: entries[NAME]}))
    assert require_sound_index(prefix)
    assert read_tf1_checkpoint(prefix)["model/weight"].read().shape == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"shape": _shape(-1)},
        {"shape": _shape(10**9, 10**9, 10**9)},
        {"shape": _shape(2)},
        {"shape": {"unknown_rank": True}},
        {"dtype": 999},
        {"offset": -4},
        {"slices": [{"extent": [{"start": 0}]}]},
    ],
)
def test_unsound_entries(prefix, fields):
    index_file(prefix).write_bytes(index_content({NAME: _entry(**fields).SerializeToString()}))
    message = _why_not(prefix)
    assert "no shape and place for model/weight" in message or "truncated (4 of 1" in message


def test_entries_that_are_garbled(prefix):
    """Checksums are right: TensorFlow alone would end this process on two thirds of these."""
    intact = parse_entries(index_file(prefix).read_bytes())[NAME]
    num_refused = 0
    for content in mutations(intact, seed=2, number=300):
        index_file(prefix).write_bytes(index_content({NAME: content}))
        try:
            read_tf1_checkpoint(prefix)["model/weight"].read()
        except OdapiError:
            num_refused += 1
    assert 100 < num_refused < 300


def test_files_that_are_missing_or_short(prefix):
    truncate(data_file(prefix), 3)
    assert "is not a TensorFlow checkpoint that can be read" in _why_not(prefix)
    assert data_file(prefix).name in _why_not(prefix)
    data_file(prefix).unlink()
    assert f"{data_file(prefix).name}: missing" in _why_not(prefix)


def test_names_that_would_garble_messages(prefix):
    entry = _entry().SerializeToString()
    index_file(prefix).write_bytes(index_content({b"a\x1b[2J": entry}))
    assert "printable ones" in _why_not(prefix)
