"""Binds this project to the Object Detection API."""

from odapi_ssd import compat

__all__ = ["register"]


def register() -> None:
    """Activates the compatibility layer. Idempotent; see `odapi_ssd.register`."""
    compat.activate()
