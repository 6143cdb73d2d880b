"""The pipeline templates that come with the project, and finding one by its name."""

from pathlib import Path

from odapi_ssd.errors import OdapiError
from odapi_ssd.pipeline.field_names import suggest
from odapi_ssd.resources import template_dir

__all__ = ["find_template", "template_names"]

_SUFFIX = ".config"


def template_names() -> list[str]:
    """Names of the templates, without `.config`, sorted."""
    return sorted(path.stem for path in template_dir().glob(f"*{_SUFFIX}"))


def find_template(name: str) -> Path:
    """The file of a template.

    Args:
        name: a template's name, or the path of any pipeline config.

    Raises:
        OdapiError: there is no such template; the error names the nearest and all of them.
    """
    path = Path(name)
    if path.is_file():
        return path
    names = template_names()
    stem = name.removesuffix(_SUFFIX)
    if stem in names:
        return template_dir() / f"{stem}{_SUFFIX}"
    if len(path.parts) > 1:
        raise OdapiError(f"There is no config file {path}.", hint=f"templates: {', '.join(names)}.")
    near = suggest(stem, names)
    every = "" if near.startswith("valid:") else f"; all: {', '.join(names)}"
    raise OdapiError(f"There is no template {name!r}.", hint=f"{near}{every}.")
