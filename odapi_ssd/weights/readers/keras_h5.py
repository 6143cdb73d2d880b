"""Reads the HDF5 weight files of Keras 2: `save_weights("….h5")`, or a whole model as `.h5`.

The root, or its group `model_weights`, lists the layers in the attribute `layer_names`; the group
of each layer lists its arrays in `weight_names`. The files are not trusted: HDF5 can link to other
files, keep arrays compressed a thousandfold, or declare them without storing them. None of this is
what Keras writes, and it is refused.
"""

import contextlib
import itertools
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import first_line
from odapi_ssd.weights.mapping import Array, StoredArray
from odapi_ssd.weights.readers.bounded_process import run_bounded
from odapi_ssd.weights.readers.keras_h5_names import NameLists
from odapi_ssd.weights.readers.weight_file import not_expected, require_file

__all__ = ["LayerArrays", "opened_h5", "require_readable", "unreadable"]

# Layers in the network's order; each the layer's arrays in order, by name.
LayerArrays = dict[str, dict[str, StoredArray]]

_FORMAT_HINT = (
    "give the weights of Keras 2 (tf_keras), such as those of tf.keras.applications. To convert "
    "another format, load it into its model in tf_keras; then model.save_weights('weights.h5')."
)


_SAVE_AGAIN_HINT = (
    "if you trust it, load it into its model in tf_keras and save it again: "
    "model.save_weights('weights.h5')."
)
# Names of nested models have a part for each.
_MAX_PARTS = 20
_SHOWN = 40
# Bytes of a float64.
_MAX_NUMBER = 8
# What h5py raises on damaged files.
_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


@contextlib.contextmanager
def opened_h5(path: Path) -> Iterator[LayerArrays]:
    """The layers of a weight file that have weights; arrays can be read while it is open.

    Raises:
        OdapiError: there is no such file, or it is not HDF5, truncated, damaged or not of
            Keras 2.
    """
    import h5py

    require_file(path, "a Keras weight file (.h5)")
    run_bounded(__name__, "require_readable", path, "the HDF5 library")
    with h5py.File(path, "r") as file:
        yield dict(_layers(file, path))


def unreadable(path: Path) -> OdapiError | None:
    """Why an existing file cannot be opened as HDF5: it is something else, truncated or damaged."""
    import h5py

    if not h5py.is_hdf5(path):
        return not_expected(path, "a Keras weight file (HDF5)", _FORMAT_HINT)
    try:
        h5py.File(path, "r").close()
    except _ERRORS as error:
        return _unopened(path, error)
    return None


def require_readable(path: Path) -> None:
    """Lists the layers of an HDF5 file.

    To be run in a bounded process: in a damaged file the HDF5 library can loop forever or allocate
    gigabytes, long before an array is read.

    Raises:
        OdapiError: it is not HDF5, truncated, damaged or not of Keras 2.
    """
    import h5py

    refusal = unreadable(path)
    if refusal is not None:
        raise refusal
    try:
        with h5py.File(path, "r") as file:
            dict(_layers(file, path))
    except _ERRORS as error:
        raise OdapiError(
            f"{path} is damaged: {first_line(error)}.", hint="download or copy it again."
        ) from error


def _unopened(path: Path, error: Exception) -> OdapiError:
    sizes = re.search(r"truncated file: eof = (\d+).*stored_eof = (\d+)", str(error))
    if sizes:
        there, declared = (int(size) for size in sizes.groups())
        what = f"is truncated: {there:,} of {declared:,} bytes"
    else:
        what = f"is damaged HDF5: {first_line(error)}"
    return OdapiError(f"{path} {what}.", hint="download or copy it again.")


def _layers(file: Any, path: Path) -> Iterator[tuple[str, dict[str, StoredArray]]]:
    is_model = file.get("model_weights", getlink=True) is not None
    root = _member(file, "model_weights", path) if is_model else file
    if not any(name.startswith("layer_names") for name in root.attrs):
        raise OdapiError(
            f"{path} is HDF5, but not a weight file of Keras 2: it has no attribute layer_names, "
            f"and holds {', '.join(map(_shown, itertools.islice(file, 5))) or 'nothing'}.",
            hint=_FORMAT_HINT,
        )
    lists = NameLists(path)
    for layer in lists.read(root, "layer_names"):
        group = _member(root, layer, path)
        names = lists.read(group, "weight_names")
        arrays = {
            name if name.startswith(f"{layer}/") else f"{layer}/{name}": _stored(group, name, path)
            for name in names
        }
        if arrays:
            yield layer, arrays


def _shown(name: str) -> str:
    return ascii(name)[1:-1][:_SHOWN]


def _stored(group: Any, name: str, path: Path) -> StoredArray:
    import h5py

    dataset = _member(group, name, path)
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise OdapiError(f"{path} is damaged: {name} is not an array.")
    if dataset.is_virtual or dataset.external:
        raise OdapiError(f"{path} keeps {name} in another file, which is not followed.")

    def read() -> Array:
        try:
            _require_stored(dataset, name, path)
            return np.asarray(dataset[()])
        except _ERRORS as error:
            raise OdapiError(
                f"{path} is damaged: {name} cannot be read: {first_line(error)}."
            ) from error

    return StoredArray(tuple(dataset.shape), read)


def _require_stored(dataset: Any, name: str, path: Path) -> None:
    """Makes sure that an array's numbers are in the file as they are, one after the other."""
    if dataset.dtype.kind not in "fiub" or dataset.dtype.itemsize > _MAX_NUMBER:
        raise OdapiError(f"{path} is damaged: {name} holds {dataset.dtype}, not numbers.")
    if dataset.chunks is not None or dataset.id.get_create_plist().get_nfilters():
        raise OdapiError(
            f"{path} keeps {name} compressed or in chunks, which Keras does not and which can "
            "take any amount of memory to read.",
            hint=_SAVE_AGAIN_HINT,
        )
    declared = math.prod(dataset.shape) * dataset.dtype.itemsize
    stored = min(dataset.id.get_storage_size(), path.stat().st_size)
    if stored < declared:
        raise OdapiError(
            f"{path} is truncated or damaged: it holds {stored:,} of the {declared:,} bytes of "
            f"{name}.",
            hint="download or copy it again.",
        )


def _member(group: Any, name: str, path: Path) -> Any:
    """The member of a group by its name, a path with slashes; links to other files are refused."""
    import h5py

    parts = name.strip("/").split("/")
    if len(parts) > _MAX_PARTS:
        raise OdapiError(f"{path} is damaged: {name} is nested more than {_MAX_PARTS} deep.")
    for part in parts:
        link = group.get(part, getlink=True) if isinstance(group, h5py.Group) else None
        if isinstance(link, h5py.ExternalLink):
            raise OdapiError(f"{path} links to another file at {name}, which is not followed.")
        if not isinstance(link, h5py.HardLink):
            raise OdapiError(f"{path} is damaged: it lists {name}, but does not contain it.")
        group = group[part]
    return group
