"""One record as an annotated image: boxes in pixels of the image that it holds.

The image's own size counts, whatever the record says: that is what the API trains with. A box times
this size, in double precision, gives the same single-precision value again when it is divided.
"""

import itertools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

from odapi_ssd.data.annotations import AnnotatedObject, Annotation
from odapi_ssd.data.formats.tfrecord_classes import RecordClasses
from odapi_ssd.data.image_headers import claimed_wh
from odapi_ssd.data.masks import PngMask
from odapi_ssd.data.records import keys
from odapi_ssd.data.records.reader import Record
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some, printable

__all__ = ["RecordReader", "image_suffix", "plain_name"]

_READ = {
    keys.HEIGHT, keys.WIDTH, keys.FILENAME, keys.SOURCE_ID, keys.SHA256, keys.ENCODED, keys.FORMAT,
    *keys.BOX_YXYX, keys.CLASS_TEXT, keys.CLASS_LABEL, keys.DIFFICULT, keys.TRUNCATED, keys.VIEW,
    keys.IS_CROWD, keys.AREA, keys.MASK, "image/channels", "image/colorspace",
}  # fmt: skip
_MAX_NAME_BYTES = 200
_DRIVE = re.compile("[A-Za-z]:")


class RecordReader:
    """Makes annotations of records, and keeps account of what it cannot use in them.

    Attributes:
        classes: those of all objects.
        num_unread: how many records have a feature that is not read, by the feature's key.
        num_other_sizes: how many records give another size than that of their image.
    """

    def __init__(self, classes: RecordClasses):
        self.classes = classes
        self.num_unread: Counter[str] = Counter()
        self.num_other_sizes = 0

    def read(self, record: Record, source: str) -> Annotation:
        """The annotation of one record.

        Args:
            record: the record.
            source: its name in messages.

        Raises:
            OdapiError: the API could not use the record.
        """
        width, height = _image_wh(record)
        sides = [record.floats(key) for key in keys.BOX_YXYX]
        counts = set(map(len, sides))
        if len(counts) > 1:
            raise OdapiError(f"has {_join(map(len, sides))} values of ymin, xmin, ymax, xmax")
        num_objects = counts.pop()
        names = self._class_names(record, num_objects)
        details = self._details(record, num_objects)
        boxes = []
        for number, (ymin, xmin, ymax, xmax) in enumerate(zip(*sides, strict=True), start=1):
            box = (xmin * width, ymin * height, xmax * width, ymax * height)
            if not all(map(math.isfinite, box)):
                raise OdapiError(f"object {number} has the box {_join(box)}, expected numbers")
            boxes.append(box)
        self._account(record, (height, width))
        objects = tuple(
            AnnotatedObject(number, name, box, **detail)
            for number, name, box, detail in zip(
                itertools.count(1), names, boxes, details, strict=False
            )
        )
        return Annotation(source, (height, width), objects)

    def warnings(self) -> list[str]:
        """What was in the records and is not in the annotations, one line for each kind."""
        lines = self.classes.warnings()
        if self.num_unread:
            features = sorted(self.num_unread.items(), key=lambda item: (-item[1], item[0]))
            named = list_some(f"{printable(key)} ({count:,})" for key, count in features)
            lines.append(
                f"Features of records that are not read, with the number of records: {named}"
            )
        if self.num_other_sizes:
            what = count_of(self.num_other_sizes, "record gives", "records give")
            lines.append(f"{what} another size than its image has; the image's is taken.")
        return lines

    def _class_names(self, record: Record, num_objects: int) -> list[str]:
        texts, ids = record.byte_strings(keys.CLASS_TEXT), record.integers(keys.CLASS_LABEL)
        for what, values in (("class texts", texts), ("class ids", ids)):
            if values and len(values) != num_objects:
                raise OdapiError(f"has {len(values)} {what} for {num_objects} boxes")
        names = []
        for idx in range(num_objects):
            text, class_id = _decoded(texts[idx]) if texts else "", ids[idx] if ids else None
            name = self.classes.name(text, class_id)
            if name is None:
                raise OdapiError(f"object {idx + 1} {self._describe_unknown(class_id)}")
            names.append(name)
        return names

    def _describe_unknown(self, class_id: int | None) -> str:
        if class_id is None:
            return "has neither class text nor class id"
        if self.classes.has_label_map:
            return f"has the class id {class_id}, which is not in the label map"
        return f"has the class id {class_id} and no text, expected a label map beside the file"

    def _details(self, record: Record, num_objects: int) -> list[dict[str, Any]]:
        """What else is known of each object; lists of another length are left out and counted."""
        features: dict[str, tuple[str, Sequence[Any]]] = {
            "pose": (keys.VIEW, record.texts(keys.VIEW)),
            "is_truncated": (keys.TRUNCATED, [*map(bool, record.integers(keys.TRUNCATED))]),
            "is_difficult": (keys.DIFFICULT, [*map(bool, record.integers(keys.DIFFICULT))]),
            "is_crowd": (keys.IS_CROWD, [*map(bool, record.integers(keys.IS_CROWD))]),
            "area_px": (keys.AREA, [*filter(math.isfinite, record.floats(keys.AREA))]),
            "mask": (keys.MASK, [*map(PngMask, record.byte_strings(keys.MASK))]),
        }
        details: list[dict[str, Any]] = [{} for _ in range(num_objects)]
        for attribute, (key, values) in features.items():
            if len(values) == num_objects:
                for detail, value in zip(details, values, strict=True):
                    detail[attribute] = value
            elif values:
                self.num_unread[key] += 1
        return details

    def _account(self, record: Record, image_hw: tuple[int, int]) -> None:
        self.num_unread.update(name for name in record.feature_names() if name not in _READ)
        if record.floats(keys.MASK):  # The API's other form of masks: a number for each pixel.
            self.num_unread[keys.MASK] += 1
        said_hw = record.integers(keys.HEIGHT), record.integers(keys.WIDTH)
        if all(said_hw) and (said_hw[0][0], said_hw[1][0]) != image_hw:
            self.num_other_sizes += 1


def plain_name(record: Record) -> str:
    """The image's file name in a record, below the dataset's folder; empty if it has none.

    Of an absolute path, or one that leads out of its folder, the last part is left.
    """
    for text in record.texts(keys.FILENAME) or record.texts(keys.SOURCE_ID):
        parts = text.replace("\\", "/").split("/")
        if all(map(_is_plain, parts)) and len(text.encode()) <= _MAX_NAME_BYTES:
            return "/".join(parts)
        if _is_plain(parts[-1]):
            return parts[-1]
    return ""


def image_suffix(encoded: bytes) -> str:
    """The ending of a file of an image in a record, for one that has no name."""
    return ".jpg" if encoded.startswith(b"\xff\xd8") else ".png"


def _is_plain(part: str) -> bool:
    """Whether a part of a path names a file or folder on every system."""
    is_word = part.strip(". ") == part.strip() != "" and not _DRIVE.fullmatch(part)
    has_signs = "\ufffd" in part or any(unicodedata.category(one)[0] == "C" for one in part)
    return is_word and not has_signs and len(part.encode()) <= _MAX_NAME_BYTES


def _image_wh(record: Record) -> tuple[int, int]:
    encoded = record.byte_strings(keys.ENCODED)
    if len(encoded) != 1 or not encoded[0]:
        what = f"{len(encoded)} values" if len(encoded) > 1 else "nothing"
        raise OdapiError(f"has {what} under the key {keys.ENCODED}, expected one image")
    size_wh = claimed_wh(encoded[0])
    if size_wh is None or not all(size_wh):
        raise OdapiError("has an image that is no whole JPEG, PNG, BMP, GIF or WebP file")
    return size_wh


def _decoded(text: bytes) -> str:
    try:
        return text.decode().strip()
    except UnicodeDecodeError as error:
        raise OdapiError(f"has the class text {text!r}, which is not UTF-8") from error


def _join(values: Any) -> str:
    return ", ".join(f"{value:g}" for value in values)
