"""Renders the masks of all objects of an image. Runs in worker processes."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.mask_rendering import encode_png_mask, render_mask, shrink_mask
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import list_some

__all__ = ["ObjectMask", "render_masks"]


@dataclass(frozen=True)
class ObjectMask:
    """A mask as a PNG file of the image's size in the output, and how many pixels it has."""

    png: bytes
    area_px: float


def render_masks(
    objects: Sequence[AnnotatedObject],
    annotated_hw: tuple[int, int],
    orientation: int,
    output_hw: tuple[int, int],
) -> list[ObjectMask]:
    """The masks of objects.

    A Mask R-CNN learns from all objects of an image or from none: one without a mask would have to
    be left out, and the model would learn that nothing is there. So that is an error.

    Args:
        objects: those of one image that are in the output.
        annotated_hw: height and width in pixels of the image that was annotated.
        orientation: the EXIF orientation that was applied to the stored image before that.
        output_hw: height and width in pixels of the image in the output.

    Raises:
        OdapiError: objects have no mask, or one that cannot be rendered; all are named.
    """
    missing = [one for one in objects if one.mask is None]
    faults = [f"no mask, which --include_masks needs: {_list(missing)}"] if missing else []
    masks = []
    for one in objects:
        if one.mask is None:
            continue
        try:
            mask = render_mask(one.mask, annotated_hw, orientation)
        except OdapiError as error:
            faults.append(f"{_list([one])}: {error.problem}")
            continue
        if mask.shape != output_hw:
            mask = shrink_mask(mask, output_hw)
        masks.append(ObjectMask(encode_png_mask(mask), float(mask.sum())))
    if faults:
        raise OdapiError("; ".join(faults))
    return masks


def _list(objects: Sequence[AnnotatedObject]) -> str:
    """Objects in messages: their numbers by class."""
    pairs = sorted((one.name, one.number) for one in objects)
    groups = itertools.groupby(pairs, key=lambda pair: pair[0])
    return list_some(
        f"object {', '.join(str(number) for _, number in group)} ({name})" for name, group in groups
    )
