"""Checks of an image's boxes that find what can be used, but is hardly meant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from odapi_ssd.data.annotations import AnnotatedObject

__all__ = ["LEAST_SIDE_PX", "EqualBoxes", "find_equal_boxes", "find_tiny_boxes"]

LEAST_SIDE_PX = 1.0


@dataclass(frozen=True)
class EqualBoxes:
    """Objects whose box an earlier object of the image has too, to the last digit.

    Attributes:
        repeated: objects of the same class as that one.
        reclassified: objects of another class, whose box no earlier object of their own class has.
    """

    repeated: tuple[AnnotatedObject, ...]
    reclassified: tuple[AnnotatedObject, ...]


def find_equal_boxes(objects: Sequence[AnnotatedObject]) -> EqualBoxes:
    """The objects of one image that repeat a box."""
    classes_of: dict[tuple[float, ...], set[str]] = {}
    repeated, reclassified = [], []
    for one in objects:
        names = classes_of.setdefault(one.box_xyxy_px, set())
        if one.name in names:
            repeated.append(one)
        elif names:
            reclassified.append(one)
        names.add(one.name)
    return EqualBoxes(tuple(repeated), tuple(reclassified))


def find_tiny_boxes(
    boxes_yxyx: Iterable[tuple[float, float, float, float]],
    input_hw: tuple[int, int],
    least_side_px: float = LEAST_SIDE_PX,
) -> list[int]:
    """The boxes that are next to nothing once their image is resized to a network's input.

    Args:
        boxes_yxyx: ymin, xmin, ymax, xmax, normalized to 0..1.
        input_hw: height and width in pixels of the input, to which the image is stretched.
        least_side_px: a side of fewer pixels of the input is tiny.

    Returns:
        Their indices, ascending.
    """
    height, width = input_hw
    return [
        idx
        for idx, (ymin, xmin, ymax, xmax) in enumerate(boxes_yxyx)
        if (ymax - ymin) * height < least_side_px or (xmax - xmin) * width < least_side_px
    ]
