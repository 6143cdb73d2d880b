"""Tensors as PyTorch files describe them: pieces of storages, whose numbers are read later.

The descriptions are not trusted. A tensor must lie within its storage; that the storage lies within
the file is checked where it is found (`torch_file`).
"""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

__all__ = [
    "CALLS",
    "DTYPES",
    "DamagedFileError",
    "Name",
    "OtherTensor",
    "RefusedNameError",
    "Storage",
    "Tensor",
    "make_storage",
]

# PyTorch's types as NumPy spells them; NumPy has no bfloat16, of which these are the bits.
DTYPES = {
    **{"float64": "f8", "float32": "f4", "float16": "f2", "bfloat16": "u2"},
    **{"int64": "i8", "int32": "i4", "int16": "i2", "int8": "i1", "uint8": "u1", "bool": "b1"},
    **{"complex64": "c8", "complex128": "c16"},
}
_STORAGE_DTYPES = {
    **{"Double": "float64", "Float": "float32", "Half": "float16", "BFloat16": "bfloat16"},
    **{"Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8"},
    **{"Bool": "bool", "ComplexFloat": "complex64", "ComplexDouble": "complex128"},
    # Quantized numbers, and bytes whose type comes with the tensor.
    **{"QInt8": "int8", "QUInt8": "uint8", "QInt32": "int32", "Untyped": "uint8"},
}
# NumPy's limit.
_MAX_RANK = 64


class DamagedFileError(Exception):
    """The file is not what torch.save writes; the message says why."""


class RefusedNameError(Exception):
    """The file asks for a class or a function that tensors do not need; the message is its name."""


@dataclass(frozen=True)
class Name:
    """A class or function that a pickle names, `torch.FloatStorage`."""

    name: str


@dataclass(frozen=True)
class Storage:
    """A piece of memory that tensors are views of.

    Attributes:
        key: its name in the file.
        dtype: the type of its numbers, a key of `DTYPES`.
        length: how many numbers it has.
        start: its first number in what is stored under the key; not 0 in a few old files.
        stored_length: how many numbers are stored under the key.
    """

    key: str
    dtype: str
    length: int
    start: int
    stored_length: int

    @property
    def num_bytes(self) -> int:
        """The size of what is stored under the key."""
        return self.stored_length * width_of(self.dtype)


@dataclass(frozen=True)
class Tensor:
    """A tensor, its numbers still in the file; offset and strides count numbers.

    Attributes:
        storage: the memory that it is a view of.
        dtype: the type of its numbers; a key of `DTYPES`, or another of PyTorch's.
        offset: of its first number in the storage.
        shape: its shape.
        strides: between neighbors along each axis; 0 repeats them.
    """

    storage: Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)

    @property
    def span(self) -> int:
        """How many numbers of the storage it extends over."""
        if not self.size:
            return 0
        reach = zip(self.shape, self.strides, strict=True)
        return 1 + sum((length - 1) * stride for length, stride in reach)


@dataclass(frozen=True)
class OtherTensor:
    """A tensor that is not an array of numbers in a storage: sparse or quantized."""

    shape: tuple[int, ...]


def width_of(dtype: str) -> int:
    """The bytes of a number."""
    return int(DTYPES[dtype][1:])


def make_storage(fields: Collection[Any]) -> Storage:
    """A storage from its reference in a pickle: type, key, device, length and, in old files, view.

    Raises:
        DamagedFileError: the reference is not valid.
        RefusedNameError: it is of a type that is not known.
    """
    kind, key, _device, length, *view = fields
    name = kind.name.rpartition(".")[2].removesuffix("Storage")
    if name not in _STORAGE_DTYPES:
        raise RefusedNameError(kind.name)
    key = key.decode() if isinstance(key, bytes) else key
    if not isinstance(key, str):
        raise DamagedFileError("a storage without a name")
    _require_counts(length)
    whole = Storage(key, _STORAGE_DTYPES[name], length, 0, length)
    if not view or view[0] is None:
        return whole
    _, start, view_length = view[0]
    _require_counts(start, view_length)
    if start + view_length > length:
        raise DamagedFileError("a view exceeds one of its storages")
    return replace(whole, start=start, length=view_length)


def _tensor(storage: Storage, offset: int, shape: Any, strides: Any, *_: Any) -> Tensor:
    return _checked(storage, storage.dtype, offset, shape, strides)


def _typed_tensor(
    storage: Storage, offset: int, shape: Any, strides: Any, _grad: Any, _hooks: Any, dtype: Name,
    *_: Any,
) -> Tensor:  # fmt: skip
    """A tensor of a storage of bytes."""
    name = dtype.name.removeprefix("torch.")
    if name in DTYPES:
        width = width_of(name)
        length, stored = storage.length // width, storage.stored_length // width
        storage = replace(storage, dtype=name, length=length, stored_length=stored)
    return _checked(storage, name, offset, shape, strides)


def _checked(storage: Storage, dtype: str, offset: int, shape: Any, strides: Any) -> Tensor:
    tensor = Tensor(storage, dtype, offset, _shape(shape), _shape(strides))
    _require_counts(offset)
    if not isinstance(storage, Storage) or len(tensor.shape) != len(tensor.strides):
        raise DamagedFileError("a tensor's storage, shape and strides do not belong together")
    if offset + tensor.span > storage.length:
        raise DamagedFileError(
            f"a tensor ends at number {offset + tensor.span:,} of its storage, which has "
            f"{storage.length:,}"
        )
    return tensor


def _shape(lengths: Any) -> tuple[int, ...]:
    if not isinstance(lengths, tuple | list) or len(lengths) > _MAX_RANK:
        raise DamagedFileError("a tensor's shape is not one")
    _require_counts(*lengths)
    return tuple(lengths)


def _require_counts(*numbers: Any) -> None:
    for number in numbers:
        if type(number) is not int or not 0 <= number < 2**63:
            raise DamagedFileError("a size is not a number of elements")


def _sparse(_layout: Any, data: Any) -> OtherTensor:
    return OtherTensor(_shape(data[2]))


def _quantized(_storage: Any, _offset: Any, shape: Any, *_: Any) -> OtherTensor:
    return OtherTensor(_shape(shape))


def _first(value: Any, *_: Any) -> Any:
    return value


def _items(value: Any = None) -> Any:
    """The items of an OrderedDict or a Counter, if it is made from a dictionary."""
    return value if isinstance(value, dict) else {}


def _nothing(*_: Any) -> None:
    return None


# By the functions that the pickles of state dicts call: what stands for their result.
CALLS: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _typed_tensor,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch._utils._rebuild_sparse_tensor": _sparse,
    "torch._utils._rebuild_qtensor": _quantized,
    "torch.nn.parameter.Parameter": _first,
    "torch.serialization._get_layout": _nothing,
    "torch.Size": _first,
    "torch.device": _nothing,
    "collections.OrderedDict": _items,
    "collections.Counter": _items,
}
