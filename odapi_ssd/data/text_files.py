"""Reads text files that people edit, and says in plain words why one cannot be read."""

from pathlib import Path

from odapi_ssd.errors import OdapiError

__all__ = ["read_text", "utf8_fault"]

_HINT = "save it as UTF-8, or put the right file in its place."


def read_text(path: Path) -> str:
    """The text of a UTF-8 file as it is, line ends too, without a byte order mark.

    Raises:
        OdapiError: the file cannot be read, or is not UTF-8 text.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise OdapiError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise OdapiError(f"{path} cannot be read: {utf8_fault(error)}.", hint=_HINT) from error


def utf8_fault(error: UnicodeDecodeError) -> str:
    """Why bytes are not UTF-8 text, in words without a path."""
    line = error.object.count(b"\n", 0, error.start) + 1
    return f"it is not UTF-8 text (the byte 0x{error.object[error.start]:02x} in line {line:,})"
