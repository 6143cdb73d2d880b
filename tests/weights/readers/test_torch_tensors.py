"""Descriptions of tensors, checked against their storages."""

import pytest

from odapi_ssd.weights.readers.torch_tensors import (
    CALLS,
    DamagedFileError,
    Name,
    OtherTensor,
    RefusedNameError,
    Storage,
    make_storage,
)

FLOATS = Storage("0", "float32", 12, 0, 12)
tensor = CALLS["torch._utils._rebuild_tensor_v2"]
typed_tensor = CALLS["torch._utils._rebuild_tensor_v3"]


class TestStorages:
    def test_their_bytes(self):
        storage = make_storage((Name("torch.HalfStorage"), "7", "cuda:0", 5))
        assert storage == Storage("7", "float16", 5, 0, 5)
        assert storage.num_bytes == 10

    def test_a_view_of_an_old_file(self):
        view = ("8", 2, 3)
        storage = make_storage((Name("torch.LongStorage"), b"7", "cpu", 5, view))
        assert storage == Storage("7", "int64", 3, 2, 5)
        assert storage.num_bytes == 40

    @pytest.mark.parametrize("length", [-1, 2**63, 1.5, True, "1"])
    def test_no_length(self, length):
        with pytest.raises(DamagedFileError, match="not a number of elements"):
            make_storage((Name("torch.FloatStorage"), "7", "cpu", length))

    def test_a_view_that_exceeds_it(self):
        with pytest.raises(DamagedFileError, match="a view exceeds"):
            make_storage((Name("torch.FloatStorage"), "7", "cpu", 5, ("8", 3, 3)))

    def test_an_unknown_type(self):
        with pytest.raises(RefusedNameError, match=r"torch\.load"):
            make_storage((Name("torch.load"), "7", "cpu", 5))


class TestTensors:
    @pytest.mark.parametrize(
        ("offset", "shape", "strides", "size", "span"),
        [
            (0, (3, 4), (4, 1), 12, 12),
            (0, (4, 3), (1, 4), 12, 12),
            (1, (2, 2), (4, 2), 4, 7),
            (11, (), (), 1, 1),
            (0, (0, 10**9), (1, 1), 0, 0),
            (0, (10**9, 10**9), (0, 0), 10**18, 1),
            (3, (1, 2), (10**15, 1), 2, 2),
        ],
        ids=["dense", "transposed", "sliced", "scalar", "empty", "expanded", "axis of 1"],
    )
    def test_size_and_span(self, offset, shape, strides, size, span):
        made = tensor(FLOATS, offset, shape, strides, False, None)
        assert (made.size, made.span) == (size, span)

    @pytest.mark.parametrize(
        ("offset", "shape", "strides"),
        [
            (1, (3, 4), (4, 1)),
            (0, (13,), (1,)),
            (0, (2,), (2**62,)),
            (0, (-1,), (1,)),
            (0, (2, 2), (1,)),
            (0, (1,) * 65, (1,) * 65),
            (-1, (1,), (1,)),
            (0, "12", "11"),
        ],
    )
    def test_outside_of_their_storage(self, offset, shape, strides):
        with pytest.raises(DamagedFileError):
            tensor(FLOATS, offset, shape, strides, False, None)

    def test_of_untyped_bytes(self):
        untyped = Storage("0", "uint8", 48, 0, 48)
        made = typed_tensor(untyped, 0, (6,), (1,), False, None, Name("torch.float64"))
        assert (made.dtype, made.storage.length) == ("float64", 6)
        with pytest.raises(DamagedFileError):
            typed_tensor(untyped, 0, (7,), (1,), False, None, Name("torch.float64"))

    def test_sparse_and_quantized(self):
        sparse = CALLS["torch._utils._rebuild_sparse_tensor"]
        assert sparse(None, (None, None, (2, 3), True)) == OtherTensor((2, 3))
        assert CALLS["torch._utils._rebuild_qtensor"](None, 0, (4,), (1,)) == OtherTensor((4,))
