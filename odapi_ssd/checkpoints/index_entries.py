"""Entries of a checkpoint's index that TensorFlow can be given.

TensorFlow ends the process, without an exception, on an index whose checksums are right and whose
entries are not. Source: tensorflow/core/protobuf/tensor_bundle.proto.
"""

import math
from collections.abc import Mapping
from typing import Any

from odapi_ssd.compat import import_tensorflow

__all__ = ["is_in_parts", "parse_entry", "unsound_tensors"]


def unsound_tensors(entries: Mapping[bytes, bytes]) -> list[str]:
    """The tensors of an index whose entries are not what TensorFlow writes.

    Args:
        entries: from `index_file.parse_entries`.
    Returns:
        Their names; empty if TensorFlow can read the index.
    """
    names = []
    for key, content in entries.items():
        if not key:  # the header
            continue
        entry = parse_entry(content)
        if entry is None or not _is_sound(entry):
            names.append(key.decode("utf-8", "backslashreplace"))
    return names


def parse_entry(content: bytes) -> Any:
    """A `BundleEntryProto`; None if it is not one, or of a type that TensorFlow does not have."""
    tf = import_tensorflow()
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import tensor_bundle_pb2

    try:
        entry = tensor_bundle_pb2.BundleEntryProto.FromString(content)
        tf.dtypes.as_dtype(entry.dtype)
    except (DecodeError, TypeError):
        return None
    return entry


def is_in_parts(entry: Any) -> bool:
    """Whether an entry is of a tensor that is stored in parts, which have entries of their own."""
    return entry is not None and bool(entry.slices)


def _is_sound(entry: Any) -> bool:
    """Whether an entry has a shape that takes up the bytes that it names."""
    lengths = [dimension.size for dimension in entry.shape.dim]
    if entry.shape.unknown_rank or min([entry.offset, entry.size, *lengths]) < 0:
        return False
    if is_in_parts(entry):
        return math.prod(lengths) < 2**63 and all(map(_is_sound_part, entry.slices))
    dtype = import_tensorflow().dtypes.as_dtype(entry.dtype)
    is_fixed = dtype.is_floating or dtype.is_integer or dtype.is_bool or dtype.is_complex
    if is_fixed or dtype.is_quantized:
        return bool(math.prod(lengths) * dtype.size == entry.size)
    # Texts and the like: each takes a byte for its length at least.
    return math.prod(lengths) <= entry.size


def _is_sound_part(part: Any) -> bool:
    return all(extent.start >= 0 and extent.length >= 0 for extent in part.extent)
