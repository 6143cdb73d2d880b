"""Reads TensorFlow 1 checkpoints, which hold variables by name. Needs TensorFlow."""

from pathlib import Path
from typing import Any

from odapi_ssd import compat
from odapi_ssd.checkpoints.newest import newest_complete
from odapi_ssd.checkpoints.paths import without_file_suffix
from odapi_ssd.checkpoints.state_file import is_absolute, read_state
from odapi_ssd.checkpoints.stored_files import is_folder, join
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import first_line
from odapi_ssd.weights.mapping import Array, StoredArray
from odapi_ssd.weights.readers.tf1_index import require_sound_index
from odapi_ssd.weights.readers.weight_file import (
    TENSORFLOW,
    kind_of,
    not_expected,
    require_plain_names,
)

__all__ = ["read_tf1_checkpoint"]

_PREFIX_HINT = "give the common prefix of its files, such as folder/ssd_300_vgg.ckpt."


def read_tf1_checkpoint(path: str) -> dict[str, StoredArray]:
    """The variables of a checkpoint by name.

    Args:
        path: a prefix such as `folder/model.ckpt-1000`, one of its files, or a folder, whose newest
            checkpoint is read.
    Raises:
        OdapiError: there is none, or it cannot be read.
    """
    tf = compat.import_tensorflow()
    prefix = _checked_prefix(path)
    try:
        reader = tf.train.load_checkpoint(prefix)
        shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    except (tf.errors.OpError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise OdapiError(
            f"--weights {path} is not a TensorFlow checkpoint: {first_line(error)}",
            hint=_PREFIX_HINT,
        ) from error
    require_plain_names(path, shapes)
    return {
        name: _stored(path, reader, name, shapes[name], dtypes[name]) for name in sorted(shapes)
    }


def _checked_prefix(path: str) -> str:
    """The prefix of a checkpoint that TensorFlow can be given."""
    if is_folder(path):
        path = _of_first_format_in(path) or _newest_in(path)
    prefix = without_file_suffix(path)
    file = Path(prefix)
    # A checkpoint of TensorFlow's first format is a file itself.
    if not require_sound_index(prefix) and file.is_file() and kind_of(file) != TENSORFLOW:
        raise not_expected(file, "a TensorFlow checkpoint", _PREFIX_HINT)
    return prefix


def _newest_in(folder: str) -> str:
    newest = newest_complete(folder)
    if newest is None:
        raise OdapiError(
            f"--weights {folder} is not a TensorFlow checkpoint: the folder holds none.",
            hint=_PREFIX_HINT,
        )
    return newest.prefix


def _of_first_format_in(folder: str) -> str | None:
    """The checkpoint that a folder's file `checkpoint` names, if that is a file itself."""
    state = read_state(folder)
    if state is None or state.named is None:
        return None
    path = state.named if is_absolute(state.named) else join(folder, state.named)
    return path if Path(path).is_file() else None


def _stored(path: str, reader: Any, name: str, shape: list[int], dtype: Any) -> StoredArray:
    def read() -> Array:
        import tensorflow as tf

        if not (dtype.is_floating or dtype.is_integer or dtype.is_bool):
            raise OdapiError(f"{path}: {name} holds {dtype.name}, not numbers.")
        try:
            return reader.get_tensor(name)
        except (tf.errors.OpError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise OdapiError(f"{path}: {name} cannot be read: {first_line(error)}") from error

    return StoredArray(tuple(shape), read)
