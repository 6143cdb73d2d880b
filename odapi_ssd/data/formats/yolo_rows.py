"""Parses the label file of one image in the YOLO format.

A row is a class and numbers that are normalized to the image's size: the center and size of a box,
or the points of a polygon, three or more. An oriented box is written as a polygon of four. In a
dataset with keypoints these follow the box.

Source: https://docs.ultralytics.com/datasets/.
"""

from dataclasses import dataclass

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.formats.yolo_config import YoloConfig
from odapi_ssd.data.masks import PolygonMask
from odapi_ssd.data.numbers import finite_number, shown

__all__ = ["YoloRows", "parse_rows"]

# Beyond these a number is in pixels, or of something else. Within, it is a box over the edge.
_LEAST, _MOST = -1.0, 2.0
# Files have four decimals or more. Rounding moves a box at the edge over it by less than this.
_ROUNDING = 1e-4


@dataclass(frozen=True)
class YoloRows:
    """The content of a label file.

    Attributes:
        objects: those of rows without a fault; boxes are those of the image as it is shown.
        faults: one line each.
        num_with_keypoints: how many objects have keypoints, which are not kept.
    """

    objects: tuple[AnnotatedObject, ...]
    faults: tuple[str, ...] = ()
    num_with_keypoints: int = 0


def parse_rows(text: str, source: str, config: YoloConfig, image_hw: tuple[int, int]) -> YoloRows:
    """Parses a label file.

    Args:
        text: its content; empty for an image without objects.
        source: its name for messages.
        config: the classes, and how many numbers are about keypoints.
        image_hw: height and width in pixels of the image as it is shown.
    """
    objects: list[AnnotatedObject] = []
    faults: list[str] = []
    num_with_keypoints = 0
    for line_number, line in enumerate(text.splitlines(), start=1):
        values = line.split()
        if not values:
            continue
        has_keypoints = 0 < config.num_keypoint_values == len(values) - 5
        num_with_keypoints += has_keypoints
        try:
            name = _parse_class(values[0], config)
            numbers = _parse_numbers(values[1:5] if has_keypoints else values[1:])
        except ValueError as error:
            faults.append(f"{source}, line {line_number}: {error}")
            continue
        objects.append(_make_object(len(objects) + 1, name, numbers, image_hw))
    return YoloRows(tuple(objects), tuple(faults), num_with_keypoints)


def _parse_class(text: str, config: YoloConfig) -> str:
    index = finite_number(text)  # Some programs write 0.0.
    if index is None or not index.is_integer():
        raise ValueError(f"the class is {shown(text)}, expected a whole number from 0")
    name = config.class_names.get(int(index))
    if name is None:
        raise ValueError(
            f"the class is {shown(text)}, expected one of the {len(config.class_names):,} of "
            f"{config.source}, {min(config.class_names)} to {max(config.class_names)}"
        )
    return name


def _parse_numbers(texts: list[str]) -> list[float]:
    if len(texts) != 4 and (len(texts) < 6 or len(texts) % 2):
        raise ValueError(
            f"there are {len(texts):,} numbers after the class, expected 4 of a box or an even "
            "number from 6 on of a polygon"
        )
    numbers = []
    for text in texts:
        number = finite_number(text)
        if number is None or not _LEAST <= number <= _MOST:
            raise ValueError(
                f"{shown(text)} is not a number from 0 to 1, as a share of the image's width or "
                "height was expected"
            )
        numbers.append(number)
    return numbers


def _make_object(
    number: int, name: str, numbers: list[float], image_hw: tuple[int, int]
) -> AnnotatedObject:
    height, width = image_hw
    if len(numbers) == 4:
        x, y, box_width, box_height = numbers
        xs = [x - box_width / 2, x + box_width / 2]
        ys = [y - box_height / 2, y + box_height / 2]
        box = (*_to_pixels(xs, width), *_to_pixels(ys, height))
        return AnnotatedObject(number, name, (box[0], box[2], box[1], box[3]))
    xs, ys = _to_pixels(numbers[::2], width), _to_pixels(numbers[1::2], height)
    points = tuple(value for point in zip(xs, ys, strict=True) for value in point)
    return AnnotatedObject(
        number, name, (min(xs), min(ys), max(xs), max(ys)), mask=PolygonMask((points,))
    )


def _to_pixels(shares: list[float], side: int) -> list[float]:
    """Shares of the image's side in pixels; the edge where rounding alone is beyond it."""
    return [
        side * (min(max(share, 0.0), 1.0) if -_ROUNDING < share < 1 + _ROUNDING else share)
        for share in shares
    ]
