"""The manifest of an output folder: which command wrote which files, and their digests.

A file is provably a command's own if the manifest has it under that command, with the same size
and SHA-256. An edited file is not, nor is one that somebody else has put under its name.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["MANIFEST_NAME", "FileEntry", "Manifest", "entry_of", "files_below"]

MANIFEST_NAME = ".odapi-ssd.json"
_ABOUT = "What odapi-ssd wrote into this folder; it replaces or deletes nothing else here."
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class FileEntry:
    """One file of a manifest.

    Attributes:
        command: the command that wrote it: "convert".
        size: in bytes.
        sha256: hexadecimal digest of its content.
    """

    command: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The files that commands wrote into a folder.

    Attributes:
        files: by path relative to the folder, with `/` between its parts.
        input_digest: of what the last command to write made its files of; None if that is unknown.
    """

    files: Mapping[str, FileEntry] = field(default_factory=dict)
    input_digest: str | None = None

    @classmethod
    def load(cls, folder: Path) -> "Manifest":
        """Reads a folder's manifest; one that is not there, or damaged, has no files."""
        try:
            content = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
            files = {str(name): _read_entry(entry) for name, entry in content["files"].items()}
            input_digest = content.get("input")
        except (OSError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError,
                AttributeError):  # fmt: skip
            return cls()
        # What lies outside of the folder is not its manifest's to name.
        files = {name: entry for name, entry in files.items() if _is_inside(name)}
        return cls(files, input_digest if isinstance(input_digest, str) else None)

    def save(self, folder: Path) -> None:
        """Writes it into a folder; raises OSError where that fails."""
        files = {name: asdict(entry) for name, entry in sorted(self.files.items())}
        # ASCII only, so that file names in other encodings than UTF-8 pass, as surrogates.
        content: dict[str, Any] = {"about": _ABOUT, "files": files}
        if self.input_digest is not None:
            content["input"] = self.input_digest
        text = json.dumps(content, indent=1, allow_nan=False)
        (folder / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")

    def names_of(self, command: str) -> list[str]:
        """The names directly in the folder, of files and folders, that a command wrote."""
        own = (name for name, entry in self.files.items() if entry.command == command)
        return sorted({name.split("/")[0] for name in own})

    def own_names(self, folder: Path, command: str) -> list[str]:
        """Those of `names_of` that are in the folder, unchanged since."""
        return [
            name
            for name in self.names_of(command)
            if os.path.lexists(folder / name) and not self.foreign_files(folder, name, command)
        ]

    def foreign_files(self, folder: Path, name: str, command: str | None = None) -> list[Path]:
        """The files under one name of the folder that are not provably the command's own.

        Args:
            folder: the manifest's folder.
            name: a file or folder in it; it need not exist.
            command: the command; None for whichever the manifest has.
        """
        return [
            path
            for path in files_below(folder / name)
            if not self._is_own(path, path.relative_to(folder).as_posix(), command)
        ]

    def is_newer_than_files(self, folder: Path, command: str) -> bool:
        """Whether a command's files are in the folder, all, and have not been touched since.

        Their contents are not read: a file has its size, and is not newer than the manifest, which
        comes into the folder as the last. False where that cannot be told.
        """
        try:
            written = (folder / MANIFEST_NAME).stat()
            for name, entry in self.files.items():
                if entry.command != command:
                    continue
                status = (folder / name).lstat()
                is_older = status.st_ctime_ns <= written.st_ctime_ns
                is_older &= status.st_mtime_ns <= written.st_mtime_ns
                if not (stat.S_ISREG(status.st_mode) and status.st_size == entry.size and is_older):
                    return False
        except OSError:
            return False
        return True

    def changed(
        self,
        removed: Iterable[str],
        added: Mapping[str, FileEntry],
        input_digest: str | None = None,
    ) -> "Manifest":
        """A manifest without what is under some names of the folder, and with other files."""
        gone = set(removed)
        kept = {name: entry for name, entry in self.files.items() if name.split("/")[0] not in gone}
        return Manifest({**kept, **added}, input_digest)

    def _is_own(self, path: Path, name: str, command: str | None) -> bool:
        entry = self.files.get(name)
        if entry is None or path.is_symlink() or not path.is_file():
            return False
        if command is not None and entry.command != command:
            return False
        return path.stat().st_size == entry.size and entry_of(path, entry.command) == entry


def entry_of(path: Path, command: str) -> FileEntry:
    """The entry of a file that a command wrote; raises OSError if it cannot be read."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return FileEntry(command, size, digest.hexdigest())


def files_below(path: Path) -> Iterator[Path]:
    """A file, or all files in a folder, at any depth, sorted; nothing if there is none.

    Links are files: what they lead to is not the folder's. An empty folder has none.
    """
    if path.is_symlink() or not path.is_dir():
        if os.path.lexists(path):
            yield path
        return
    for child in sorted(path.iterdir()):
        yield from files_below(child)


def _is_inside(name: str) -> bool:
    return not any(part in ("", ".", "..") or "\0" in part for part in name.split("/"))


def _read_entry(entry: Any) -> FileEntry:
    return FileEntry(str(entry["command"]), int(entry["size"]), str(entry["sha256"]))
