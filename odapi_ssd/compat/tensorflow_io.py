"""Defers the import of `tensorflow_io` to its first use.

DeepMAC, and with it the whole model builder, imports it for one color conversion. Its native
library fits a single TensorFlow version and prints long warnings on any other; on platforms without
a wheel the import fails altogether.
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
    """Registers a placeholder module that imports the real one on first use."""
    if _NAME in sys.modules:
        return False
    sys.modules[_NAME] = _Placeholder(_NAME)
    return True


class _Placeholder(types.ModuleType):
    def __init__(self, name: str):
        super().__init__(name, "A placeholder for tensorflow_io until an attribute of it is used.")
        self.__spec__ = ModuleSpec(name, loader=None)

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return getattr(_import_real(self), attribute)


def _import_real(placeholder: types.ModuleType) -> types.ModuleType:
    del sys.modules[_NAME]
    try:
        with warnings.catch_warnings():
            # The API only calls functions in plain TensorFlow, which need no native library.
            warnings.filterwarnings("ignore", message="(unable to load|file system plugins)")
            return importlib.import_module(_NAME)
    except ImportError as error:
        sys.modules[_NAME] = placeholder
        raise ImportError(
            f"DeepMAC needs the package tensorflow_io, which cannot be imported here: {error}"
        ) from error
