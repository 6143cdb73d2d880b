"""Names of files that come out of annotations and listings: which of them are safe to use."""

__all__ = ["is_plain_file_name", "is_unicode"]


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
