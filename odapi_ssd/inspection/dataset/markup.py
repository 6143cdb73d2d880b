"""HTML and SVG from nested calls; all text is escaped unless it is markup already.

Names in a dataset are a stranger's: a class may be called `<script>`, a file `" onerror="`, and
either may hold characters that turn the direction of writing. So whatever is not `Markup` is
escaped, and control characters in it are made visible.
"""

import html
from collections.abc import Iterable
from typing import Any

from odapi_ssd.messages import printable

__all__ = ["Child", "Markup", "element", "join", "number"]

_VOID = frozenset({"br", "col", "hr", "img", "meta"})


class Markup(str):
    """A text that is HTML already."""

    __slots__ = ()


Child = str | int | None | Iterable[Any]
"""What an element may hold: a text, a number, markup, nothing, or several of these."""


def element(name: str, /, *children: Child, **attributes: str | float | bool | None) -> Markup:
    """An element with its children.

    Args:
        name: the tag.
        children: in order; see `Child`.
        attributes: True gives an attribute without a value, None and False leave it out. A trailing
            underscore is dropped (`class_`), others become hyphens (`aria_label`).
    """
    parts = [f"<{name}"]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        text = _attribute_text(value)
        spelled = key.rstrip("_").replace("_", "-")
        parts.append(f" {spelled}" if value is True else f' {spelled}="{_escape(text)}"')
    parts.append(">")
    if name not in _VOID:
        parts += [join(children), f"</{name}>"]
    return Markup("".join(parts))


def join(children: Child) -> Markup:
    """The markup of one or several children after one another."""
    if children is None:
        return Markup("")
    if isinstance(children, Markup):
        return children
    if isinstance(children, int):
        return Markup(f"{children:,}")
    if isinstance(children, str):
        return Markup(_escape(children))
    return Markup("".join(map(join, children)))


def number(value: float) -> str:
    """A coordinate with two decimals at most, as pages have thousands of them."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _attribute_text(value: str | float) -> str:
    if isinstance(value, str):
        return value  # Not through `str`, which would make plain text of markup.
    return number(value) if isinstance(value, float) else str(value)


def _escape(text: str) -> str:
    return html.escape(text if isinstance(text, Markup) else printable(text), quote=True)
