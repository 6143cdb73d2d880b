"""Checks the sizes to which an image resizer brings the images."""

from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.number_ranges import NumberRange
from odapi_ssd.check.numbers import check_number

__all__ = ["check_image_size"]

# The first layer of the usual networks halves the sides and has 32 channels or more. Of a square
# image with this side its output has 2^31 numbers, more than TensorFlow's convolutions can index.
_SIDES = NumberRange(1, 16_384)
_ANY_LENGTH = NumberRange(1)


def check_image_size(resizer: Any, path: str, findings: Findings) -> None:
    """Checks an `image_resizer_pb2.ImageResizer`.

    Args:
        resizer: the message; not changed.
        path: its path in the config, for messages.
        findings: gets a problem for each side that no image can have.
    """
    kind = resizer.WhichOneof("image_resizer_oneof")
    if kind is None:
        return
    settings = getattr(resizer, kind)
    ranges = {"height": _SIDES, "width": _SIDES, "size_threshold": _ANY_LENGTH, "multiple": _SIDES}
    if kind == "keep_aspect_ratio_resizer":
        # A maximum far above all images is the usual way to have none, unless it is padded to.
        most = _SIDES if settings.pad_to_max_dimension else _ANY_LENGTH
        ranges |= {"min_dimension": _SIDES, "max_dimension": most}
    for name, number_range in ranges.items():
        if name in settings.DESCRIPTOR.fields_by_name:
            check_number(getattr(settings, name), number_range, f"{path}.{kind}.{name}", findings)
