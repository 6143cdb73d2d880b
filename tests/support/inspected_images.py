"""Images as the inspection's workers report them."""

from collections.abc import Sequence

from odapi_ssd.data.box_findings import OddBoxes
from odapi_ssd.inspection.dataset.inspected_image import InspectedImage, InspectedObject

Boxes = Sequence[tuple[str, tuple[float, float, float, float]]]


def inspected(boxes: Boxes, image_hw: tuple[int, int] = (50, 80), **others) -> InspectedImage:
    """An image without problems; `boxes` are class and yxyx, normalized."""
    fields = {
        "content_key": b"",
        "image_hw": image_hw,
        "exif_orientation": 1,
        "objects": tuple(
            InspectedObject(number, name, box) for number, (name, box) in enumerate(boxes, start=1)
        ),
        "inverted": (),
        "dropped": (),
        "clipped": (),
        "shares_outside": {},
        "odd": OddBoxes(),
        "size_conflict": "",
        "has_rotated_boxes": False,
        "is_first_frame": False,
        "had_transparency": False,
    }
    return InspectedImage(**{**fields, **others})
