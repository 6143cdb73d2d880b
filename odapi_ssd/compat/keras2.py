"""Keras 2 behind `tf.keras`: the API's models are Keras 2 models.

On import, TensorFlow selects Keras 3 or the package `tf_keras` by the environment variable
`TF_USE_LEGACY_KERAS`; afterwards the choice is final.
"""

import contextlib
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from odapi_ssd.compat.after_import import around_import
from odapi_ssd.errors import OdapiError

SYMPTOM = "Keras 3 behind tf.keras: the API's layers and optimizers cannot be built"
AFFECTS = "TensorFlow 2.16 and newer, unless TF_USE_LEGACY_KERAS=1 is set before its import"
UNTIL = "the API is ported to Keras 3"

_VARIABLE = "TF_USE_LEGACY_KERAS"
# Of Keras 2; of TensorFlow's remains of it; of Keras 3, which some packages of the API import.
_READERS_OF_SETTINGS = (
    "tf_keras.src.backend",
    "tensorflow.python.keras.backend",
    "keras.src.backend.config",
)
_FOLDER_VARIABLE = "KERAS_HOME"


def apply() -> bool:
    """Selects Keras 2 and imports TensorFlow; returns whether the variable had to be set.

    Raises:
        OdapiError: TensorFlow was imported with Keras 3 before.
    """
    was_selected = os.environ.get(_VARIABLE) in ("1", "true", "True")
    if "tensorflow" in sys.modules and not was_selected:
        raise _too_late()
    os.environ[_VARIABLE] = "1"
    for module in _READERS_OF_SETTINGS:
        around_import(module, _no_new_settings)
    if not _is_keras2(importlib.import_module("tensorflow")):
        raise _too_late()
    return not was_selected


def import_tensorflow() -> Any:
    """Imports TensorFlow with Keras 2 selected, without any other patch.

    Raises:
        OdapiError: TensorFlow was imported with Keras 3 before.
    """
    apply()
    return sys.modules["tensorflow"]


@contextlib.contextmanager
def _no_new_settings() -> Iterator[None]:
    """Has Keras, when it is imported, not write its defaults to `~/.keras/keras.json`.

    A file that is there is read as usual.
    """
    if _FOLDER_VARIABLE in os.environ or (Path.home() / ".keras" / "keras.json").exists():
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ[_FOLDER_VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[_FOLDER_VARIABLE]


def _is_keras2(tensorflow: Any) -> bool:
    model_class: type = tensorflow.keras.Model
    return model_class.__module__.split(".")[0] == "tf_keras"


def _too_late() -> OdapiError:
    return OdapiError(
        "TensorFlow was imported with Keras 3 in this process, but the Object Detection API "
        "needs Keras 2.",
        hint="restart Python (in a notebook: restart the runtime) and call odapi_ssd.register() "
        f"before the first `import tensorflow`, or set {_VARIABLE}=1 in the environment and "
        "install the version of tf_keras that matches TensorFlow's.",
    )
