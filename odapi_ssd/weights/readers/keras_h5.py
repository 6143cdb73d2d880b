"""Reads the HDF5 weight files of Keras 2: `save_weights("….h5")`, or a whole model as `.h5`.

The root, or its group `model_weights`, lists the layers in the attribute `layer_names`; the group
of each layer lists its arrays in `weight_names`. The files are not trusted: HDF5 can link to other
files, which is refused.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.mapping import Array, StoredArray

__all__ = ["LayerArrays", "opened_h5"]

# Layers in the network's order; each the layer's arrays in order, by name.
LayerArrays = dict[str, dict[str, StoredArray]]

_FORMAT_HINT = (
    "give the weights of Keras 2 (tf_keras), such as those of tf.keras.applications. To convert "
    "another format, load it into its model in tf_keras; then model.save_weights('weights.h5')."
)


@contextlib.contextmanager
def opened_h5(path: Path) -> Iterator[LayerArrays]:
    """The layers of a weight file that have weights; arrays can be read while it is open.

    Raises:
        OdapiError: there is no such file, or it is not HDF5, not from Keras 2, or damaged.
    """
    import h5py

    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise OdapiError(f"--weights {path} {what}; a Keras weight file (.h5) was expected.")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise OdapiError(f"{path} cannot be read as HDF5: {error}.", hint=_FORMAT_HINT) from error
    with file:
        try:
            layers = dict(_layers(file, path))
        except (KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
            raise OdapiError(f"{path} is damaged: {error}.") from error
        yield layers


def _layers(file: Any, path: Path) -> Iterator[tuple[str, dict[str, StoredArray]]]:
    is_model = file.get("model_weights", getlink=True) is not None
    root = _member(file, "model_weights", path) if is_model else file
    if not any(name.startswith("layer_names") for name in root.attrs):
        raise OdapiError(
            f"{path} is HDF5, but not a weight file of Keras 2: it has no attribute layer_names, "
            f"and holds {', '.join(list(file)[:5]) or 'nothing'}.",
            hint=_FORMAT_HINT,
        )
    for layer in _names(root, "layer_names"):
        group = _member(root, layer, path)
        arrays = {
            name if name.startswith(f"{layer}/") else f"{layer}/{name}": _stored(group, name, path)
            for name in _names(group, "weight_names")
        }
        if arrays:
            yield layer, arrays


def _names(group: Any, attribute: str) -> list[str]:
    """A list of names; Keras splits a long one into the attributes `…0`, `…1` and so on."""
    if attribute in group.attrs:
        chunks = [group.attrs[attribute]]
    else:
        chunks = []
        while f"{attribute}{len(chunks)}" in group.attrs:
            chunks.append(group.attrs[f"{attribute}{len(chunks)}"])
    names = [name for chunk in chunks for name in np.ravel(chunk).tolist()]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _stored(group: Any, name: str, path: Path) -> StoredArray:
    import h5py

    dataset = _member(group, name, path)
    if not isinstance(dataset, h5py.Dataset):
        raise OdapiError(f"{path} is damaged: {name} is not an array.")
    if dataset.is_virtual or dataset.external:
        raise OdapiError(f"{path} keeps {name} in another file, which is not followed.")

    def read() -> Array:
        try:
            return np.asarray(dataset[()])
        except (OSError, RuntimeError, ValueError) as error:
            raise OdapiError(f"{path} is damaged: {name} cannot be read: {error}.") from error

    return StoredArray(tuple(dataset.shape), read)


def _member(group: Any, name: str, path: Path) -> Any:
    """The member of a group by its name, a path with slashes; links to other files are refused."""
    import h5py

    for part in name.strip("/").split("/"):
        link = group.get(part, getlink=True) if isinstance(group, h5py.Group) else None
        if isinstance(link, h5py.ExternalLink):
            raise OdapiError(f"{path} links to another file at {name}, which is not followed.")
        if not isinstance(link, h5py.HardLink):
            raise OdapiError(f"{path} is damaged: it lists {name}, but does not contain it.")
        group = group[part]
    return group
