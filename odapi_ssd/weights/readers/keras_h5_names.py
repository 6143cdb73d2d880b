"""The lists of names in Keras's HDF5 files."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.readers.weight_file import require_plain_names

__all__ = ["NameLists"]

# Several times what the largest network here has.
_MAX_NAMES = 10_000


class NameLists:
    """Reads lists of names, no more of them in a whole file than networks have."""

    def __init__(self, path: Path):
        """Reads nothing yet.

        Args:
            path: the file.
        """
        self._path = path
        self._num_names = 0

    def read(self, group: Any, attribute: str) -> list[str]:
        """A list of names; Keras splits a long one into the attributes `…0`, `…1` and so on.

        Args:
            group: an open group of the file.
            attribute: which list.
        Raises:
            OdapiError: it is not a list of names, has too many, or names something twice.
        """
        if attribute in group.attrs:
            names = self._chunk(group, attribute)
        else:
            names = []
            for number in range(_MAX_NAMES):
                if f"{attribute}{number}" not in group.attrs:
                    break
                names += self._chunk(group, f"{attribute}{number}")
        require_plain_names(self._path, names)
        if len(set(names)) < len(names):
            raise OdapiError(f"{self._path} is damaged: {attribute} names something twice.")
        return names

    def _chunk(self, group: Any, attribute: str) -> list[str]:
        import h5py

        declared = group.attrs.get_id(attribute)
        if declared.shape is None or math.prod(declared.shape) == 0:
            return []
        if h5py.check_string_dtype(declared.dtype) is None:
            raise OdapiError(
                f"{self._path} is not a weight file of Keras 2: its attribute {attribute} holds "
                f"{declared.dtype}, not names."
            )
        self._num_names += math.prod(declared.shape)
        if self._num_names > _MAX_NAMES:
            raise OdapiError(
                f"{self._path} was not read: it lists more than {_MAX_NAMES:,} layers and arrays; "
                "no network here has as many."
            )
        names = np.ravel(group.attrs[attribute]).tolist()
        return [name.decode() if isinstance(name, bytes) else str(name) for name in names]
