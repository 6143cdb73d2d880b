"""Valid files, as cases begin with them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from odapi_ssd.outputs.manifest import Manifest

__all__ = ["forget_input", "read_tree", "write_tree"]


def read_tree(folder: Path) -> dict[str, bytes]:
    """The content of all files below a folder by relative path, in order."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_tree(files: Mapping[str, bytes], folder: Path = Path()) -> None:
    """Writes files by relative path, with the folders that they need."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def forget_input(folder: Path) -> None:
    """Takes out of a conversion's mark what differs by run: place and time of its input."""
    replace(Manifest.load(folder), input_digest=None).save(folder)
