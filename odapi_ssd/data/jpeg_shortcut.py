"""Tells of most JPEG files that they decode without decoding them.

libjpeg, which Pillow and TensorFlow share, refuses a file for its headers, for tables that are
missing or impossible, and for an end that is missing. What is wrong with the entropy-coded data
itself is at most a warning to it. So for a sequential file with a single scan, which nearly all
are, it is enough to follow the markers to the end and to decode the first rows.

Source: ITU-T T.81, annex B; libjpeg's documentation of errors, `libjpeg.txt`.
"""

import io

from PIL import Image

from odapi_ssd.data.jpeg_structure import find_single_scan

__all__ = ["is_sure_to_decode"]

# Of the scan: enough to have its tables made and some blocks decoded.
_FIRST_BYTES = 1024
# How Pillow begins to say that the data has ended before the image.
_ALL_USED = "image file is truncated"


def is_sure_to_decode(content: bytes) -> bool:
    """Whether a JPEG file is known to decode; False for one that must be decoded to know it."""
    start = find_single_scan(content)
    if start is None:
        return False
    with Image.open(io.BytesIO(content[: start + _FIRST_BYTES]), formats=("JPEG",)) as image:
        image.draft(None, (1, 1))  # At an eighth of the size, as far as it goes.
        try:
            image.load()
        except OSError as error:
            return str(error).startswith(_ALL_USED)
    return True
