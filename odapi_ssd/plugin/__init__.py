"""Binds `ssd` and `extractors` to the Object Detection API: registering, models, feature maps."""

import functools

from odapi_ssd import compat
from odapi_ssd.compat.after_import import after_import
from odapi_ssd.plugin import builder_extension

__all__ = ["register"]


def register() -> None:
    """Activates the compatibility layer and extends the API's model builder. Idempotent.

    See `odapi_ssd.register`.
    """
    compat.activate()
    _extend_the_builder()


@functools.cache
def _extend_the_builder() -> None:
    after_import("object_detection.builders.model_builder", builder_extension.extend)
