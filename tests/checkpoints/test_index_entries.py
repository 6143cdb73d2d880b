"""Entries with right checksums on which TensorFlow ends the process."""

import pytest

from odapi_ssd.checkpoints.index_entries import is_in_parts, parse_entry, unsound_tensors
from odapi_ssd.checkpoints.index_file import parse_entries
from odapi_ssd.errors import OdapiError
from tests.support.saved_checkpoints import index_content, index_file, write_checkpoint

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def _entry(**fields):
    """Two numbers of float32, with other fields."""
    from tensorflow.core.protobuf import tensor_bundle_pb2

    given = {"dtype": 1, "size": 8, "shape": _shape(2), **fields}
    return tensor_bundle_pb2.BundleEntryProto(**given).SerializeToString()


def _shape(*lengths):
    return {"dim": [{"size": length} for length in lengths]}


_STRING = 7


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"shape": _shape(2, 1)},
        {"dtype": _STRING, "size": 30},
        {"slices": [{"extent": [{"start": 0, "length": 1}]}], "size": 0},
    ],
)
def test_sound(fields):
    assert unsound_tensors({b"": b"the header", b"a": _entry(**fields)}) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"shape": _shape(3)},
        {"shape": _shape(-2, -1)},
        {"shape": _shape(10**9, 10**9, 10**9)},
        {"shape": {"unknown_rank": True}},
        {"dtype": 999},
        {"offset": -4},
        {"dtype": _STRING, "shape": _shape(10**9), "size": 30},
        {"slices": [{"extent": [{"start": -1}]}]},
    ],
)
def test_unsound(fields):
    assert unsound_tensors({b"a": _entry(), b"b\xff": _entry(**fields)}) == ["b\\xff"]
    assert unsound_tensors({b"b": b"\xff"}) == ["b"]


def test_parts():
    assert is_in_parts(parse_entry(_entry(slices=[{"extent": [{}]}])))
    assert not is_in_parts(parse_entry(_entry()))
    assert not is_in_parts(None)


def test_a_checkpoint_of_which_one_is_unsound_is_damaged(tmp_path):
    from odapi_ssd.checkpoints.contents import read_contents

    prefix = write_checkpoint(tmp_path, "model")
    entries = parse_entries(index_file(prefix).read_bytes())
    assert unsound_tensors(entries) == []
    assert read_contents(prefix).roots == {"model"}
    (name,) = [key for key in entries if key.startswith(b"model/")]
    index_file(prefix).write_bytes(index_content({**entries, name: _entry(shape=_shape(-1))}))
    with pytest.raises(OdapiError, match=r"ckpt-1\.index: damaged"):
        read_contents(prefix)
