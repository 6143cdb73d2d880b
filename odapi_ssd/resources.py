"""Where the pipeline templates that come with the project lie.

In a checkout (editable install) they are a folder at its root; in an installed package they lie
beside this module, where `setup.py` puts them.
"""

from pathlib import Path

from odapi_ssd.errors import OdapiError

__all__ = ["template_dir"]


def template_dir() -> Path:
    """The folder of the pipeline templates, `*.config`.

    Raises:
        OdapiError: the installation is incomplete.
    """
    return _folder("pipelines")


def _folder(name: str) -> Path:
    package = Path(__file__).resolve().parent
    for folder in (package / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise OdapiError(
        f"The folder {name}/ is neither in {package} nor beside it.",
        hint="install odapi-ssd again.",
    )
