"""Which column of a CSV file holds what: by the names in its first row, or by its form.

The names are those of the usual tutorials and tools, in any order and spelling, among columns of
other things. A file without names is one of keras-retinanet: `path,xmin,ymin,xmax,ymax,class`.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from odapi_ssd.data.numbers import finite_number

__all__ = ["CORNERS", "CsvColumns", "find_columns", "read_rows"]

CORNERS = ("xmin", "ymin", "xmax", "ymax")

_DELIMITERS = (",", ";", "\t")
_SPELLINGS = {
    "filename": "filename file image imagename imagefile imagepath imgpath imgname img path "
    "filepath imageid imgid frame",
    "class": "class label classname labelname name category categoryname object objectclass",
    "xmin": "xmin x1 left xtl bboxxmin",
    "ymin": "ymin y1 top ytl bboxymin",
    "xmax": "xmax x2 right xbr bboxxmax",
    "ymax": "ymax y2 bottom ybr bboxymax",
    "x": "bboxx boxx",
    "y": "bboxy boxy",
    "w": "bboxwidth bboxw boxwidth boxw",
    "h": "bboxheight bboxh boxheight boxh",
    "width": "width imagewidth imgwidth imgw",
    "height": "height imageheight imgheight imgh",
    "split": "split set subset",
    "difficult": "difficult isdifficult",
    "truncated": "truncated istruncated",
}
_MEANING_OF = {word: meaning for meaning, words in _SPELLINGS.items() for word in words.split()}
_NUM_WITHOUT_NAMES = 6


@dataclass(frozen=True)
class CsvColumns:
    """The columns of a file.

    Attributes:
        places: their indices, by meaning: "filename", "class", the corners or "x", "y", "w" and
            "h", and what else is there.
        has_names: whether the first row is one of names.
    """

    places: Mapping[str, int]
    has_names: bool

    def value(self, row: Sequence[str], meaning: str) -> str:
        """A cell without surrounding white space; empty if there is no such column or cell."""
        place = self.places.get(meaning, len(row))
        return row[place].strip() if place < len(row) else ""


def read_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the number of the line and the cells of each row that has any.

    The delimiter is a comma, a semicolon or a tab, whichever the first row has most of.

    Raises:
        csv.Error: it is not CSV, such as one with a cell of more than 131,072 characters.
    """
    first = text.lstrip().splitlines()[0] if text.strip() else ""
    unquoted = re.sub(r'"[^"]*"', "", first)
    delimiter = max(_DELIMITERS, key=unquoted.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for row in rows:
        if any(cell.strip() for cell in row):
            yield rows.line_num, row


def find_columns(first_row: Sequence[str]) -> CsvColumns | None:
    """The columns of a file, by its first row; None if it is not one of boxes."""
    places: dict[str, int] = {}
    for place, cell in enumerate(first_row):
        meaning = _MEANING_OF.get("".join(filter(str.isalnum, cell.lower())))
        if meaning is not None:
            places.setdefault(meaning, place)
    if {"filename", "class"} <= places.keys() and any(
        set(box) <= places.keys() for box in (CORNERS, "xywh")
    ):
        return CsvColumns(places, has_names=True)
    if _is_row_of_retinanet(first_row):
        return CsvColumns(
            {"filename": 0, "class": 5, **{name: i for i, name in enumerate(CORNERS, start=1)}},
            has_names=False,
        )
    return None


def _is_row_of_retinanet(row: Sequence[str]) -> bool:
    """An image and a box with its class, or an image alone with empty cells."""
    if len(row) != _NUM_WITHOUT_NAMES or not row[0].strip():
        return False
    is_box = all(finite_number(cell) is not None for cell in row[1:5]) and row[5].strip() != ""
    return is_box or not any(cell.strip() for cell in row[1:])
