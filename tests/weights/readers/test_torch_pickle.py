"""The stack machine: plain values as Python's own reader has them; the rest refused."""

import collections
import io
import pickle
import time

import pytest

from odapi_ssd.weights.readers.torch_pickle import unpickle
from odapi_ssd.weights.readers.torch_tensors import DamagedFileError, RefusedNameError, Storage


def _read(content):
    return unpickle(io.BytesIO(content)).value


def _dumps(value):
    return pickle.dumps(value, 2)


class TestValues:
    @pytest.mark.parametrize(
        "value",
        [
            {"a": [1, -2, 2.5, 10**30, None, True, False], "b": (), "c": (1, (2, 3), (4, 5, 6, 7))},
            {0: "zero", "ü": {"nested": [[], {}]}},
            [300, 70_000, "x" * 300, *range(40)],
            list(range(2000)),
        ],
    )
    def test_plain_ones(self, value):
        assert _read(_dumps(value)) == value

    def test_an_ordered_dict_is_a_dict(self):
        assert _read(_dumps(collections.OrderedDict(a=1, b=[2]))) == {"a": 1, "b": [2]}

    def test_shared_objects_are_not_copied(self):
        shared = [1]
        first, second = _read(_dumps([shared, shared]))
        assert first is second

    def test_the_file_is_left_behind_the_pickle(self):
        file = io.BytesIO(_dumps(1) + _dumps("two"))
        assert (unpickle(file).value, unpickle(file).value) == (1, "two")


class TestStorages:
    LOAD = b"\x80\x02((X\x07\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0kX\3\0\0\0cpuK\x06tQ"

    def test_by_key(self):
        read = unpickle(io.BytesIO(self.LOAD + b"t."))
        storage = Storage("k", "float32", 6, 0, 6)
        assert read.storages == {"k": storage}
        assert read.value == (storage,)

    def test_of_two_sizes(self):
        again = self.LOAD[3:].replace(b"K\x06", b"K\x07")
        with pytest.raises(DamagedFileError, match="two sizes"):
            _read(self.LOAD + again + b"t.")


class _Named:
    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


class TestRefused:
    @pytest.mark.parametrize(
        ("value", "name"),
        [
            (_Named(print, 1), "__builtin__.print"),
            (_Named(bytearray, 10**12), "__builtin__.bytearray"),
            (collections.deque([1]), "collections.deque"),
        ],
    )
    def test_names(self, value, name):
        with pytest.raises(RefusedNameError) as caught:
            _read(_dumps(value))
        assert str(caught.value) == name

    @pytest.mark.parametrize("name", ["load", "FloatStorage", "empty", "ones"])
    def test_calls_of_torch(self, name):
        with pytest.raises(RefusedNameError, match=f"torch.{name}"):
            _read(f"\x80\x02ctorch\n{name}\nK\x05\x85R.".encode("latin-1"))

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\x80\x02",
            b"\x80\x02.",
            b"\x80\x02h\x07.",
            b"\x80\x02X\xff\xff\xff\xffabc.",
            b"\x80\x02]K\x01K\x02s.",
            b"\x80\x02K\x01Q.",
            b"\x80\x02u.",
            b"\x80\x02\x8b\xff\xff\xff\x7f.",
            b"\xff\xff",
        ],
    )
    def test_damaged_ones(self, content):
        with pytest.raises(DamagedFileError):
            _read(content)


class TestTime:
    """A few bytes that keep Python's reader, and PyTorch's, busy for years, or crash it."""

    def test_a_key_whose_hash_takes_forever(self):
        doubled = b"".join(b"q\x00h\x00\x86" for _ in range(100))
        with pytest.raises(DamagedFileError, match="no plain name"):
            _read(b"\x80\x02}K\x01" + doubled + b"K\x01s.")

    def test_a_key_nested_too_deep_to_hash(self):
        with pytest.raises(DamagedFileError, match="no plain name"):
            _read(b"\x80\x02})" + b"\x85" * 1_000_000 + b"K\x01s.")

    def test_keys_with_the_same_hash(self):
        same = {number * (2**61 - 1): None for number in range(1, 4)}
        assert len({hash(key) for key in same}) == 1
        with pytest.raises(DamagedFileError, match="no plain name"):
            _read(_dumps(same))

    def test_a_large_dictionary_that_is_named_again_and_again(self):
        """Each OrderedDict of it would be a copy."""
        large = _dumps(dict.fromkeys(range(10_000)))[:-1]
        start = time.perf_counter()
        again = b"h\x01h\x00\x85R" * 20_000
        content = large + b"q\x00ccollections\nOrderedDict\nq\x01" + again + b"."
        assert len(_read(content)) == 10_000
        assert time.perf_counter() - start < 5
