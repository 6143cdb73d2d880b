"""Reads text files that people edit, and says in plain words why one cannot be read."""

import codecs
from pathlib import Path

from odapi_ssd.errors import OdapiError

__all__ = ["decode_text", "encoding_of", "read_text", "utf8_fault"]

_HINT = "save it as UTF-8, or put the right file in its place."
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path, source: str | None = None) -> str:
    """The text of a UTF-8 file as it is, line ends too, without a byte order mark.

    Args:
        path: the file. UTF-16 is read too if its byte order mark is there, as Windows writes it.
        source: the file's name for messages that begin with `source: `; None for its path.

    Raises:
        OdapiError: the file cannot be read, or is not UTF-8 text.
    """
    name = f"{path}" if source is None else f"{source}:"
    try:
        return decode_text(path.read_bytes())
    except OSError as error:
        raise OdapiError(f"{name} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise OdapiError(f"{name} cannot be read: {utf8_fault(error)}.", hint=_HINT) from error


def decode_text(content: bytes, errors: str = "strict") -> str:
    """The text of a file's bytes, UTF-8 or UTF-16 with its byte order mark; without the mark.

    Args:
        content: the bytes.
        errors: "ignore" leaves out what is not text, such as half a character at the end.

    Raises:
        UnicodeDecodeError: it is neither.
    """
    return content.decode(encoding_of(content), errors)


def encoding_of(beginning: bytes) -> str:
    """The encoding of a text's first two bytes or more, by its name in Python."""
    return "utf-16" if beginning.startswith(_UTF16_MARKS) else "utf-8-sig"


def utf8_fault(error: UnicodeDecodeError) -> str:
    """Why bytes are not text, in words without a path."""
    if error.encoding.startswith("utf-16"):
        return "it is not UTF-16 text, as its byte order mark says"
    line = error.object.count(b"\n", 0, error.start) + 1
    return f"it is not UTF-8 text (the byte 0x{error.object[error.start]:02x} in line {line:,})"
