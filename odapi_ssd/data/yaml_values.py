"""Reads YAML files of strangers: texts, lists and mappings, without tags and within bounds.

Every scalar stays the text that it is: to YAML 1.1 the class `no` is false, and `1e3` a number.
Aliases that multiply, and nesting without end, are refused before anything is made of them.
"""

from pathlib import Path
from typing import Any

from odapi_ssd.data.text_files import read_text
from odapi_ssd.errors import OdapiError

__all__ = ["read_yaml"]

_MAX_CHARACTERS = 4_000_000
_MAX_VALUES = 200_000
_MAX_DEPTH = 50
# What YAML itself gives to a node without a tag, if nothing is guessed from its text.
_PLAIN_TAGS = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))


def read_yaml(path: Path, source: str) -> Any:
    """The content of a file: `str`, lists, and dictionaries by `str`; None for an empty file.

    Args:
        path: the file.
        source: its name for messages.

    Raises:
        OdapiError: it cannot be read, is not YAML, has tags, or is not the small file that a
            person writes.
    """
    import yaml  # Workers import the formats too, and have no use for it.

    text = read_text(path, source)
    if len(text) > _MAX_CHARACTERS:
        raise OdapiError(
            f"{source}: has {len(text):,} characters, expected {_MAX_CHARACTERS:,} at most"
        )
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", see line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise OdapiError(f"{source}: is not YAML{place}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise OdapiError(f"{source}: is not YAML that can be read") from error
    return None if node is None else _Builder(source).build(node)


class _Builder:
    """Makes values of nodes, which may hold one another many times over."""

    def __init__(self, source: str):
        self._source = source
        self._num_values = 0

    def build(self, node: Any, depth: int = 0) -> Any:
        self._num_values += 1
        if self._num_values > _MAX_VALUES or depth > _MAX_DEPTH:
            raise OdapiError(
                f"{self._source}: has more than {_MAX_VALUES:,} values, or {_MAX_DEPTH} levels, "
                "with its aliases (*name) replaced by what they stand for; write it without them"
            )
        if node.tag not in _PLAIN_TAGS:
            line = node.start_mark.line + 1
            raise OdapiError(
                f"{self._source}: line {line} has the tag {node.tag!r}, expected none; it was not "
                "followed"
            )
        if node.id == "scalar":
            return node.value
        if node.id == "sequence":
            return [self.build(item, depth + 1) for item in node.value]
        return {self._build_key(key): self.build(value, depth + 1) for key, value in node.value}

    def _build_key(self, node: Any) -> str:
        if node.id != "scalar":
            line = node.start_mark.line + 1
            raise OdapiError(f"{self._source}: line {line} has a key that is not a text")
        return str(self.build(node))
