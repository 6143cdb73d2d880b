"""Numbers as text files hold them."""

import math

__all__ = ["finite_number", "shown"]

_MAX_SHOWN = 40


def finite_number(text: str) -> float | None:
    """The number that a text is; None for anything else, NaN and infinity included."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def shown(text: str) -> str:
    """A text in quotes for a message that says it is not the number expected, shortened."""
    quoted = repr(text)
    return quoted if len(quoted) <= _MAX_SHOWN else f"{quoted[:_MAX_SHOWN]}…"
