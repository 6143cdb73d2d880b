"""The files that writers of formats make: under names from datasets, but never out of their folder.

Names come from strangers. Most are kept as they are, with their subfolders.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from odapi_ssd.data.images import IMAGE_SUFFIXES
from odapi_ssd.messages import count_of

__all__ = ["RenamedImages", "WrittenFiles", "safe_image_name", "safe_part"]

_ENDINGS = {"jpeg": (".jpg", ".jpeg"), "png": (".png",)}
# Control characters, halves of characters, and those that end a line or a paragraph.
_UNSAFE_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")
_UNSAFE = ("/", "\\", "\ufffe", "\uffff")
# Most file systems take 255; endings and numbers need some.
_MAX_BYTES = 230
_MAX_NAMED = 3


def safe_image_name(record_name: str, record_format: str) -> str:
    """The name of an image's file, with the ending of what is in it.

    Args:
        record_name: its name in records: `night/0001.bmp`.
        record_format: "jpeg" or "png".

    Returns:
        A relative path with slashes, of parts that `safe_part` takes as they are:
        `night/0001.png`.
    """
    parts = [part for part in record_name.split("/") if part not in ("", ".", "..")]
    *folders, name = parts or ["image"]
    path, endings = PurePosixPath(name), _ENDINGS[record_format]
    if path.suffix.lower() not in endings:
        name = (path.stem if path.suffix.lower() in IMAGE_SUFFIXES else name) + endings[0]
    return "/".join(map(safe_part, [*folders, name]))


def safe_part(name: str) -> str:
    """A name for a file or folder that stays in its folder, and survives a line of a list.

    Other characters than those of names become `_`, and so do white space at its ends and a dot at
    its beginning, which would hide it. A name that is too long for file systems is cut, with a
    digest that tells it from others.
    """
    safe = "".join(
        "_" if one in _UNSAFE or unicodedata.category(one) in _UNSAFE_CATEGORIES else one
        for one in name
    )
    begin, end = len(safe) - len(safe.lstrip()), len(safe.rstrip())
    safe = "_" * begin + safe[begin:end] + "_" * (len(safe) - end) if end else "_"
    if safe.startswith("."):
        safe = "_" + safe[1:]
    if len(safe.encode()) <= _MAX_BYTES:
        return safe
    suffix = PurePosixPath(safe).suffix if len(PurePosixPath(safe).suffix) < 10 else ""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    begin_bytes = safe.encode()[: _MAX_BYTES - len(digest) - len(suffix.encode()) - 1]
    return f"{begin_bytes.decode(errors='ignore')}_{digest}{suffix}"


class RenamedImages:
    """Tells of images that will have another name when the output is read."""

    def __init__(self) -> None:
        self._number = 0
        self._first: list[str] = []

    def add(self, name: str, name_read: str, num_images: int = 1) -> None:
        """Takes the name that an image has in records, and the one that it will have.

        Args:
            name: in records.
            name_read: if it is the same, nothing is told.
            num_images: how many change, of which this is the one to be named.
        """
        if name == name_read:
            return
        self._number += num_images
        if len(self._first) < _MAX_NAMED:
            self._first.append(name)

    def warnings(self) -> list[str]:
        """One line, if there are any."""
        if not self._number:
            return []
        what = count_of(self._number, "image has", "images have")
        more = self._number - len(self._first)
        listed = ", ".join(self._first) + (f" and {more:,} more" if more else "")
        return [f"{what} another name when the output is read: {listed}"]


class WrittenFiles:
    """New files in a folder, under the names wanted or, where these are taken, under like ones."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._made: set[Path] = set()

    def write(self, names: Iterable[str], content: bytes) -> str:
        """Writes a file, unless one of the names has that very content already.

        Args:
            names: relative paths with slashes, the one that is wanted most first; safe ones.
            content: of the file.

        Returns:
            The name that it has; another than those given if all are taken.

        Raises:
            OSError: the file cannot be written.
        """
        for name in self._candidates(list(names), content):
            path = self._folder / name
            try:
                self._make(path.parent)
                with path.open("xb") as file:
                    file.write(content)
                return name
            except (FileExistsError, NotADirectoryError):
                if path.is_file() and path.read_bytes() == content:
                    return name
        raise AssertionError("the last candidate has the content's digest in its name")

    def _make(self, folder: Path) -> None:
        if folder not in self._made:
            folder.mkdir(parents=True, exist_ok=True)
            self._made.add(folder)

    @staticmethod
    def _candidates(names: list[str], content: bytes) -> Iterator[str]:
        yield from names
        # A folder of the name may be a file already.
        flat = PurePosixPath(safe_part(names[-1]))
        digest = hashlib.sha256(content).hexdigest()
        for length in (8, len(digest)):
            yield f"{flat.stem[: _MAX_BYTES // 4]}_{digest[:length]}{flat.suffix}"
