"""Checks the contents of TFRecords: classes, boxes, and records that the API cannot use.

Reads as the API's `TfExampleDecoder` does: a class is found by its text in the label map, if the
record has texts, and by its id only if not.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from odapi_ssd.data.records import keys
from odapi_ssd.data.records.reader import OpenFile, Record, open_local, read_examples

__all__ = ["DescribeRefusal", "RecordContents", "read_contents"]

# The API's decoder refuses GIF, which `tf.image.decode_image` gives four dimensions, and BMP whose
# pixels share a byte.
_JPEG_AND_PNG = (b"\xff\xd8", b"\x89PNG")
_BMP = b"BM"
_BMP_BITS_OFFSET = 28
_BMP_BITS = (8, 24, 32)
_GIF = b"GIF8"
_ACCEPTED = "expected one JPEG, PNG or BMP (of 8, 24 or 32 bits per pixel)"
_TOLERANCE = 1e-6

DescribeRefusal = Callable[[bytes], str | None]
"""Takes an encoded image; returns why training could not use it, or None."""


@dataclass
class RecordContents:
    """Counts and flaws over some records.

    Attributes:
        num_read: records read.
        num_decoded: those of them whose image was decoded.
        num_objects: boxes in them.
        max_objects: the most boxes in one record.
        texts: how often each class text occurs.
        ids_by_text: the class ids beside each text.
        bare_ids: how often each class id occurs in records that have no texts.
        broken: records that the API cannot use: which, and why.
        outside: boxes outside 0..1, with their values.
        flat: number of boxes with zero area.
        mask_forms: how many of the records with objects have a mask for each, by the masks' form:
            "png" or "numerical"; "" for those that have not.
        largest_hw: height and width of the image with the most pixels, as its record has them.
        largest_where: which record that is.
    """

    num_read: int = 0
    num_decoded: int = 0
    num_objects: int = 0
    max_objects: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    ids_by_text: dict[str, set[int]] = field(default_factory=dict)
    bare_ids: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    flat: int = 0
    mask_forms: Counter[str] = field(default_factory=Counter)
    largest_hw: tuple[int, int] = (0, 0)
    largest_where: str = ""

    def add(self, record: Record, describe_refusal: DescribeRefusal | None = None) -> bool:
        """Takes one record into account; returns whether the API can use it.

        Args:
            record: the record.
            describe_refusal: decodes its image; None to look at the first bytes of it only.
        """
        self.num_read += 1
        if not record.is_example:
            self.broken.append(f"{record.where} is not a tf.train.Example")
            return False
        num_broken = len(self.broken)
        self._add_size(record)
        unusable = _describe_unusable_image(record.byte_strings(keys.ENCODED))
        if unusable:
            self.broken.append(
                f"{record.where} has {unusable} under the key {keys.ENCODED}, {_ACCEPTED}"
            )
        elif describe_refusal is not None:
            self._decode(record, describe_refusal)
        boxes = [record.floats(key) for key in keys.BOX_YXYX]
        ids, texts = record.integers(keys.CLASS_LABEL), record.texts(keys.CLASS_TEXT)
        lengths = {
            key.rpartition("/")[2]: len(side)
            for key, side in zip(keys.BOX_YXYX, boxes, strict=True)
        }
        lengths |= {"label": len(ids)} if ids or not texts else {}
        lengths |= {"text": len(texts)} if texts else {}
        if len(set(lengths.values())) > 1:
            counts = ", ".join(f"{count} {name}" for name, count in lengths.items())
            self.broken.append(f"{record.where} has lists of different lengths: {counts}")
            return False
        self._add_classes(ids, texts)
        self._add_masks(record, len(boxes[0]))
        self._add_boxes(list(zip(*boxes, strict=True)), record.where)
        return len(self.broken) == num_broken

    def _decode(self, record: Record, describe_refusal: DescribeRefusal) -> None:
        self.num_decoded += 1
        refusal = describe_refusal(record.byte_strings(keys.ENCODED)[0])
        if refusal is not None:
            name = next(iter(record.texts(keys.FILENAME)), "without a name")
            self.broken.append(f"{record.where} has the image {name}: {refusal}")

    def _add_size(self, record: Record) -> None:
        """Records of other programs may have no size; the decoder does without it."""
        sizes = record.integers(keys.HEIGHT), record.integers(keys.WIDTH)
        if all(len(size) == 1 for size in sizes):
            height, width = max(0, sizes[0][0]), max(0, sizes[1][0])
            if height * width > math.prod(self.largest_hw):
                self.largest_hw, self.largest_where = (height, width), record.where

    def _add_classes(self, ids: Sequence[int], texts: Sequence[str]) -> None:
        if not texts:
            self.bare_ids.update(ids)
        self.texts.update(texts)
        for text, class_id in zip(texts, ids, strict=False):
            self.ids_by_text.setdefault(text, set()).add(class_id)

    def _add_masks(self, record: Record, num_objects: int) -> None:
        if not num_objects:
            return
        if len(record.byte_strings(keys.MASK)) == num_objects:
            self.mask_forms["png"] += 1
        else:
            self.mask_forms["numerical" if len(record.floats(keys.MASK)) else ""] += 1

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


def read_contents(
    files: Sequence[tuple[str, int | None]],
    open_file: OpenFile = open_local,
    describe_refusal: DescribeRefusal | None = None,
    share_decoded: float = 1.0,
) -> RecordContents:
    """Reads records.

    Args:
        files: path, and how many records of it to read from its start (None for all).
        open_file: opens them.
        describe_refusal: decodes images; None to look at their first bytes only.
        share_decoded: the share of images to decode, evenly among those read; 0 to 1.

    Raises:
        UnreadableRecordsError: a file is damaged or cannot be read.
    """
    contents = RecordContents()
    for path, limit in files:
        for record in read_examples(path, limit, open_file):
            is_due = contents.num_decoded < math.ceil((contents.num_read + 1) * share_decoded)
            contents.add(record, describe_refusal if is_due else None)
    return contents


def _describe_unusable_image(encoded: Sequence[bytes]) -> str | None:
    """What a record has in place of an image that the API decodes; None if it is one."""
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
    return "no image that the API decodes"
