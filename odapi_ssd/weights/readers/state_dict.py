"""Reads PyTorch state dicts, `torch.save(model.state_dict(), …)`; the only module that uses torch.

A .pth file is a pickle, and a pickle can run any code. torch's `weights_only` unpickles tensors and
plain containers only, and refuses the rest; in older versions a file could get around that
(CVE-2025-32434 up to 2.5.1, CVE-2026-24747 before 2.10), so they are refused here.
"""

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import first_line
from odapi_ssd.weights.mapping import Array, StoredArray

__all__ = ["MIN_TORCH", "read_state_dict"]

# The first version in which no file is known to run code; the extra `torch` requires it too.
MIN_TORCH = (2, 10)

# The keys under which training scripts store the state dict among other things.
_NESTED = ("state_dict", "model_state_dict", "model")
# DataParallel's prefix of every name.
_PREFIX = "module."
_INSTALL_HINT = f"pip install 'torch>={'.'.join(map(str, MIN_TORCH))}'; any build does."


def read_state_dict(weights: str) -> dict[str, StoredArray]:
    """The tensors of a state dict by name; other entries are left out.

    Args:
        weights: the file's path.
    Raises:
        OdapiError: torch is not installed or older than `MIN_TORCH`, there is no such file, or it
            is not a PyTorch file, holds more than tensors, or no tensors.
    """
    path = Path(weights)
    try:
        import torch
    except ModuleNotFoundError as error:
        raise OdapiError(
            f"{path} is a PyTorch file, and PyTorch is not installed.",
            hint=_INSTALL_HINT,
        ) from error
    _require_safe(path, torch.__version__)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise OdapiError(f"--weights {path} {what}; a PyTorch state dict (.pth) was expected.")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _refusal(path, error) from error
    except (EOFError, OSError, RuntimeError, KeyError, ValueError, TypeError, IndexError) as error:
        raise OdapiError(
            f"{path} is not a PyTorch file, or damaged: {first_line(error)}",
            hint="give a file written by torch.save(model.state_dict(), …).",
        ) from error
    tensors = _tensors(content, torch)
    if not tensors:
        raise OdapiError(
            f"{path} holds no state dict, but {_describe(content)}.",
            hint="give a file written by torch.save(model.state_dict(), …).",
        )
    return {name: _stored(path, name, tensor) for name, tensor in tensors.items()}


def _require_safe(path: Path, version: str) -> None:
    """Refuses a PyTorch in which a file can run code despite `weights_only`."""
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None or tuple(map(int, found.groups())) < MIN_TORCH:
        raise OdapiError(
            f"{path} was not read: PyTorch {version} is installed, in which a weight file can run "
            f"code; {'.'.join(map(str, MIN_TORCH))} or newer is needed.",
            hint=_INSTALL_HINT,
        )


def _tensors(content: Any, torch: Any) -> dict[str, Any]:
    if not isinstance(content, Mapping):
        return {}
    tensors = {
        str(name): value for name, value in content.items() if isinstance(value, torch.Tensor)
    }
    if not tensors:
        nested = (content[name] for name in _NESTED if isinstance(content.get(name), Mapping))
        return next((found for found in (_tensors(one, torch) for one in nested) if found), {})
    if all(name.startswith(_PREFIX) for name in tensors):
        return {name.removeprefix(_PREFIX): tensor for name, tensor in tensors.items()}
    return tensors


def _stored(path: Path, name: str, tensor: Any) -> StoredArray:
    def read() -> Array:
        try:
            values = tensor.detach()
            # NumPy has no bfloat16.
            return (values.float() if values.is_floating_point() else values).numpy()
        except (NotImplementedError, RuntimeError, TypeError) as error:  # sparse, quantized, meta
            raise OdapiError(
                f"{path}: {name} is not a dense tensor: {first_line(error)}",
                hint="save it as one, with tensor.to_dense() or tensor.dequantize().",
            ) from error

    return StoredArray(tuple(tensor.shape), read)


def _refusal(path: Path, error: Exception) -> OdapiError:
    return OdapiError(
        f"{path} holds more than tensors, and was not read: unpickling it could run any code.",
        details=[first_line(error)],
        hint="if you trust it, load it with the code that wrote it, and save only its state dict; "
        "for the tutorial's checkpoint: torch.save(torch.load(F, weights_only=False)['model']"
        ".state_dict(), 'state_dict.pth').",
    )


def _describe(content: Any) -> str:
    if not isinstance(content, Mapping):
        return f"a {type(content).__name__}"
    return f"the entries {', '.join(map(str, list(content)[:5])) or '(none)'}"
