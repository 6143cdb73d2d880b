"""Images as three channels of 8 bits, and as the JPEG or PNG files that records hold.

Pixels are those that TensorFlow decodes to three channels, and OpenCV and Pillow too: of 16 bits
the upper eight, of transparent pixels the color below, of gray three times the same.
"""

import io

from PIL import Image

__all__ = [
    "JPEG_FORMATS",
    "encode_rgb",
    "has_further_frames",
    "has_transparent_pixels",
    "shrink",
    "to_rgb",
]

JPEG_FORMATS = ("JPEG", "MPO")
"""By Pillow's names. Some cameras write MPO: a JPEG followed by further images."""

_QUALITY = 95
# Reductions by whole numbers come first; with this gap the result is as good as without.
_REDUCING_GAP = 3.0


def to_rgb(image: Image.Image) -> Image.Image:
    """An image in the mode RGB; itself, if it is.

    CMYK is taken as Adobe's programs write it into JPEG, inverted, as browsers and Pillow do. Color
    profiles are not applied.

    Args:
        image: decoded, in a mode that JPEG, PNG, BMP, GIF or WebP files have.
    """
    if image.mode.startswith("I;16"):
        # Pillow would clip the values at 255.
        upper = image.tobytes()[0 if image.mode.endswith("B") else 1 :: 2]
        image = Image.frombytes("L", image.size, upper)
    return image.convert("RGB")


def has_transparent_pixels(image: Image.Image) -> bool:
    """Whether a viewer would show something else than the pixels' colors.

    Args:
        image: decoded, as it was opened.
    """
    if image.mode.startswith("I;16") or not image.has_transparency_data:
        return False
    return any(image.convert("RGBA").getchannel("A").histogram()[:255])


def has_further_frames(image: Image.Image) -> bool:
    """Whether an image is the first of an animation. It may not be used after that."""
    try:
        return image.format not in JPEG_FORMATS and getattr(image, "is_animated", False)
    except Exception:  # The next frame is there, but damaged.
        return True


def shrink(image: Image.Image, max_side: int) -> Image.Image:
    """A smaller image in the mode RGB, whose longer side has `max_side` pixels.

    The aspect ratio stays, to the nearest pixel, of which each side keeps one.

    Args:
        image: opened; a JPEG that is not decoded yet is decoded at a lower resolution, as far as
            that does not show, and used up.
        max_side: pixels, at least 1; below the image's longer side.
    """
    if image.format not in JPEG_FORMATS:
        image = to_rgb(image)
    image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)
    return to_rgb(image)


def encode_rgb(image: Image.Image, record_format: str) -> bytes:
    """Encodes an image, without metadata.

    Args:
        image: in the mode RGB.
        record_format: "jpeg", of quality 95 with full chroma, or "png".

    Returns:
        The file's content.
    """
    buffer = io.BytesIO()
    bare = image.copy()
    bare.info = {}  # Pillow would write some of the comments, profiles and texts in it.
    if record_format == "png":
        bare.save(buffer, format="PNG")
    else:
        bare.save(buffer, format="JPEG", quality=_QUALITY, subsampling="4:4:4")
    return buffer.getvalue()
