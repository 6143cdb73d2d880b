"""Names of files that come out of annotations and listings: which of them are safe to use."""

import re
import urllib.parse

__all__ = ["is_plain_file_name", "is_unicode", "path_parts"]

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_DRIVE = re.compile(r"[a-z]:", re.IGNORECASE)


def is_plain_file_name(name: str) -> bool:
    """Whether a name has no folder in it, so that it cannot lead out of the folder it is for."""
    return name not in ("", ".", "..") and not any(sign in name for sign in "/\\\0")


def is_unicode(name: str) -> bool:
    """False for file names in another encoding, which neither JSON nor a terminal takes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def path_parts(name: str) -> tuple[bool, list[str]]:
    """Reads a path that was written on another machine, or a URL.

    Args:
        name: with slashes or backslashes, relative or not.

    Returns:
        Whether the path begins outside of the folder that it is in: it is absolute, a URL, or has a
        `..`. Then its parts, after the last `..`: none of them leads upward.
    """
    if _URL.match(name):
        path = urllib.parse.unquote(re.split("[?#]", name, maxsplit=1)[0])
        parts = path.split("/")[3:]
        is_outside = True
    else:
        parts = name.replace("\\", "/").split("/")
        is_outside = parts[0] == "" or bool(_DRIVE.fullmatch(parts[0]))
    if ".." in parts:
        is_outside = True
        parts = parts[len(parts) - parts[::-1].index("..") :]
    return is_outside, [part for part in parts if part not in ("", ".")]
