"""What is told of single boxes: dropped, clipped or fixed ones, and those that are odd."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.box_checks import find_equal_boxes, find_tiny_boxes

__all__ = ["SMALL_INPUT_HW", "BoxFinding", "OddBoxes", "find_odd_boxes"]

SMALL_INPUT_HW = (300, 300)
"""The smallest input among the templates, height and width in pixels."""


@dataclass(frozen=True)
class BoxFinding:
    """A box to be told of: annotation, the object's number from 1, its class, what it is."""

    file: str
    object: int
    name: str
    reason: str


@dataclass(frozen=True)
class OddBoxes:
    """Boxes that can be used, but are hardly meant.

    Attributes:
        tiny: less than a pixel wide or high at `SMALL_INPUT_HW`.
        repeated: with the class and the box of an earlier object of the image.
        reclassified: with the box of an object of another class.
    """

    tiny: tuple[BoxFinding, ...] = ()
    repeated: tuple[BoxFinding, ...] = ()
    reclassified: tuple[BoxFinding, ...] = ()


def find_odd_boxes(
    source: str,
    objects: Sequence[AnnotatedObject],
    boxes_yxyx: Iterable[tuple[float, float, float, float]],
) -> OddBoxes:
    """The odd boxes of one image.

    Args:
        source: the name of its annotation in messages.
        objects: its objects.
        boxes_yxyx: the box of each in the image, normalized to 0..1.
    """
    equal = find_equal_boxes(objects)
    tiny = [objects[idx] for idx in find_tiny_boxes(boxes_yxyx, SMALL_INPUT_HW)]

    def findings(found: Iterable[AnnotatedObject], reason: str) -> tuple[BoxFinding, ...]:
        return tuple(BoxFinding(source, one.number, one.name, reason) for one in found)

    return OddBoxes(
        tiny=findings(tiny, "less than a pixel of the input"),
        repeated=findings(equal.repeated, "class and box of an earlier object"),
        reclassified=findings(equal.reclassified, "the box of an object of another class"),
    )
