"""Replaces a part of someone else's program for a moment.

Permanent replacements are in `compat/`; here everything is put back, also after an error.
"""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

__all__ = ["swapped"]


@contextmanager
def swapped(owner: Any, name: str, replacement: Any) -> Iterator[Any]:
    """Has `owner` use a replacement inside the `with` block.

    Args:
        owner: a module or a class, whose attribute is replaced, or a dict, such as the API's tables
            of builders, whose item is.
        name: of the attribute or item, which must exist.
        replacement: takes its place. To call the original from it, read that beforehand.
    Yields:
        The original.
    Raises:
        AttributeError, KeyError: the owner has nothing of that name.
    """
    is_dict = isinstance(owner, MutableMapping)
    original = owner[name] if is_dict else getattr(owner, name)
    put = owner.__setitem__ if is_dict else lambda key, value: setattr(owner, key, value)
    put(name, replacement)
    try:
        yield original
    finally:
        put(name, original)
