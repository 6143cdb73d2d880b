"""Suggestions for names that do not exist, and where in a config a field of some name is."""

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["nearest", "paths_ending_in", "suggest"]

_MAX_NAMES_LISTED = 30


def nearest(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The known names that are most like a name, best first; empty if none is."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    matches = difflib.get_close_matches(name.lower(), list(by_lower), n=limit, cutoff=0.6)
    return [by_lower[match] for match in matches]


def suggest(name: str, known: Iterable[str]) -> str:
    """A clause for an error about an unknown name: the nearest known names, or else all of them."""
    names = list(known)
    matches = nearest(name, names)
    if matches:
        return f"nearest valid: {', '.join(matches)}"
    if not names:
        return "nothing is valid here"
    listed = ", ".join(sorted(names)[:_MAX_NAMES_LISTED])
    more = len(names) - _MAX_NAMES_LISTED
    return f"valid: {listed}" + (f" and {more} more" if more > 0 else "")


def paths_ending_in(name: str, message: Any, limit: int = 3) -> list[str]:
    """Dotted paths to the fields of a name in a message and in those set below it.

    Args:
        name: of the field.
        message: any protobuf message.
        limit: how many paths to return at most.
    Returns:
        Paths, the shortest first.
    """
    found = sorted(_fields_named(name, message, ""), key=lambda path: (path.count("."), path))
    return found[:limit]


def _fields_named(name: str, message: Any, prefix: str) -> Iterator[str]:
    if name in message.DESCRIPTOR.fields_by_name:
        yield prefix + name
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.is_repeated:
            for index, item in enumerate(value):
                yield from _fields_named(name, item, f"{prefix}{field.name}[{index}].")
        else:
            yield from _fields_named(name, value, f"{prefix}{field.name}.")
