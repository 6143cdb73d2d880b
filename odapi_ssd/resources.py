"""Where the files that come with the project lie: pipeline templates and label maps.

In a checkout (editable install) they are folders at its root; in an installed package they lie
beside this module, where `setup.py` puts them.
"""

from pathlib import Path

from odapi_ssd.errors import OdapiError

__all__ = ["label_map_dir", "template_dir"]


def template_dir() -> Path:
    """The folder of the pipeline templates, `*.config`.

    Raises:
        OdapiError: the installation is incomplete.
    """
    return _folder("pipelines")


def label_map_dir() -> Path:
    """The folder of the label maps, `*.pbtxt`.

    Raises:
        OdapiError: the installation is incomplete.
    """
    return _folder("label_maps")


def _folder(name: str) -> Path:
    package = Path(__file__).resolve().parent
    for folder in (package / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise OdapiError(
        f"The folder {name}/ is neither in {package} nor beside it.",
        hint="install odapi-ssd again.",
    )
