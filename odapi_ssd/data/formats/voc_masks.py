"""VOC's instance masks: one image of indices for all objects of an image, `SegmentationObject`.

Pixels of value n are those of object n, from 1; 0 is the background, 255 unknown. So a pixel
belongs to one object alone: where masks overlap, to the smallest.
"""

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from odapi_ssd.data.mask_rendering import decode_png_mask

__all__ = ["MAX_INSTANCES", "combine_masks", "encode_index_image"]

MAX_INSTANCES = 254


def combine_masks(masks_png: Sequence[bytes]) -> tuple[npt.NDArray[np.uint8], int]:
    """One image of indices from the masks of an image's objects.

    Args:
        masks_png: of each object, in order, as `encode_png_mask` makes them; all of one size, at
            least one.

    Returns:
        uint8 [H, W]; and how many masks are not as they were: they lost pixels to others, or are
        beyond the 254th.
    """
    masks = [decode_png_mask(mask) for mask in masks_png]
    indices = np.zeros(masks[0].shape, np.uint8)
    numbered = list(enumerate(masks[:MAX_INSTANCES], start=1))
    for number, mask in sorted(numbered, key=lambda item: -int(item[1].sum())):
        indices[mask] = number
    num_changed = sum(not np.array_equal(indices == number, mask) for number, mask in numbered)
    return indices, num_changed + len(masks) - len(numbered)


def encode_index_image(indices: npt.NDArray[np.uint8]) -> bytes:
    """A PNG file with VOC's palette, in which neighboring indices look different.

    Args:
        indices: uint8 [H, W].
    """
    height, width = indices.shape
    image = Image.frombytes("P", (width, height), indices.tobytes())
    image.putpalette(_voc_palette())
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def _voc_palette() -> bytes:
    """Source: the development kit's `VOClabelcolormap`: an index's bits, from the top of colors."""
    colors = bytearray()
    for index in range(256):
        for channel in range(3):
            bits = (index >> (3 * step + channel) & 1 for step in range(8))
            colors.append(sum(bit << 7 - step for step, bit in enumerate(bits)))
    return bytes(colors)
