"""Counts the files of a folder by kind, for messages about folders that are no dataset."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd.data.folder_tree import walk_files
from odapi_ssd.data.images import IMAGE_SUFFIXES
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of

__all__ = ["FolderContents", "count_contents", "kind_of"]

_KIND_OF_SUFFIX = {
    **dict.fromkeys(IMAGE_SUFFIXES, "image"),
    **dict.fromkeys((".xml",), "XML file"),
    **dict.fromkeys((".json", ".jsonl"), "JSON file"),
    **dict.fromkeys((".csv", ".tsv"), "CSV file"),
    **dict.fromkeys((".txt",), "text file"),
    **dict.fromkeys((".yaml", ".yml"), "YAML file"),
    **dict.fromkeys((".record", ".tfrecord", ".tfrecords"), "TFRecord file"),
    **dict.fromkeys((".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"), "archive"),
}
_OTHER = "other file"
_MAX_FILES = 100_000
_MAX_FOLDERS_NAMED = 3


def kind_of(path: Path) -> str:
    """The kind of a file by its name, as a noun for one."""
    if ".record-" in path.name or ".tfrecord-" in path.name:
        return "TFRecord file"
    return _KIND_OF_SUFFIX.get(path.suffix.lower(), _OTHER)


@dataclass(frozen=True)
class FolderContents:
    """What is in a folder and below it.

    Attributes:
        counts: of files by kind and folder, a relative path with slashes, "" for the folder's own.
        first: the first file of each kind.
        is_complete: whether all files were counted; of very many, only the first are.
    """

    counts: Counter[tuple[str, str]]
    first: dict[str, Path]
    is_complete: bool = True

    def total(self, kind: str) -> int:
        """How many files of a kind there are."""
        return sum(number for (one, _), number in self.counts.items() if one == kind)

    def describe(self) -> str:
        """The kinds and where they are: `12 XML files in annots/, 3 JSON files`; "no files"."""
        totals = {kind: self.total(kind) for kind in self.first}
        ordered = sorted(totals, key=lambda kind: (kind == _OTHER, -totals[kind], kind))
        texts = [f"{count_of(totals[kind], kind)}{self._where(kind)}" for kind in ordered]
        return ("" if self.is_complete else "at least ") + (", ".join(texts) or "no files")

    def _where(self, kind: str) -> str:
        folders = sorted(folder for one, folder in self.counts if one == kind)
        if folders == [""]:
            return ""
        if len(folders) > _MAX_FOLDERS_NAMED:
            return f" in {len(folders):,} folders"
        return f" in {' and '.join(f'{folder}/' if folder else 'itself' for folder in folders)}"


def count_contents(folder: Path) -> FolderContents:
    """Counts the files in a folder and below it; where one cannot be read, those before it."""
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[str, Path] = {}
    for number, (inside, path) in enumerate(_readable_files(folder), start=1):
        if number > _MAX_FILES:
            return FolderContents(counts, first, is_complete=False)
        kind = kind_of(path)
        counts[kind, inside] += 1
        first.setdefault(kind, path)
    return FolderContents(counts, first)


def _readable_files(folder: Path) -> Iterator[tuple[str, Path]]:
    files = walk_files(folder)
    while True:
        try:
            yield next(files)
        except (StopIteration, OdapiError):
            return
