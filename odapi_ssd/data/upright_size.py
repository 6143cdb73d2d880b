"""Reads the size of an image file from its first bytes, without decoding it."""

import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from odapi_ssd.data.images import IMAGE_FORMATS, decoding_fault
from odapi_ssd.data.orientation import read_orientation, upright_hw
from odapi_ssd.errors import OdapiError

__all__ = ["read_upright_hw"]


def read_upright_hw(path: Path) -> tuple[int, int]:
    """Height and width in pixels of an image as it is shown, its EXIF orientation applied.

    Raises:
        OdapiError: the file cannot be read, or does not begin as an image that can be used.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=IMAGE_FORMATS) as image:
                return upright_hw((image.height, image.width), read_orientation(image))
    except UnidentifiedImageError as error:
        formats = ", ".join(IMAGE_FORMATS[:-1])
        problem = f"is not a {formats} or {IMAGE_FORMATS[-1]} file"
        raise OdapiError(f"{path.name}: {problem}") from error
    except Exception as error:  # Decoders raise many kinds on damaged bytes.
        reason = getattr(error, "strerror", None) or decoding_fault(error)
        raise OdapiError(f"{path.name}: cannot be read: {reason}") from error
