"""The checkpoints in a folder, found by their files: what each of them lacks.

A checkpoint is a set of files with a common prefix: `ckpt-7.index`, `ckpt-7.data-00000-of-00001`.
What can be seen without reading the data is seen here; `verification` reads it.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from odapi_ssd.checkpoints.index_file import BundleIndex, DamagedIndexError, parse_index
from odapi_ssd.checkpoints.stored_files import join, names_in, read_bytes, readable_size, split
from odapi_ssd.errors import OdapiError
from odapi_ssd.file_errors import file_error_words
from odapi_ssd.messages import count_of

__all__ = [
    "FoundCheckpoint",
    "find_checkpoints",
    "highest_number",
    "holds_files",
    "look_at",
    "names_of_folder",
    "require_no_run",
]

_FILE = re.compile(r"(?P<stem>.+)\.(?:index|data-\d{5}-of-(?P<num_shards>\d{5}))", re.DOTALL)
_NUMBERED = re.compile(r"ckpt-(\d+)")


@dataclass(frozen=True)
class FoundCheckpoint:
    """A checkpoint of which there is at least one file.

    Attributes:
        prefix: in the folder, as that was given.
        number: N of a name `ckpt-N`; -1 for another name.
        missing: the names of files that it lacks.
        damage: what is wrong with files that are there: "ckpt-7.index: empty".
        index: None if it is missing or damaged.
    """

    prefix: str
    number: int
    missing: tuple[str, ...]
    damage: tuple[str, ...]
    index: BundleIndex | None

    @property
    def name(self) -> str:
        """The prefix without its folder: `ckpt-7`."""
        return split(self.prefix)[1]

    @property
    def is_complete(self) -> bool:
        """Whether all files are there, and as long as the index says."""
        return not self.missing and not self.damage

    @property
    def faults(self) -> list[str]:
        """Everything that is wrong with its files, one line each; empty if it is complete."""
        return [*(f"{name}: missing" for name in self.missing), *self.damage]


def find_checkpoints(folder: str | os.PathLike[str]) -> list[FoundCheckpoint]:
    """The checkpoints of a folder, complete or not, the newest last.

    Args:
        folder: local or remote; it need not exist.
    Returns:
        Names `ckpt-N` by their number, after all other names in the order of the alphabet.
    Raises:
        OdapiError: the folder cannot be read.
    """
    folder = os.fspath(folder)
    names = names_of_folder(folder)
    ordered = sorted(_stems(names), key=lambda stem: (_number(stem), stem))
    return [_look(join(folder, stem), names) for stem in ordered]


def highest_number(folder: str | os.PathLike[str]) -> int:
    """The highest N of any file `ckpt-N.index` or `ckpt-N.data-*` in a folder; 0 if there is none.

    A new checkpoint with a higher number replaces no file, whether or not that was restored.

    Raises:
        OdapiError: the folder cannot be read.
    """
    stems = _stems(names_of_folder(os.fspath(folder)))
    return max(0, *map(_number, stems)) if stems else 0


def holds_files(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder holds any file of a checkpoint.

    Raises:
        OdapiError: the folder cannot be read.
    """
    return bool(_stems(names_of_folder(os.fspath(folder))))


def require_no_run(option: str, folder: str | os.PathLike[str], hint: str) -> None:
    """Makes sure that an output folder, which need not exist, is not that of a training run.

    A run has its checkpoints in the folder itself, exports and imported weights in `checkpoint/`.

    Args:
        option: the option that names the folder: `output_dir`.
        folder: the folder.
        hint: which folder to give instead.
    Raises:
        OdapiError: it is; or it cannot be read.
    """
    if os.path.isfile(os.path.join(folder, "checkpoint")) or holds_files(folder):
        raise OdapiError(
            f"--{option} {os.fspath(folder)} holds a training run; nothing was changed.", hint=hint
        )


def look_at(prefix: str) -> FoundCheckpoint | None:
    """The checkpoint of a prefix; None if it has no file at all.

    Raises:
        OdapiError: its folder cannot be read.
    """
    folder, stem = split(prefix)
    names = names_of_folder(folder)
    return _look(prefix, names) if stem in _stems(names) else None


def names_of_folder(folder: str) -> list[str]:
    """The names in a folder; none if it does not exist.

    Raises:
        OdapiError: the folder cannot be read.
    """
    try:
        return names_in(folder)
    except OSError as error:
        raise OdapiError(
            f"The folder {folder} cannot be read: {file_error_words(error)}.",
            hint="see to its permissions.",
        ) from error


def _stems(names: Iterable[str]) -> set[str]:
    """The prefixes of the checkpoints that files are of, without their folder."""
    return {found["stem"] for found in map(_FILE.fullmatch, names) if found}


def _number(stem: str) -> int:
    """N of `ckpt-N`; -1 for another name."""
    found = _NUMBERED.fullmatch(stem)
    return int(found[1]) if found else -1


def _look(prefix: str, names: list[str]) -> FoundCheckpoint:
    stem = split(prefix)[1]
    missing: list[str] = []
    damage: list[str] = []
    own_files = [one for one in map(_FILE.fullmatch, names) if one and one["stem"] == stem]
    promised = max((int(one["num_shards"] or 0) for one in own_files), default=0) or 1
    index = _read_index(prefix, promised, missing, damage)
    num_shards = promised if index is None else index.num_shards
    for shard in range(num_shards):
        name = f"{stem}.data-{shard:05}-of-{num_shards:05}"
        size = _size_of(join(split(prefix)[0], name), missing, damage)
        expected = index.shard_sizes[shard] if index and index.shard_sizes else 0
        if size is not None and size < expected:
            damage.append(f"{name}: {_cut_short(size, expected)}")
    return FoundCheckpoint(prefix, _number(stem), tuple(missing), tuple(damage), index)


def _cut_short(size: int, expected: int) -> str:
    if size == 0:
        return f"empty (0 of {count_of(expected, 'byte')})"
    return f"truncated ({size:,} of {count_of(expected, 'byte')})"


def _read_index(
    prefix: str, num_shards: int, missing: list[str], damage: list[str]
) -> BundleIndex | None:
    path = f"{prefix}.index"
    if _size_of(path, missing, damage) is None:
        return None
    try:
        return parse_index(read_bytes(path), num_shards)
    except DamagedIndexError as error:
        damage.append(f"{split(path)[1]}: {error}")
    except OSError as error:
        damage.append(f"{split(path)[1]}: {file_error_words(error)}")
    return None


def _size_of(path: str, missing: list[str], damage: list[str]) -> int | None:
    """The size of a file; None, and a note in one of the lists, if it cannot be read."""
    name = split(path)[1]
    try:
        return readable_size(path)
    except FileNotFoundError:
        is_link = os.path.islink(path)
        missing.append(f"{name} (a link to nowhere)" if is_link else name)
    except OSError as error:
        damage.append(f"{name}: {file_error_words(error)}")
    return None
