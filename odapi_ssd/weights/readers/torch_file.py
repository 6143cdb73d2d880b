"""The two layouts of PyTorch files: ZIP archives and, up to PyTorch 1.5, pickles, then numbers.

No part of a file is decompressed, and none read before its declared place is within the file: what
a file can make us read is bounded by its own size, and by the shapes that are asked for.
"""

import io
import os
import struct
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from odapi_ssd.messages import list_some
from odapi_ssd.weights.readers.torch_pickle import unpickle
from odapi_ssd.weights.readers.torch_tensors import DamagedFileError, Storage
from odapi_ssd.weights.readers.weight_file import TORCH_LEGACY, ZIP

__all__ = ["OtherArchiveError", "TorchFile", "read_legacy", "read_zip"]

# A state dict takes about 150 bytes a tensor, in both: enough for ten times the tensors of the
# largest network here, with an optimizer's two more for each.
_MAX_PICKLE = 2 * 2**20
_MAX_DIRECTORY = 2 * 2**20
_TOO_LONG = f"its list of tensors has more than {_MAX_PICKLE:,} bytes, which no network here needs"
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_SHOWN = 40
_LENGTH = struct.Struct("<q")
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    LookupError,
    NotImplementedError,
    OSError,
    ValueError,
    struct.error,
)


class OtherArchiveError(Exception):
    """A ZIP archive that is not a state dict; the message says what it is."""

    def __init__(self, what: str, hint: str | None = None):
        super().__init__(what)
        self.hint = hint


@dataclass(frozen=True)
class TorchFile:
    """A PyTorch file whose tensors are within it.

    Attributes:
        content: what was saved, as `torch_pickle.unpickle` gives it.
        offsets: the byte at which each storage begins, by key.
        byte_order: of the numbers, as NumPy spells it.
    """

    content: Any
    offsets: dict[str, int]
    byte_order: str = "<"


class _Directory(io.FileIO):
    """A ZIP archive of which no long piece is read: it declares its directory's length itself."""

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, os.fstat(self.fileno()).st_size - self.tell())
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > _MAX_DIRECTORY:
            raise zipfile.BadZipFile(f"its directory has more than {_MAX_DIRECTORY:,} bytes")
        return super().read(wanted) or b""


def read_zip(path: Path) -> TorchFile:
    """A file that `torch.save` of PyTorch 1.6 or newer has written.

    Raises:
        DamagedFileError: it is truncated or damaged, or declares more than it has.
        OtherArchiveError: it is another ZIP archive.
        RefusedNameError: it holds more than tensors.
    """
    entries = _entries(path)
    root = next(iter(entries)).partition("/")[0] if entries else ""
    _require_state_dict(entries, root)
    _require_stored(entries.values(), path.stat().st_size)
    pickled = entries[f"{root}/data.pkl"]
    with path.open("rb") as file:
        order = b"little"
        if f"{root}/byteorder" in entries:
            order = _content(file, entries[f"{root}/byteorder"])
        unpickled = unpickle(io.BytesIO(_content(file, pickled)))
        offsets = {}
        for key, storage in unpickled.storages.items():
            entry = entries.get(f"{root}/data/{key}")
            _require_size(storage, entry.file_size if entry else 0)
            offsets[key] = _start(file, entry) if entry else 0
    return TorchFile(unpickled.value, offsets, ">" if order == b"big" else "<")


def read_legacy(path: Path) -> TorchFile:
    """A file that `torch.save` of PyTorch 0.2 to 1.5 has written.

    Raises:
        DamagedFileError: it is truncated or damaged, or declares more than it has.
        RefusedNameError: it holds more than tensors.
    """
    with path.open("rb") as file:
        pickles = io.BytesIO(file.read(_MAX_PICKLE))
        pickles.seek(len(TORCH_LEGACY))
        try:
            _version, _machine, content, keys = (unpickle(pickles) for _ in range(4))
        except DamagedFileError as error:
            if pickles.tell() < _MAX_PICKLE:
                raise
            raise DamagedFileError(_TOO_LONG) from error
        offsets = _legacy_offsets(file, pickles.tell(), keys.value, content.storages)
    return TorchFile(content.value, offsets)


def _legacy_offsets(
    file: BinaryIO, place: int, keys: Any, storages: dict[str, Storage]
) -> dict[str, int]:
    """Where each storage begins: they follow each other, each after its length."""
    size = os.fstat(file.fileno()).st_size
    is_list = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
    if not is_list or set(keys) != storages.keys():
        raise DamagedFileError("the list of its storages does not fit its tensors")
    offsets = {}
    for key in keys:
        file.seek(min(place, size))
        header = file.read(_LENGTH.size)
        offsets[key] = place + _LENGTH.size
        _require_size(storages[key], max(0, size - offsets[key]))
        if header != _LENGTH.pack(storages[key].stored_length):
            raise DamagedFileError(f"the storage {_shown(key)} has another length than its tensors")
        place = offsets[key] + storages[key].num_bytes
    return offsets


def _entries(path: Path) -> dict[str, zipfile.ZipInfo]:
    """The entries of an archive by name, from its directory."""
    try:
        with _Directory(path) as file, zipfile.ZipFile(file) as archive:
            return {entry.filename: entry for entry in archive.infolist()}
    except (
        zipfile.BadZipFile,
        LookupError,
        NotImplementedError,
        ValueError,
        struct.error,
    ) as error:
        raise DamagedFileError(
            "it is truncated or damaged: a ZIP archive ends with a directory, and its "
            f"{path.stat().st_size:,} bytes do not"
        ) from error


def _require_state_dict(entries: dict[str, zipfile.ZipInfo], root: str) -> None:
    if f"{root}/constants.pkl" in entries or any(
        name.startswith(f"{root}/code/") for name in entries
    ):
        raise OtherArchiveError(
            "a TorchScript archive, which holds a program, not only tensors",
            "load it with torch.jit.load where you trust it; then "
            "torch.save(model.state_dict(), 'state_dict.pth').",
        )
    if f"{root}/data.pkl" not in entries:
        names = [_shown(name) for name in list(entries)[:6]]
        raise OtherArchiveError(f"a ZIP archive of something else: {list_some(names) or 'empty'}")


def _require_stored(entries: Collection[zipfile.ZipInfo], size: int) -> None:
    """torch.save compresses nothing; the entries of an archive that does not are within it."""
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
            raise DamagedFileError(
                f"its entry {_shown(entry.filename)} is compressed or encrypted, as "
                "torch.save never writes it"
            )
    declared = sum(max(entry.file_size, entry.compress_size) for entry in entries)
    if declared > size:
        raise DamagedFileError(f"it declares {declared:,} bytes, and has {size:,}")


def _content(file: BinaryIO, entry: zipfile.ZipInfo) -> bytes:
    start = _start(file, entry)
    if entry.file_size > _MAX_PICKLE:
        raise DamagedFileError(_TOO_LONG)
    file.seek(start)
    return file.read(entry.file_size)


def _start(file: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """Where an entry's bytes begin; its own header, which may be longer than the directory's."""
    size = os.fstat(file.fileno()).st_size
    if 0 <= entry.header_offset <= size - _LOCAL_HEADER.size:
        file.seek(entry.header_offset)
        signature, name_length, extra_length = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
        start: int = entry.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        if signature == ZIP and start + entry.file_size <= size:
            return start
    raise DamagedFileError(f"its entry {_shown(entry.filename)} is not where it should be")


def _require_size(storage: Storage, available: int) -> None:
    if available < storage.num_bytes:
        raise DamagedFileError(
            f"of the {storage.num_bytes:,} bytes of the storage {_shown(storage.key)}, there are "
            f"{available:,}: the file is truncated or damaged"
        )


def _shown(name: str) -> str:
    """A name of the file's as messages may show it."""
    return ascii(name)[1:-1][:_SHOWN]
