"""Reads an image file, checks all of it, and gives bytes that the API's decoder takes.

The API decodes with `tf.io.decode_jpeg` and `tf.image.decode_image`, to three channels. JPEG in
color and PNG with three channels of 8 bits go into the record byte for byte. Gray JPEG gets colors
without being decoded (`jpeg_gray`). Everything else is re-encoded with the pixels that TensorFlow
and OpenCV make of it (`image_encoding`): CMYK, palettes, alpha channels, 16 bits; BMP, GIF and
WebP, which TensorFlow takes in part or not at all; of an animation the first frame.
EXIF orientation is not applied to pixels, re-encoded or not.
What Pillow decodes but TensorFlow does not is refused, as far as that can be told without it
(`jpeg_structure`, `png_structure`). Everything is decoded for that but the usual kind of JPEG, of
which the headers tell enough (`jpeg_shortcut`).
"""

import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from odapi_ssd.data.image_encoding import (
    JPEG_FORMATS,
    encode_rgb,
    has_further_frames,
    has_transparent_pixels,
    shrink,
    to_rgb,
)
from odapi_ssd.data.image_headers import claimed_wh
from odapi_ssd.data.jpeg_gray import add_colors
from odapi_ssd.data.jpeg_shortcut import is_sure_to_decode
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

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp")
# By Pillow's names, for its `formats=`; it opens MPO as JPEG and renames it then.
IMAGE_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP")

# The errors whose text is Pillow's or ours.
_PILLOWS_OWN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
_BIT_DEPTH_OFFSET = 24  # in a PNG file


@dataclass(frozen=True)
class CheckedImage:
    """An image that decodes.

    Attributes:
        encoded: bytes of a JPEG or PNG file with three channels of 8 bits.
        record_format: "jpeg" or "png", by content, whatever the file's ending.
        sha256: hexadecimal digest of `encoded`.
        image_hw: height and width in pixels as stored, EXIF orientation not applied.
        exif_orientation: of the file; 1 if upright or not given.
        resized_from_hw: height and width in pixels before the image was made smaller; None if it
            was not.
        is_first_frame: whether it is the first frame of an animation.
        had_transparency: whether pixels were transparent in the file.
    """

    encoded: bytes
    record_format: str
    sha256: str
    image_hw: tuple[int, int]
    exif_orientation: int
    resized_from_hw: tuple[int, int] | None = None
    is_first_frame: bool = False
    had_transparency: bool = False

    @property
    def file_hw(self) -> tuple[int, int]:
        """Height and width of the file that it was read from, in which boxes are annotated."""
        return self.resized_from_hw or self.image_hw


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


def check_image(content: bytes, name: str, max_side: int | None = None) -> CheckedImage:
    """Makes sure that an image decodes to the last row, and makes RGB of it.

    Args:
        content: the bytes of the file.
        name: of the image, for messages.
        max_side: the longest side in pixels that the result may have; None for any.

    Raises:
        OdapiError: it has another format, is damaged or truncated, or claims more pixels than
            Pillow's limit against decompression bombs (about 179 million).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=IMAGE_FORMATS) as image:
                return _check(image, content, max_side)
    except UnidentifiedImageError as error:
        raise OdapiError(f"{name}: is not a JPEG, PNG, BMP, GIF or WebP file") from error
    except Image.DecompressionBombError as error:
        raise OdapiError(f"{name}: {_describe_bomb(content)}") from error
    except Exception as error:  # Decoders raise many kinds on damaged bytes.
        raise OdapiError(f"{name}: cannot be decoded: {decoding_fault(error)}") from error


def decoding_fault(error: Exception) -> str:
    """Why an image cannot be decoded, from what was raised, in words without a path."""
    if isinstance(error, MemoryError):
        return "there is not enough memory for it"
    if "MAX_TEXT" in str(error):
        return (
            "its texts or color profile take more than a megabyte when decompressed; save it "
            "without metadata"
        )
    if isinstance(error, _PILLOWS_OWN) and str(error):
        return str(error)
    return "its data is damaged"  # What Python raises on it, such as an IndexError, says less.


def _describe_bomb(content: bytes) -> str:
    claimed = claimed_wh(content)
    size = f"{claimed[0]}x{claimed[1]} pixels" if claimed else "its frames"
    limit = 2 * (Image.MAX_IMAGE_PIXELS or 0)
    return (
        f"may be a decompression bomb: {size}, expected {limit:,} pixels at most; make it smaller "
        "with an image editor, or leave it out"
    )


def _check(image: Image.Image, content: bytes, max_side: int | None) -> CheckedImage:
    """Checks an image as it was opened; uses it up."""
    width, height = image.size
    orientation = read_orientation(image)
    is_too_large = max_side is not None and max(image.size) > max_side
    smaller = shrink(image, max_side) if max_side and is_too_large else None
    _require_decodable(image, content)
    record_format = "jpeg" if image.format in JPEG_FORMATS else "png"
    had_transparency = has_transparent_pixels(image)
    encoded = content
    if smaller is not None:
        encoded = encode_rgb(smaller, record_format)
    elif not _is_rgb_file(image, content):
        encoded = _recolored(image, content) or encode_rgb(to_rgb(image), record_format)
    result = smaller or image
    return CheckedImage(
        encoded=encoded,
        record_format=record_format,
        sha256=hashlib.sha256(encoded).hexdigest(),
        image_hw=(result.height, result.width),
        exif_orientation=orientation,
        resized_from_hw=(height, width) if smaller else None,
        is_first_frame=has_further_frames(image),
        had_transparency=had_transparency,
    )


def _require_decodable(image: Image.Image, content: bytes) -> None:
    """Decodes an image, unless it is a JPEG in color that can be told to decode without it."""
    is_jpeg = image.format in JPEG_FORMATS
    if is_jpeg and image.mode == "RGB" and is_sure_to_decode(content):
        return
    image.load()
    if is_jpeg:
        check_jpeg(content)
    elif image.format == "PNG":
        check_png(content)


def _recolored(image: Image.Image, content: bytes) -> bytes | None:
    """A gray JPEG in color, without loss; None for other images."""
    return add_colors(content) if image.format in JPEG_FORMATS and image.mode == "L" else None


def _is_rgb_file(image: Image.Image, content: bytes) -> bool:
    """Whether any decoder makes three channels of 8 bits of a file, and one image."""
    if image.mode != "RGB" or image.format not in (*JPEG_FORMATS, "PNG"):
        return False
    if image.format in JPEG_FORMATS:
        return True
    is_animated, is_keyed = getattr(image, "is_animated", False), "transparency" in image.info
    return content[_BIT_DEPTH_OFFSET] == 8 and not is_animated and not is_keyed
