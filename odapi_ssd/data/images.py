"""Reads an image file, decodes all of it, and gives bytes that the API's decoder takes.

The API decodes with `tf.io.decode_jpeg` and `tf.image.decode_image`, to three channels. JPEG
(gray, color, CMYK) and PNG (any mode, 8 or 16 bits) go into the record byte for byte. GIF, which
TensorFlow decodes to four dimensions, and BMP, of which it refuses most kinds, are re-encoded as
PNG, without loss; of an animation the first frame. Anything else is refused, and so is what Pillow
decodes but TensorFlow does not, as far as that can be told without it (`jpeg_structure`,
`png_structure`).
"""

import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from odapi_ssd.data.jpeg_structure import check_jpeg
from odapi_ssd.data.orientation import read_orientation
from odapi_ssd.data.png_structure import check_png
from odapi_ssd.errors import OdapiError

__all__ = [
    "IMAGE_FORMATS",
    "IMAGE_SUFFIXES",
    "CheckedImage",
    "check_image",
    "decoding_fault",
    "read_image",
]

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif")
# By Pillow's names, for its `formats=`; it opens MPO as JPEG and renames it then.
IMAGE_FORMATS = ("JPEG", "PNG", "BMP", "GIF")

# By Pillow's names. Some cameras write MPO: a JPEG followed by further images.
_JPEG_FORMATS = ("JPEG", "MPO")
# The errors whose text is Pillow's or ours.
_PILLOWS_OWN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
_REENCODED = ("BMP", "GIF")


@dataclass(frozen=True)
class CheckedImage:
    """An image that decodes.

    Attributes:
        encoded: bytes of a JPEG or PNG file.
        record_format: "jpeg" or "png", by content, whatever the file's ending.
        sha256: hexadecimal digest of `encoded`.
        image_hw: height and width in pixels as stored, EXIF orientation not applied.
        exif_orientation: 1 if upright or not given.
    """

    encoded: bytes
    record_format: str
    sha256: str
    image_hw: tuple[int, int]
    exif_orientation: int


def read_image(path: Path) -> CheckedImage:
    """Reads an image file and checks it; see `check_image`.

    Raises:
        OdapiError: the file cannot be read, or its content is no image that can be used.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise OdapiError(f"{path.name}: cannot be read: {error.strerror or error}") from error
    return check_image(content, path.name)


def check_image(content: bytes, name: str) -> CheckedImage:
    """Decodes an image to the last row.

    Args:
        content: the bytes of the file.
        name: of the image, for messages.

    Raises:
        OdapiError: it has another format, is damaged or truncated, or is larger than Pillow's
            limit against decompression bombs (about 179 million pixels).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=IMAGE_FORMATS) as image:
                return _check(image, content)
    except UnidentifiedImageError as error:
        raise OdapiError(f"{name}: is not a JPEG, PNG, BMP or GIF file") from error
    except Exception as error:  # Decoders raise many kinds on damaged bytes.
        raise OdapiError(f"{name}: cannot be decoded: {decoding_fault(error)}") from error


def decoding_fault(error: Exception) -> str:
    """Why an image cannot be decoded, from what was raised, in words without a path."""
    if isinstance(error, MemoryError):
        return "there is not enough memory for it"
    if isinstance(error, _PILLOWS_OWN) and str(error):
        return str(error)
    return "its data is damaged"  # What Python raises on it, such as an IndexError, says less.


def _check(image: Image.Image, content: bytes) -> CheckedImage:
    image_format = image.format or ""
    image.load()
    if image_format in _JPEG_FORMATS:
        check_jpeg(content)
    elif image_format == "PNG":
        check_png(content)
    encoded = content
    if image_format in _REENCODED:
        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, format="PNG")
        encoded = buffer.getvalue()
    return CheckedImage(
        encoded=encoded,
        record_format="jpeg" if image_format in _JPEG_FORMATS else "png",
        sha256=hashlib.sha256(encoded).hexdigest(),
        image_hw=(image.height, image.width),
        exif_orientation=read_orientation(image),
    )
