"""The pipeline templates of the project: finding one by its name, and the facts in its header.

The header of a template is the only place for its cost and its published results; they are parsed
from there. Needs no TensorFlow.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odapi_ssd.config.field_names import suggest
from odapi_ssd.config.files import load_config
from odapi_ssd.errors import OdapiError
from odapi_ssd.resources import template_dir

__all__ = ["TemplateFacts", "find_template", "read_facts", "read_header", "template_names"]

_SUFFIX = ".config"
_UNKNOWN = "?"
_TITLE = re.compile(r"(?P<architecture>.+?) with (?P<backbone>.+?), on ")
_COUNT = r"\d{1,3}(,\d{3})*"
# For each fact the label of its field in the header, and the part of the field's text that a table
# has room for: its beginning.
_OPENINGS = {
    "anchors": ("Anchors", rf"{_COUNT}( per cell)?"),
    "parameters": ("Parameters", _COUNT),
    "gflops": ("GFLOPs", rf"{_COUNT}(\.\d+)?"),
    "published": ("Published", r".+?(?=[;.]( |$))"),
}


@dataclass(frozen=True)
class TemplateFacts:
    """The facts by which users choose a template, in the words of its header.

    Attributes:
        name: the template's name.
        architecture: such as SSD300.
        backbone: the classification network below it.
        image_size: height and width of the network's input, or the range of its sides, in pixels.
        anchors: their number in an image, or per cell.
        parameters: their number, for the template's own number of classes.
        gflops: per image; a multiply-add counts as 2.
        published: a published result of the architecture, and its source.
    """

    name: str
    architecture: str
    backbone: str
    image_size: str
    anchors: str
    parameters: str
    gflops: str
    published: str


def template_names() -> list[str]:
    """Names of the templates, without `.config`, sorted."""
    return sorted(path.stem for path in template_dir().glob(f"*{_SUFFIX}"))


def find_template(name: str) -> Path:
    """The file of a template.

    Args:
        name: a template's name, or the path of any pipeline config.
    Raises:
        OdapiError: there is no such template; the nearest and all others are named.
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


def read_header(path: Path) -> str:
    """The comment at the top of a template, without its `#`."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").removeprefix(" "))
    return "\n".join(lines)


def read_facts(name: str) -> TemplateFacts:
    """The facts of a template, from its header and its config; `?` for those it does not have.

    Raises:
        OdapiError: there is no such template.
    """
    path = find_template(name)
    header = read_header(path)
    title = _TITLE.match(header)
    return TemplateFacts(
        name=path.stem,
        architecture=title["architecture"] if title else _UNKNOWN,
        backbone=title["backbone"] if title else _UNKNOWN,
        image_size=_image_size(load_config(path)),
        **{name: _opening(header, *opening) for name, opening in _OPENINGS.items()},
    )


def _opening(header: str, label: str, pattern: str) -> str:
    """The beginning of a field's text, which may continue in indented lines."""
    field = re.search(rf"^{label}: +(.*(?:\n .*)*)", header, re.MULTILINE)
    text = " ".join(field[1].split()) if field else ""
    opening = re.match(pattern, text)
    return opening[0] if opening else _UNKNOWN


def _image_size(config: Any) -> str:
    resizer = getattr(config.model, config.model.WhichOneof("model")).image_resizer
    if resizer.HasField("fixed_shape_resizer"):
        fixed = resizer.fixed_shape_resizer
        return f"{fixed.height}x{fixed.width}"
    kept = resizer.keep_aspect_ratio_resizer
    if kept.pad_to_max_dimension:
        return f"{kept.max_dimension}x{kept.max_dimension}"
    return f"{kept.min_dimension} to {kept.max_dimension}"
