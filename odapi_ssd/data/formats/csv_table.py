"""The rows of one CSV file of boxes, by image."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.file_names import is_plain_file_name, is_unicode
from odapi_ssd.data.formats.csv_columns import CORNERS, CsvColumns, find_columns, read_rows
from odapi_ssd.data.image_index import ImageIndex
from odapi_ssd.data.numbers import finite_number, shown
from odapi_ssd.data.split_folders import split_of_folder
from odapi_ssd.errors import OdapiError

__all__ = ["CsvTable", "ImageRows"]

_FLAGS = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}
_MAX_SIDE = 1_000_000
_MAX_SPLIT_NAME = 100


@dataclass
class ImageRows:
    """What the rows of an image say.

    Attributes:
        source: the file and the image's name in it.
        path: the image file; None if there is none.
        problem: why there is none.
        declared_hw: height and width in pixels; None if not stated.
        objects: in the order of the rows.
        faults: one line each.
        splits: the splits that the image is in, in their order.
    """

    source: str
    path: Path | None
    problem: str = ""
    declared_hw: tuple[int, int] | None = None
    objects: list[AnnotatedObject] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    splits: dict[str, None] = field(default_factory=dict)


class CsvTable:
    """The content of a file.

    Attributes:
        images: by key, in the order of their first rows.
        faults: those of no single image, one line each.
    """

    def __init__(self, source: str, split: str | None, index: ImageIndex):
        """Makes an empty one.

        Args:
            source: the file's path from the dataset's folder, for messages.
            split: the split of all rows that name none.
            index: finds the images.
        """
        self.images: dict[str, ImageRows] = {}
        self.faults: list[str] = []
        self._source, self._split, self._index = source, split, index
        self._key_of: dict[str, str] = {}
        self._largest = 0.0

    def read(self, text: str) -> None:
        """Adds all rows.

        Raises:
            OdapiError: it is not CSV of boxes.
        """
        columns = None
        try:
            for line, row in read_rows(text):
                if columns is None:
                    columns = self._require_columns(row)
                    if columns.has_names:
                        continue
                self._add_row(columns, row, line)
        except csv.Error as error:
            raise OdapiError(
                f"{self._source}: is not CSV, as a cell is too long or a quote is never closed"
            ) from error
        self._check_units()

    def _require_columns(self, row: Sequence[str]) -> CsvColumns:
        columns = find_columns(row)
        if columns is None:
            raise OdapiError(
                f"{self._source}: the first row does not name the columns filename, class, xmin, "
                "ymin, xmax and ymax, as was expected"
            )
        return columns

    def _add_row(self, columns: CsvColumns, row: Sequence[str], line: int) -> None:
        where = f"{self._source}, line {line}"
        filename = columns.value(row, "filename")
        if not filename:
            self.faults.append(f"{where}: there is no name of an image")
            return
        image = self._image_of(filename)
        try:
            split = _parse_split(columns.value(row, "split")) or self._split
            if split is not None:
                image.splits[split] = None
            image.declared_hw = image.declared_hw or _parse_size(columns, row)
            if _is_annotated(columns, row):
                one = _parse_object(columns, row, len(image.objects) + 1)
                image.objects.append(one)
                self._largest = max(self._largest, *map(abs, one.box_xyxy_px))
        except ValueError as error:
            image.faults.append(f"{where}: {error}")

    def _image_of(self, filename: str) -> ImageRows:
        """The rows of an image, however they spell its name."""
        if filename not in self._key_of:
            source = f"{self._source}, {filename}"
            try:
                path = self._find(filename)
                key, image = self._index.name_of(path), ImageRows(source, path)
            except OdapiError as error:
                key, image = filename, ImageRows(source, None, error.problem)
            self._key_of[filename] = key
            self.images.setdefault(key, image)
        return self.images[self._key_of[filename]]

    def _find(self, filename: str) -> Path:
        """The image of a name: in the file's own folder or its split's, else anywhere.

        Raises:
            OdapiError: no such image, or several.
        """
        folders = [self._source.rpartition("/")[0], self._split or ""]
        for folder in filter(None, folders):
            try:
                return self._index.find_by_path(f"{folder}/{filename}")
            except OdapiError:
                continue
        return self._index.find_by_path(filename)

    def _check_units(self) -> None:
        """No box of a whole file lies within its image's first pixel."""
        if 0 < self._largest <= 1:
            self.faults.append(
                f"{self._source}: all corners are numbers from 0 to 1, expected pixels; multiply "
                "them by the image's width and height"
            )


def _parse_split(text: str) -> str | None:
    """A split by its usual name; None for an empty cell. It becomes part of files' names."""
    if not text:
        return None
    if not is_plain_file_name(text) or not is_unicode(text) or len(text) > _MAX_SPLIT_NAME:
        raise ValueError(f"the split is {shown(text)}, expected a name such as train")
    return split_of_folder(text) or text


def _parse_size(columns: CsvColumns, row: Sequence[str]) -> tuple[int, int] | None:
    sides = [finite_number(columns.value(row, side)) for side in ("height", "width")]
    height, width = (
        0 if side is None or not 1 <= side <= _MAX_SIDE else int(side) for side in sides
    )
    return (height, width) if height and width else None


def _is_annotated(columns: CsvColumns, row: Sequence[str]) -> bool:
    """Whether a row is about an object: an image alone is one without objects."""
    return any(columns.value(row, one) for one in ("class", *_box_columns(columns)))


def _box_columns(columns: CsvColumns) -> Sequence[str]:
    return CORNERS if set(CORNERS) <= columns.places.keys() else "xywh"


def _parse_object(columns: CsvColumns, row: Sequence[str], number: int) -> AnnotatedObject:
    name = columns.value(row, "class")
    if not name:
        raise ValueError("the class is empty")
    box_columns = _box_columns(columns)
    box = [_parse_pixels(columns, row, one) for one in box_columns]
    if box_columns != CORNERS:
        box[2:] = [box[0] + box[2], box[1] + box[3]]
    return AnnotatedObject(
        number=number,
        name=name,
        box_xyxy_px=(box[0], box[1], box[2], box[3]),
        is_difficult=_parse_flag(columns, row, "difficult"),
        is_truncated=_parse_flag(columns, row, "truncated"),
    )


def _parse_pixels(columns: CsvColumns, row: Sequence[str], meaning: str) -> float:
    text = columns.value(row, meaning)
    value = finite_number(text)
    if value is None:
        raise ValueError(f"{meaning} is {shown(text)}, expected a finite number of pixels")
    return value


def _parse_flag(columns: CsvColumns, row: Sequence[str], meaning: str) -> bool:
    text = columns.value(row, meaning).lower()
    if text not in _FLAGS:
        raise ValueError(f"{meaning} is {shown(text)}, expected 0 or 1")
    return _FLAGS[text]
