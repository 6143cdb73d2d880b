"""One image of a dataset, checked as a conversion checks it; runs in workers.

What comes back is small: figures and boxes, no pixels. Pictures are made later, of few images.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from odapi_ssd.data.annotations import AnnotatedImage
from odapi_ssd.data.box_findings import BoxFinding, OddBoxes
from odapi_ssd.data.boxes import is_inverted
from odapi_ssd.data.examples import Example, ExampleFault, check_example
from odapi_ssd.data.image_store import unpack_image
from odapi_ssd.data.orientation import upright_hw

__all__ = ["InspectedImage", "InspectedObject", "inspect_image", "inspect_packed_image"]


@dataclass(frozen=True)
class InspectedObject:
    """An object that would go into the records.

    Attributes:
        number: its place in the annotation, from 1.
        name: the class.
        box_yxyx: ymin, xmin, ymax, xmax in the image as stored, normalized to 0..1.
    """

    number: int
    name: str
    box_yxyx: tuple[float, float, float, float]


@dataclass(frozen=True)
class InspectedImage:
    """What is known of an image that decodes.

    Attributes:
        content_key: 16 bytes, the same for images that are the same in the records alone.
        image_hw: height and width in pixels as stored.
        exif_orientation: 1 if upright or not given.
        objects: those that would go into the records.
        inverted: objects whose corners are swapped; they are not among `objects`.
        dropped: other objects that are not, as their box has zero area in the image.
        clipped: objects whose box was clipped to the image; they are among `objects`.
        shares_outside: by the numbers of those, how much of the box is outside, 0..1.
        odd: further boxes to tell of; they are among `objects`.
        size_conflict: how the annotated size disagrees with the image; empty if it does not.
        has_rotated_boxes: whether the boxes were annotated on the image as EXIF shows it.
        is_first_frame: whether it is the first frame of an animation.
        had_transparency: whether pixels are transparent in the file.
    """

    content_key: bytes
    image_hw: tuple[int, int]
    exif_orientation: int
    objects: tuple[InspectedObject, ...]
    inverted: tuple[BoxFinding, ...]
    dropped: tuple[BoxFinding, ...]
    clipped: tuple[BoxFinding, ...]
    shares_outside: Mapping[int, float]
    odd: OddBoxes
    size_conflict: str
    has_rotated_boxes: bool
    is_first_frame: bool
    had_transparency: bool


def inspect_packed_image(packed: bytes) -> InspectedImage | ExampleFault:
    """Checks an image that `image_store` has packed."""
    return inspect_image(unpack_image(packed))


def inspect_image(annotated: AnnotatedImage) -> InspectedImage | ExampleFault:
    """Checks an image and its boxes, as for a conversion."""
    example = check_example(annotated)
    if isinstance(example, ExampleFault):
        return example
    all_objects = annotated.annotation.objects
    inverted = {one.number for one in all_objects if is_inverted(one.box_xyxy_px)}
    return InspectedImage(
        content_key=bytes.fromhex(example.image.sha256)[:16],
        image_hw=example.image.image_hw,
        exif_orientation=example.image.exif_orientation,
        objects=tuple(
            InspectedObject(placed.annotated.number, placed.annotated.name, placed.box_yxyx)
            for placed in example.objects
        ),
        inverted=tuple(one for one in example.dropped if one.object in inverted),
        dropped=tuple(one for one in example.dropped if one.object not in inverted),
        clipped=example.clipped,
        shares_outside=_shares_outside(example),
        odd=example.odd,
        size_conflict=example.size_conflict,
        has_rotated_boxes=example.has_rotated_boxes,
        is_first_frame=example.image.is_first_frame,
        had_transparency=example.image.had_transparency,
    )


def _shares_outside(example: Example) -> dict[int, float]:
    """How much of each box that was clipped is outside of the image."""
    height, width = example.image.file_hw
    if example.has_rotated_boxes:
        height, width = upright_hw((height, width), example.image.exif_orientation)
    clipped = {one.object for one in example.clipped}
    shares = {}
    for one in (placed.annotated for placed in example.objects):
        if one.number in clipped:
            xmin, ymin, xmax, ymax = one.box_xyxy_px
            inside_x = (min(xmax, width) - max(xmin, 0)) / (xmax - xmin)
            inside_y = (min(ymax, height) - max(ymin, 0)) / (ymax - ymin)
            shares[one.number] = 1 - inside_x * inside_y
    return shares
