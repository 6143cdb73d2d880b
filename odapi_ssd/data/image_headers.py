"""The size of an image as its header claims it, without decoding anything.

Sources: ITU-T T.81, annex B (JPEG); PNG, section 11.2.1; GIF89a; BMP's BITMAPCOREHEADER and
BITMAPINFOHEADER; RFC 9649 (WebP).
"""

from odapi_ssd.data.jpeg_structure import find_frame

__all__ = ["claimed_wh"]

_OLD_BMP_HEADER_BYTES = 12


def claimed_wh(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, EXIF orientation not applied.

    Args:
        content: an image file, or its first bytes.

    Returns:
        What the header says; None if this is no JPEG, PNG, BMP, GIF or WebP file, or its header is
        cut short.
    """
    if content.startswith(b"\xff\xd8"):
        return _jpeg_wh(content)
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        return _number(content, 16, 4, "big"), _number(content, 20, 4, "big")
    if content.startswith((b"GIF87a", b"GIF89a")) and len(content) >= 10:
        return _number(content, 6, 2), _number(content, 8, 2)
    if content.startswith(b"BM") and len(content) >= 26:
        return _bmp_wh(content)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP" and len(content) >= 30:
        return _webp_wh(content)
    return None


def _number(content: bytes, place: int, num_bytes: int, order: str = "little") -> int:
    return int.from_bytes(content[place : place + num_bytes], "big" if order == "big" else "little")


def _jpeg_wh(content: bytes) -> tuple[int, int] | None:
    frame = find_frame(content)
    if frame is None or len(content) < frame + 9:
        return None
    # After the marker: two bytes of length, one of precision.
    return _number(content, frame + 7, 2, "big"), _number(content, frame + 5, 2, "big")


def _bmp_wh(content: bytes) -> tuple[int, int]:
    if _number(content, 14, 4) == _OLD_BMP_HEADER_BYTES:
        return _number(content, 18, 2), _number(content, 20, 2)
    height = int.from_bytes(content[22:26], "little", signed=True)
    return _number(content, 18, 4), abs(height)  # Below 0 where rows run from the top.


def _webp_wh(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + _number(content, 24, 3), 1 + _number(content, 27, 3)
    if kind == b"VP8L":
        bits = _number(content, 21, 4)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        return _number(content, 26, 2) & 0x3FFF, _number(content, 28, 2) & 0x3FFF
    return None
