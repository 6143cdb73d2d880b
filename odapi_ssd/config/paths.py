"""Paths in a config: placeholders, remote paths, and remedies for paths that do not exist."""

from pathlib import Path

__all__ = ["CONFIGURE_REMEDY", "is_placeholder", "is_remote", "relative_path_remedy"]

# Part of every path that is to be filled in, in the API's sample configs.
_PLACEHOLDER = "PATH_TO_BE_CONFIGURED"
CONFIGURE_REMEDY = "`odapi-ssd configure` fills in the paths of a converted dataset"


def is_placeholder(path: str) -> bool:
    """Whether a path of a sample config has not been filled in yet."""
    return _PLACEHOLDER in path


def is_remote(path: str) -> bool:
    """Whether a path is on a file system that only TensorFlow reads, such as `gs://bucket/run`."""
    return "://" in path


def relative_path_remedy() -> str:
    """The remedy for a path that does not exist."""
    return f"relative paths count from the current folder, {Path.cwd()}"
