"""What stands in TFRecords of `tf.train.Example`: classes, boxes, and what is wrong with them.

Reads as the API's `TfExampleDecoder` does: a class is found by its text in the label map, if the
record has texts, and by its id only if not.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from odapi_ssd.data.records.files import DamagedRecordsError

__all__ = ["RecordContents", "read_contents", "read_records"]

_BOX_KEYS = tuple(f"image/object/bbox/{side}" for side in ("ymin", "xmin", "ymax", "xmax"))
_LABEL_KEY = "image/object/class/label"
_TEXT_KEY = "image/object/class/text"
# What the API's decoder takes. It refuses GIF, which `tf.image.decode_image` gives four dimensions,
# and BMP whose pixels share a byte.
_JPEG_AND_PNG = (b"\xff\xd8", b"\x89PNG")
_BMP = b"BM"
_BMP_BITS_OFFSET = 28
_BMP_BITS = (8, 24, 32)
_GIF = b"GIF8"
_ACCEPTED = "expected one JPEG, PNG or BMP (of 8, 24 or 32 bits per pixel)"
_TOLERANCE = 1e-6


@dataclass
class RecordContents:
    """Counts and flaws over some records.

    Attributes:
        num_read: records read.
        num_objects: boxes in them.
        max_objects: the most boxes in one record.
        texts: how often each class text occurs.
        ids_by_text: the ids that stand beside a text.
        bare_ids: how often each class id occurs in records that have no texts.
        broken: records that the API cannot use: which, and why.
        outside: boxes outside 0..1, with their values.
        flat: number of boxes without area.
    """

    num_read: int = 0
    num_objects: int = 0
    max_objects: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    ids_by_text: dict[str, set[int]] = field(default_factory=dict)
    bare_ids: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    flat: int = 0

    def add(self, serialized: bytes, where: str, example_type: Any) -> None:
        """Takes one serialized example into account; `where` names it."""
        self.num_read += 1
        try:
            features = example_type.FromString(serialized).features.feature
        except Exception:  # protobuf's DecodeError; its class depends on the implementation.
            self.broken.append(f"{where} is not a tf.train.Example")
            return
        unusable = _describe_unusable_image(features["image/encoded"].bytes_list.value)
        if unusable:
            self.broken.append(f"{where} has {unusable} under the key image/encoded, {_ACCEPTED}")
        boxes = [features[key].float_list.value for key in _BOX_KEYS]
        ids = features[_LABEL_KEY].int64_list.value
        texts = [text.decode("utf-8", "replace") for text in features[_TEXT_KEY].bytes_list.value]
        lengths = {
            key.rpartition("/")[2]: len(side) for key, side in zip(_BOX_KEYS, boxes, strict=True)
        }
        lengths |= {"label": len(ids)} if ids or not texts else {}
        lengths |= {"text": len(texts)} if texts else {}
        if len(set(lengths.values())) > 1:
            counts = ", ".join(f"{count} {name}" for name, count in lengths.items())
            self.broken.append(f"{where} has lists of different lengths: {counts}")
            return
        self._add_classes(ids, texts)
        self._add_boxes(list(zip(*boxes, strict=True)), where)

    def _add_classes(self, ids: Sequence[int], texts: Sequence[str]) -> None:
        if not texts:
            self.bare_ids.update(ids)
        self.texts.update(texts)
        for text, class_id in zip(texts, ids, strict=False):
            self.ids_by_text.setdefault(text, set()).add(class_id)

    def _add_boxes(self, boxes_yxyx: Sequence[tuple[float, ...]], where: str) -> None:
        self.num_objects += len(boxes_yxyx)
        self.max_objects = max(self.max_objects, len(boxes_yxyx))
        for box in boxes_yxyx:
            is_inside = all(-_TOLERANCE <= value <= 1 + _TOLERANCE for value in box)
            if not is_inside or not all(math.isfinite(value) for value in box):
                shown = ", ".join(f"{value:.4g}" for value in box)
                self.outside.append(f"{where}: ymin, xmin, ymax, xmax = {shown}")
            elif box[0] >= box[2] or box[1] >= box[3]:
                self.flat += 1


def _describe_unusable_image(encoded: Sequence[bytes]) -> str | None:
    """What stands in place of a picture that the API decodes; None if it is one."""
    if len(encoded) != 1:
        return f"{len(encoded)} values" if encoded else "nothing"
    content = encoded[0]
    if content.startswith(_JPEG_AND_PNG):
        return None
    if content.startswith(_BMP):
        bits = int.from_bytes(content[_BMP_BITS_OFFSET : _BMP_BITS_OFFSET + 2], "little")
        if bits in _BMP_BITS:
            return None
        return f"a BMP with {bits} bits per pixel"
    if content.startswith(_GIF):
        return "a GIF"
    return "no picture that the API decodes"


def read_contents(files: Sequence[tuple[str, int | None]]) -> RecordContents:
    """Reads records.

    Args:
        files: path, and how many records of it to read from its start (None for all).

    Raises:
        DamagedRecordsError: a record's checksum is wrong; the message names file and record.
    """
    from odapi_ssd import compat

    tf = compat.import_tensorflow()
    contents = RecordContents()
    for path, limit in files:
        for index, serialized in enumerate(read_records(path, limit)):
            contents.add(serialized, f"{path}, record {index}", tf.train.Example)
    return contents


def read_records(path: str, limit: int | None = None) -> Iterator[bytes]:
    """Yields the records of one file, checksums verified.

    Raises:
        DamagedRecordsError: the file is damaged.
    """
    from odapi_ssd import compat

    tf = compat.import_tensorflow()
    dataset = tf.data.TFRecordDataset(path)
    count = 0
    try:
        for record in dataset.take(-1 if limit is None else limit).as_numpy_iterator():
            yield record
            count += 1
    except tf.errors.OpError as error:
        raise DamagedRecordsError(f"{path}, record {count}: {error.message.strip()}") from error
