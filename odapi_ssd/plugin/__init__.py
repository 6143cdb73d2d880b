"""Binds this project to the Object Detection API."""

import functools

from odapi_ssd import compat
from odapi_ssd.compat.after_import import after_import
from odapi_ssd.plugin import builder_extension

__all__ = ["register"]


def register() -> None:
    """Activates the compatibility layer and adds our parts to the API. Idempotent.

    See `odapi_ssd.register`.
    """
    compat.activate()
    _extend_the_builder()


@functools.cache
def _extend_the_builder() -> None:
    after_import("object_detection.builders.model_builder", builder_extension.extend)
