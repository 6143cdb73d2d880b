"""Parts of messages: counts with their noun, shortened lists, what an error says in one line."""

from collections.abc import Iterable

from odapi_ssd.errors import printable_lines

__all__ = ["count_of", "first_line", "list_some", "one_line", "printable"]

_NUM_NAMED = 5


def count_of(number: int, one: str, many: str | None = None) -> str:
    """A number and what is counted: `1 fault`, `0 faults`, `2 boxes lie`.

    Args:
        number: how many.
        one: what follows a 1: a noun, or a noun and its verb.
        many: what follows any other number; None for `one` with an s.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def first_line(error: BaseException) -> str:
    """The first line of what an error says; its type's name if it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def list_some(items: Iterable[object]) -> str:
    """The first few items and how many more there are; empty for none."""
    ordered = [str(item) for item in items]
    text = ", ".join(ordered[:_NUM_NAMED])
    return text if len(ordered) <= _NUM_NAMED else f"{text} and {len(ordered) - _NUM_NAMED} more"


def one_line(error: BaseException) -> str:
    """All that an error says, in one line; its type's name if it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def printable(text: object) -> str:
    r"""A text, such as a file's name, without what would harm a terminal or cannot be encoded.

    Line breaks, control characters and bytes that are not Unicode become their escapes: `\n`,
    `\x1b`, `\udce9`.
    """
    return printable_lines(str(text)).replace("\n", "\\n")
