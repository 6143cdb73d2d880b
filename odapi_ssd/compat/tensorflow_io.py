"""Keeps `tensorflow_io` out of the way until something uses it.

The API imports it at the top of DeepMAC, and so of the whole model builder, for one color
conversion. Its native library fits one TensorFlow version only and warns at length on any other;
where there is no wheel for the platform the import fails altogether.
"""

import importlib.util
import sys
import types
import warnings
from importlib.machinery import ModuleSpec
from typing import Any

SYMPTOM = "No module named 'tensorflow_io', or warnings that its native library cannot be loaded"
AFFECTS = "tensorflow_io 0.37 on TensorFlow 2.17 and newer; platforms without its wheel"
UNTIL = "the API imports tensorflow_io only where DeepMAC uses it"

_NAME = "tensorflow_io"


def apply() -> bool:
    """Puts a module in its place that imports the real one at its first use."""
    if _NAME in sys.modules:
        return False
    sys.modules[_NAME] = _OnFirstUse(_NAME)
    return True


class _OnFirstUse(types.ModuleType):
    def __init__(self, name: str):
        super().__init__(name, "Stands in for tensorflow_io until an attribute of it is used.")
        self.__spec__ = ModuleSpec(name, loader=None)

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return getattr(_import_real(self), attribute)


def _import_real(stand_in: types.ModuleType) -> types.ModuleType:
    del sys.modules[_NAME]
    try:
        with warnings.catch_warnings():
            # Its pure-TensorFlow functions, the only ones the API calls, work without the library.
            warnings.filterwarnings("ignore", message="(unable to load|file system plugins)")
            return importlib.import_module(_NAME)
    except ImportError as error:
        sys.modules[_NAME] = stand_in
        raise ImportError(
            f"DeepMAC needs the package tensorflow_io, which cannot be imported here: {error}"
        ) from error
