"""Patches that let the Object Detection API run on today's libraries.

This is the only place that patches the API or a library for good. One module per patch, with three
constants: the symptom without it, the affected versions, and when it can go. Its `apply()` changes
something only where that is needed, and returns whether it was. Nothing is edited on disk, and
nothing happens at import: code that needs the API calls `activate()` or `activate_protos()`.
"""

import threading
import types
from collections.abc import Callable
from dataclasses import dataclass

from odapi_ssd.compat import (
    boolean_features,
    category_metrics,
    deepmac_without_objects,
    encoded_images,
    image_fonts,
    keras2,
    keras_resnet,
    matplotlib_canvas,
    numpy_names,
    opencv,
    pandas_arrays,
    protos,
    sequence_boxes,
    slim_control_flow,
    tensor_numbers,
    tensorflow_estimator,
    tensorflow_io,
)
from odapi_ssd.compat.keras2 import import_tensorflow

__all__ = ["PatchReport", "activate", "activate_protos", "import_tensorflow", "reports"]


@dataclass(frozen=True)
class PatchReport:
    """A patch, and whether this environment needed it.

    Attributes:
        name: of its module.
        symptom: the error that users see without it.
        affects: the versions that need it.
        until: when it can go.
        was_needed: whether it changed anything in this process.
    """

    name: str
    symptom: str
    affects: str
    until: str
    was_needed: bool


# In the order in which they are applied. Two places in it matter; the groups are for readers.
_PATCHES = (
    # First, so that it can refuse before anything is changed: it imports TensorFlow.
    keras2,
    # Without these, the API cannot be imported.
    protos,
    numpy_names,
    tensorflow_estimator,
    slim_control_flow,
    tensorflow_io,
    # Libraries that draw, encode and decode images. encoded_images extends the module that
    # opencv leaves in place.
    matplotlib_canvas,
    image_fonts,
    opencv,
    encoded_images,
    # Single functions of the API, changed when their modules are imported.
    boolean_features,
    sequence_boxes,
    pandas_arrays,
    category_metrics,
    keras_resnet,
    deepmac_without_objects,
    # For the code of the API's users.
    tensor_numbers,
)

_reports: dict[str, PatchReport] = {}
_lock = threading.Lock()


def activate() -> None:
    """Applies every patch that this environment needs; imports TensorFlow. Idempotent.

    Raises:
        OdapiError: TensorFlow was imported with Keras 3 before, or a required package is absent.
    """
    with _lock:
        for patch in _PATCHES:
            _apply(patch)


def activate_protos() -> None:
    """Applies only the patch that makes `object_detection.protos` importable. No TensorFlow."""
    with _lock:
        _apply(protos)


def reports() -> list[PatchReport]:
    """The patches of this process so far, in the order in which they were applied."""
    return list(_reports.values())


def _apply(patch: types.ModuleType) -> None:
    name = patch.__name__.rpartition(".")[2]
    if name in _reports:
        return
    apply: Callable[[], bool] = patch.apply
    was_needed = apply()
    _reports[name] = PatchReport(name, patch.SYMPTOM, patch.AFFECTS, patch.UNTIL, was_needed)
