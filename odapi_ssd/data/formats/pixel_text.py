"""Coordinates in pixels, as texts from which records get the same values again."""

import struct

__all__ = ["pixel_text"]

_MAX_DECIMALS = 60


def pixel_text(value: float, side: int, origin_px: float = 0.0) -> str:
    """A coordinate in pixels that becomes a value again when it is divided by the image's side.

    Args:
        value: a float32 value, normalized to 0..1.
        side: the image's height or width in pixels, above 0.
        origin_px: what a reader adds to the number before it divides: the start of a length.

    Returns:
        A whole number where one will do, else as many decimals as it takes.
    """
    pixels = value * side - origin_px
    texts = (f"{pixels:.{num_decimals}f}" for num_decimals in range(_MAX_DECIMALS))
    fitting = (text for text in texts if _is_float32_of((origin_px + float(text)) / side, value))
    return next(fitting, str(pixels))


def _is_float32_of(quotient: float, value: float) -> bool:
    return bool(struct.unpack("f", struct.pack("f", quotient))[0] == value)
