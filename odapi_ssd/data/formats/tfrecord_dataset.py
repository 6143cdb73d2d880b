"""Reads TFRecords as a dataset: those of the API's scripts, of this program and of others.

Of each record the annotation is read, and where in the file its image is; no image stays in memory.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from odapi_ssd.data.annotations import AnnotatedImage
from odapi_ssd.data.dataset import Dataset, SplitEntry, lost_entry
from odapi_ssd.data.formats.registry import AnnotationFormat
from odapi_ssd.data.formats.tfrecord_classes import RecordClasses, read_label_maps
from odapi_ssd.data.formats.tfrecord_layout import (
    RecordFile,
    compression_of,
    find_record_files,
    is_record_folder,
)
from odapi_ssd.data.formats.tfrecord_record import RecordReader, image_suffix, plain_name
from odapi_ssd.data.image_store import ImageStore
from odapi_ssd.data.records import keys
from odapi_ssd.data.records.framing import FOOTER_BYTES, HEADER_BYTES, UnreadableRecordsError
from odapi_ssd.data.records.reader import Record, read_records
from odapi_ssd.data.records.shards import missing_shards
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some

__all__ = ["FORMAT", "read"]


def read(data_dir: Path) -> Dataset:
    """Reads all records of a folder, or of a file.

    Raises:
        OdapiError: there are none, files or label maps that do not belong together, or a label map
            that cannot be read.
    """
    files = find_record_files(data_dir)
    label_maps = dict.fromkeys(one.label_map_path for one in files if one.label_map_path)
    reading = _Reading(RecordReader(RecordClasses(read_label_maps(label_maps))))
    for name in missing_shards("*", [one.name for one in files]):
        reading.add_fault(name, f"{name}: is missing, expected beside the other shards")
    for file in files:
        reading.read_file(file)
    return reading.dataset(data_dir.parent if data_dir.is_file() else data_dir)


class _Reading:
    """What has been read so far."""

    def __init__(self, reader: RecordReader):
        self._reader = reader
        self._keys: list[str] = []
        self._images = ImageStore()
        self._faults: dict[str, tuple[str, ...]] = {}
        self._splits: dict[str, list[SplitEntry]] = {}
        self._key_of: dict[bytes, str] = {}  # by the digest of a record
        self._num_same: Counter[str] = Counter()
        self._num_repeated = 0

    def read_file(self, file: RecordFile) -> None:
        """Reads one file, up to where it is damaged."""
        entries = self._splits.setdefault(file.split, []) if file.split else []
        self._read_records(file, entries)
        if not entries and file.name in self._faults:
            entries.append(lost_entry(file.name))

    def _read_records(self, file: RecordFile, entries: list[SplitEntry]) -> None:
        try:
            compression = compression_of(file.path)
            if compression is not None:
                what = f"is compressed ({compression}), expected plain records"
                self.add_fault(file.name, f"{file.name}: {what}; decompress it first")
                return
            for idx, offset, serialized in _read_with_offsets(file):
                key = self._add_record(file, idx, offset, serialized)
                entries.append(SplitEntry(key, key))
        except OSError as error:
            self.add_fault(file.name, f"{file.name}: cannot be read: {error.strerror or error}")
        except UnreadableRecordsError as error:
            self.add_fault(file.name, f"{error.problem}; nothing after that is read")

    def add_fault(self, key: str, line: str) -> None:
        """Adds what is wrong with a record, or with a whole file."""
        self._faults[key] = (line,)

    def dataset(self, root_dir: Path) -> Dataset:
        """All that was read. Raises OdapiError if there is no record, and no fault."""
        if not self._keys and not self._faults:
            raise OdapiError(f"The record files in {root_dir} are empty, expected records.")
        return Dataset(
            root_dir=root_dir,
            keys=tuple(self._keys),
            images=self._images,
            faults=self._faults,
            splits={name: tuple(entries) for name, entries in self._splits.items()},
            declared_label_map=self._reader.classes.ids(),
            warnings=(*self._reader.warnings(), *self._describe_names()),
        )

    def _add_record(self, file: RecordFile, idx: int, offset: int, serialized: bytes) -> str:
        """Adds one record, if it is usable; returns its key.

        A record that is in two splits, such as `train` and `trainval`, is one image.
        """
        source = f"{file.name}, record {idx}"
        record = Record(serialized, source)
        try:
            if not record.is_example:
                raise OdapiError("is not a tf.train.Example")
            annotation = self._reader.read(record, source)
        except OdapiError as error:
            self._keys.append(source)
            self.add_fault(source, f"{source}: {error.problem}")
            return source
        encoded = record.byte_strings(keys.ENCODED)[0]
        digest = hashlib.blake2b(serialized, digest_size=16).digest()
        known = self._key_of.get(digest)
        if known is not None:
            self._num_repeated += 1
            return known
        encoded = record.byte_strings(keys.ENCODED)[0]
        name = plain_name(record) or f"{Path(file.name).stem}-{idx:06d}{image_suffix(encoded)}"
        key = self._key_of[digest] = self._free_name(name)
        self._keys.append(key)
        place = offset + serialized.index(encoded), len(encoded)
        self._images.add(AnnotatedImage(key, file.path, annotation, key, place))
        return key

    def _free_name(self, name: str) -> str:
        """A name that no other image has: with a number, if need be."""
        free = name
        path = PurePosixPath(name)
        while free in self._images:
            self._num_same[name] += 1
            number = self._num_same[name] + 1
            free = path.with_name(f"{path.stem}-{number}{path.suffix}").as_posix()
        return free

    def _describe_names(self) -> Iterator[str]:
        if self._num_same:
            what = count_of(
                self._num_same.total(),
                "record has the name of another and gets a number",
                "records have the name of another and get a number",
            )
            yield f"{what}: {list_some(self._num_same)}"
        if self._num_repeated and not self._splits:
            what = count_of(self._num_repeated, "record repeats", "records repeat")
            yield f"{what} another byte for byte; each is taken once."


def _read_with_offsets(file: RecordFile) -> Iterator[tuple[int, int, bytes]]:
    """Yields index, offset of the data in the file, and the data of each record."""
    offset = HEADER_BYTES
    records = read_records(file.name, open_file=lambda _: file.path.open("rb"))
    for idx, serialized in enumerate(records):
        yield idx, offset, serialized
        offset += len(serialized) + FOOTER_BYTES + HEADER_BYTES


FORMAT = AnnotationFormat(
    name="tfrecord",
    layouts=(
        "<split>.record, or shards <split>.record-00000-of-00002, with label_map.pbtxt",
        "train/*.tfrecord with *_label_map.pbtxt (valid/, test/), as Roboflow exports them",
    ),
    recognize=is_record_folder,
    read=read,
    takes_files=True,
)
