"""What objects may have beside class and box, and which of it a format cannot hold.

Apart from the formats, as workers need this and none of the modules of the formats.
"""

from collections import Counter
from collections.abc import Collection
from enum import Enum

from odapi_ssd.data.examples import Example, PlacedObject

__all__ = ["EVERYTHING", "Detail", "find_lost"]


class Detail(Enum):
    """What objects may have beside class and box, by its name in messages."""

    POSE = "poses"
    TRUNCATED = "truncated flags"
    DIFFICULT = "difficult flags"
    CROWD = "crowd flags"
    MASK = "masks"
    AREA = "areas"


EVERYTHING = frozenset(Detail)


def find_lost(example: Example, holds: Collection[Detail]) -> dict[str, int]:
    """What a format that holds some details alone loses of an example; see `DatasetWriter.lost`."""
    lost = [
        detail.value
        for placed in example.objects
        for detail in Detail
        if detail not in holds and _has(placed, detail)
    ]
    return dict(Counter(lost))


def _has(placed: PlacedObject, detail: Detail) -> bool:
    """Whether an object has a detail that differs from what readers take where there is none."""
    annotated = placed.annotated
    return {
        Detail.POSE: annotated.pose != "Unspecified",
        Detail.TRUNCATED: annotated.is_truncated,
        Detail.DIFFICULT: annotated.is_difficult,
        Detail.CROWD: annotated.is_crowd,
        Detail.MASK: placed.mask_png is not None,
        Detail.AREA: placed.area_px is not None and placed.mask_png is None,
    }[detail]
