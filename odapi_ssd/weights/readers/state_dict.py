"""Reads PyTorch state dicts, `torch.save(model.state_dict(), …)`, without PyTorch.

A .pth file is a pickle, and a pickle can run any code. Here none is run: `torch_pickle` knows what
tensors need and refuses the rest. The numbers of a tensor are read from the file when its shape has
been found to be the expected one.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import list_some
from odapi_ssd.weights.mapping import Array, StoredArray
from odapi_ssd.weights.readers.torch_file import (
    OtherArchiveError,
    TorchFile,
    read_legacy,
    read_zip,
)
from odapi_ssd.weights.readers.torch_tensors import (
    DTYPES,
    DamagedFileError,
    OtherTensor,
    RefusedNameError,
    Tensor,
)
from odapi_ssd.weights.readers.weight_file import (
    TORCH_LEGACY,
    ZIP,
    not_expected,
    require_file,
    require_plain_names,
)

__all__ = ["read_state_dict"]

# The keys under which training scripts store the state dict among other things.
_NESTED = ("state_dict", "model_state_dict", "model")
# DataParallel's prefix of every name.
_PREFIX = "module."
# A view may skip numbers of its storage, of which at most this many times its own are read.
_MAX_SPREAD = 16
_SAVE_HINT = "give a file written by torch.save(model.state_dict(), …)."


def read_state_dict(weights: str) -> dict[str, StoredArray]:
    """The tensors of a state dict by name; other entries are left out.

    Args:
        weights: the file's path.
    Raises:
        OdapiError: there is no such file, or it is not a PyTorch file, is truncated or damaged, or
            holds more than tensors, or no tensors.
    """
    path = Path(weights)
    require_file(path, "a PyTorch state dict (.pth)")
    try:
        file = _read(path)
    except RefusedNameError as error:
        raise _refusal(path, error) from error
    except DamagedFileError as error:
        raise OdapiError(
            f"{path} is a damaged PyTorch file: {error}.",
            hint=f"download or copy it again; {_SAVE_HINT}",
        ) from error
    except OtherArchiveError as error:
        raise OdapiError(
            f"{path} is not a PyTorch state dict, but {error}.", hint=error.hint or _SAVE_HINT
        ) from error
    tensors = _tensors(file.content)
    if not tensors:
        raise OdapiError(
            f"{path} holds no state dict, but {_describe(file.content)}.", hint=_SAVE_HINT
        )
    require_plain_names(path, tensors)
    return {name: _stored(path, file, name, tensor) for name, tensor in tensors.items()}


def _read(path: Path) -> TorchFile:
    with path.open("rb") as opened:
        head = opened.read(len(TORCH_LEGACY))
    if head == TORCH_LEGACY:
        return read_legacy(path)
    if head.startswith(ZIP):
        return read_zip(path)
    raise not_expected(path, "a PyTorch file", _SAVE_HINT)


def _tensors(content: Any) -> dict[str, Tensor | OtherTensor]:
    """The tensors of a state dict, which may be one entry of the content."""
    if not isinstance(content, dict):
        return {}
    for state_dict in (content, *(content.get(name) for name in _NESTED)):
        tensors = _own_tensors(state_dict)
        if tensors:
            break
    if all(name.startswith(_PREFIX) for name in tensors):
        return {name.removeprefix(_PREFIX): tensor for name, tensor in tensors.items()}
    return tensors


def _own_tensors(state_dict: Any) -> dict[str, Tensor | OtherTensor]:
    if not isinstance(state_dict, dict):
        return {}
    return {
        str(name): value
        for name, value in state_dict.items()
        if isinstance(value, Tensor | OtherTensor)
    }


def _stored(path: Path, file: TorchFile, name: str, tensor: Tensor | OtherTensor) -> StoredArray:
    def read() -> Array:
        if isinstance(tensor, OtherTensor) or tensor.dtype not in DTYPES:
            kind = "sparse or quantized" if isinstance(tensor, OtherTensor) else tensor.dtype
            raise OdapiError(
                f"{path}: {name} is not a dense tensor of plain numbers: it is {kind}.",
                hint="save it as one, with tensor.to_dense(), tensor.dequantize() or "
                "tensor.float().",
            )
        if not tensor.size <= tensor.span <= _MAX_SPREAD * tensor.size:
            raise OdapiError(
                f"{path}: {name} has {tensor.size:,} numbers, spread over or repeated from "
                f"{tensor.span:,} in the file.",
                hint="save it with its own numbers: tensor.clone() or tensor.contiguous().",
            )
        return _numbers(path, file, tensor)

    return StoredArray(tensor.shape, read)


def _numbers(path: Path, file: TorchFile, tensor: Tensor) -> Array:
    """The numbers of a dense tensor, from the file; bfloat16 as float32."""
    dtype = np.dtype(file.byte_order + DTYPES[tensor.dtype])
    first = tensor.storage.start + tensor.offset
    place = file.offsets[tensor.storage.key] + first * dtype.itemsize
    flat = np.fromfile(path, dtype, tensor.span, offset=place)
    if flat.size < tensor.span:
        raise OdapiError(f"{path} has changed while it was read.", hint="run the import again.")
    if tensor.dtype == "bfloat16":
        flat = (flat.astype(np.uint32) << 16).view(np.float32)
    # The stride of an axis of length 1 is arbitrary, and can be too large for NumPy.
    strides = [
        stride * flat.itemsize if length > 1 else 0
        for length, stride in zip(tensor.shape, tensor.strides, strict=True)
    ]
    if not tensor.size:
        return flat.reshape(tensor.shape)
    return as_strided(flat, tensor.shape, strides, writeable=False)


def _refusal(path: Path, error: Exception) -> OdapiError:
    return OdapiError(
        f"{path} holds more than tensors, and was not read: unpickling it could run any code.",
        details=[f"it asks for {ascii(str(error))[1:-1][:100]}"],
        hint="if you trust it, load it in the program that wrote it, with that program's own code, "
        "and save only the tensors: torch.save(model.state_dict(), 'state_dict.pth').",
    )


def _describe(content: Any) -> str:
    if isinstance(content, Tensor | OtherTensor):
        return "a Tensor"
    if not isinstance(content, dict):
        return f"a {type(content).__name__}"
    names = [ascii(str(name))[1:-1][:40] for name in content]
    return f"the entries {list_some(names) or '(none)'}"
