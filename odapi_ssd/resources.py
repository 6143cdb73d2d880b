"""The files that come with the project.

In a checkout (editable install) their folder is at its root; in an installed package it is beside
this module, where `setup.py` puts it.
"""

from pathlib import Path

from odapi_ssd.errors import OdapiError

__all__ = ["template_dir"]


_PACKAGE_DIR = Path(__file__).resolve().parent


def template_dir() -> Path:
    """The folder of the pipeline templates, `*.config`.

    Raises:
        OdapiError: the installation is incomplete.
    """
    for folder in (_PACKAGE_DIR / "pipelines", _PACKAGE_DIR.parent / "pipelines"):
        if folder.is_dir():
            return folder
    raise OdapiError(
        f"The folder pipelines/ is neither in {_PACKAGE_DIR} nor beside it.",
        hint="install odapi-ssd again.",
    )
