"""Finds record files, their splits and their label maps.

Shards are named as the API's scripts name them, `<name>.record-00000-of-00002`, or as others do,
`<name>-00000-of-00002.tfrecord`. Roboflow exports `train/<name>.tfrecord` and, beside it,
`<name>_label_map.pbtxt`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from odapi_ssd.data.file_names import is_unicode
from odapi_ssd.data.folder_tree import walk_files
from odapi_ssd.data.images import IMAGE_SUFFIXES
from odapi_ssd.data.records.framing import HEADER_BYTES, UnreadableRecordsError, parse_header
from odapi_ssd.data.records.shards import shard_counts
from odapi_ssd.data.split_folders import split_of_folder
from odapi_ssd.data.summary import DATASET_FILE, LABEL_MAP_FILE
from odapi_ssd.errors import OdapiError

__all__ = ["RecordFile", "compression_of", "find_record_files", "is_record_folder"]

_SHARD = r"(?:-\d{4,}-of-\d{4,})?"
_RECORD_NAME = re.compile(
    rf"(?P<stem>.+?){_SHARD}\.(?:tf)?records?{_SHARD}(?:\.gz)?", re.IGNORECASE
)
_LABEL_MAP_SUFFIX = ".pbtxt"
# A folder with one of these is a dataset of another format, into which somebody wrote records.
_OTHER_SUFFIXES = (*IMAGE_SUFFIXES, ".csv", ".json", ".xml", ".yaml", ".yml")
_OWN_FILES = (DATASET_FILE, "skipped.json", "report.json")
_COMPRESSIONS = {b"\x1f\x8b": "GZIP", b"\x78\x01": "ZLIB", b"\x78\x9c": "ZLIB", b"\x78\xda": "ZLIB"}


@dataclass(frozen=True)
class RecordFile:
    """A file of records.

    Attributes:
        path: the file.
        name: its path from the dataset's folder, with slashes.
        split: the split that its name or folder tells; empty if they tell none.
        label_map_path: the label map beside it, or above it; None if there is none.
    """

    path: Path
    name: str
    split: str
    label_map_path: Path | None


def is_record_folder(data_dir: Path) -> bool:
    """Whether a folder holds record files, and nothing that other formats would take for theirs.

    Args:
        data_dir: a folder; or a file, of which the name and the beginning count.
    """
    if data_dir.is_file():
        return _RECORD_NAME.fullmatch(data_dir.name) is not None and _begins_like_records(data_dir)
    first = None
    for _, path in walk_files(data_dir):
        if _RECORD_NAME.fullmatch(path.name):
            first = first or path
        elif path.suffix.lower() in _OTHER_SUFFIXES and path.name not in _OWN_FILES:
            return False
    return first is not None and _begins_like_records(first)


def find_record_files(data_dir: Path) -> list[RecordFile]:
    """The record files of a folder and its subfolders, or the file given, in order of their names.

    Raises:
        OdapiError: there are none; files of two conversions are mixed, or several label maps are in
            one folder, so that one cannot tell what belongs together.
    """
    root_dir = data_dir.parent if data_dir.is_file() else data_dir
    record_paths, label_maps = [], defaultdict(list)
    for folder, path in walk_files(root_dir):
        is_wanted = not data_dir.is_file() or path == data_dir
        if is_wanted and _RECORD_NAME.fullmatch(path.name) and is_unicode(f"{folder}/{path.name}"):
            record_paths.append(path)
        elif path.suffix.lower() == _LABEL_MAP_SUFFIX:
            label_maps[path.parent].append(path)
    names = {path: path.relative_to(root_dir).as_posix() for path in sorted(record_paths)}
    if not names:
        raise OdapiError(f"No record file in {data_dir}, expected *.record or *.tfrecord.")
    _require_one_conversion(root_dir, names.values())
    splits = _find_splits(list(names.values()), (root_dir / DATASET_FILE).is_file())
    return [
        RecordFile(path, name, split, _find_label_map(path, root_dir, label_maps))
        for (path, name), split in zip(names.items(), splits, strict=True)
    ]


def compression_of(path: Path) -> str | None:
    """The name of the compression of a record file, as TensorFlow calls it; None for none.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
    if _has_record_header(header):
        return None
    return _COMPRESSIONS.get(header[:2])


def _begins_like_records(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
    except OSError:
        return False
    return not header or header[:2] in _COMPRESSIONS or _has_record_header(header)


def _has_record_header(header: bytes) -> bool:
    try:
        parse_header(header, "", 0, 0)
    except UnreadableRecordsError:
        return False
    return True


def _require_one_conversion(root_dir: Path, names: Iterable[str]) -> None:
    mixed = {name: counts for name, counts in shard_counts(names).items() if len(counts) > 1}
    if mixed:
        raise OdapiError(
            f"Record files of several conversions are mixed in {root_dir}:",
            details=[
                f"{name}: shards of {' and of '.join(map(str, counts))}"
                for name, counts in mixed.items()
            ],
            hint="keep the files of one conversion, and move the others away.",
        )


def _find_splits(names: Sequence[str], are_ours: bool) -> list[str]:
    """The split of each file; empty for all if they tell of none.

    Args:
        names: the files.
        are_ours: whether `convert` wrote them, which begins names with the split.
    """
    stems = [_stem(name) for name in names]
    if are_ours:
        return stems
    splits = [_split_of(name) for name in names]
    stems_of = defaultdict(set)
    for split, stem in zip(splits, stems, strict=True):
        stems_of[split].add(stem)
    if set(stems_of) == {None} and len(stems_of[None]) == 1:
        return [""] * len(names)
    # `day_train.record` and `night_train.record` are two splits, not one.
    return [
        split if split is not None and len(stems_of[split]) == 1 else stem
        for split, stem in zip(splits, stems, strict=True)
    ]


def _split_of(name: str) -> str | None:
    """The split that a word of the file's name is, or else the folder next to it."""
    words = {split_of_folder(word) for word in re.split(r"[^0-9A-Za-z]+", _stem(name))} - {None}
    if len(words) == 1:
        return words.pop()
    folders = reversed(PurePosixPath(name).parts[:-1])
    return next(filter(None, map(split_of_folder, folders)), None)


def _stem(name: str) -> str:
    match = _RECORD_NAME.fullmatch(PurePosixPath(name).name)
    return match["stem"] if match else name


def _find_label_map(path: Path, root_dir: Path, label_maps: dict[Path, list[Path]]) -> Path | None:
    """The label map in a record file's folder, or in the nearest one above it that has one."""
    for folder in (path.parent, *path.parent.parents):
        if found := label_maps.get(folder):
            return _choose_label_map(found, _stem(path.name))
        if folder == root_dir:
            break
    return None


def _choose_label_map(paths: Sequence[Path], stem: str) -> Path:
    """Of several: the one of the usual name, the one of the record file's, the only "label map"."""
    wanted = (
        [path for path in paths if path.name == LABEL_MAP_FILE],
        [path for path in paths if path.stem in (stem, f"{stem}_label_map")],
        [path for path in paths if "label" in path.stem.lower()],
        list(paths),
    )
    found = next(filter(None, wanted))
    if len(found) == 1:
        return found[0]
    raise OdapiError(
        f"{len(found)} label maps in {found[0].parent}, expected one for the records there: "
        f"{', '.join(path.name for path in found)}.",
        hint=f"name the right one {LABEL_MAP_FILE}, or move the others away.",
    )
