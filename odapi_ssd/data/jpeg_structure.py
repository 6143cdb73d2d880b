"""Checks that a JPEG file has all of its parts: TensorFlow refuses one without its end.

Pillow takes a file whose last rows are decoded before it notices. Damage of the pixels inside an
otherwise whole file is not looked for: both decoders take that, with a warning at most.

Source: ITU-T T.81, annex B; what decoders skip is as in libjpeg.
"""

import re

__all__ = ["check_jpeg", "find_frame", "find_single_scan"]

# A marker is 0xFF and a code. Not among these: 0xFF, which fills; 0x00, which stands for a plain
# 0xFF; 0x01 and restarts, which have no content.
_MARKER = re.compile(rb"\xff([\x02-\xcf\xd8-\xfe])")
_END = 0xD9
_SCAN = 0xDA
# Start of frame: 0xC0 to 0xCF but for three other markers in that range. TensorFlow decodes
# sequential and progressive frames, Huffman or arithmetic coded; not lossless or hierarchical ones.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DECODED_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
_SEQUENTIAL_FRAMES = {0xC0, 0xC1}  # Huffman coded


def check_jpeg(content: bytes) -> None:
    """Follows the markers of a JPEG file that Pillow decodes; what follows its end is not read.

    Raises:
        ValueError: it ends too soon, or is of a kind that TensorFlow does not decode.
    """
    position, has_scan = 2, False
    while (marker := _MARKER.search(content, position)) is not None:
        code = marker[1][0]
        if code == _END and has_scan:
            return
        if code == _END:
            raise ValueError("the JPEG file ends before its first scan, so it holds no image")
        has_scan |= code == _SCAN
        if code in _FRAMES - _DECODED_FRAMES:
            raise ValueError(f"TensorFlow does not decode this kind of JPEG (frame 0x{code:X})")
        length = int.from_bytes(content[marker.end() : marker.end() + 2], "big")
        position = marker.end() + length
    raise ValueError("the JPEG file is cut short or damaged: its end marker is missing")


def find_frame(content: bytes) -> int | None:
    """Where the marker of the first frame is, whose segment tells the image's size.

    Args:
        content: a JPEG file, or its first bytes; what precedes a frame may be damaged.
    """
    position = 2
    while (marker := _MARKER.search(content, position)) is not None:
        code = marker[1][0]
        if code in _FRAMES:
            return marker.start()
        if code in (_END, _SCAN):
            return None
        length = int.from_bytes(content[marker.end() : marker.end() + 2], "big")
        position = marker.end() + length
    return None


def find_single_scan(content: bytes) -> int | None:
    """Where the data of a whole sequential JPEG file begins, if all of it is in a single scan.

    Returns:
        The place of its first byte; None for any other file, also one that is damaged.
    """
    if not content.startswith(b"\xff\xd8"):
        return None
    position, num_frames = 2, 0
    while (marker := _MARKER.search(content, position)) is not None:
        code = marker[1][0]
        length = int.from_bytes(content[marker.end() : marker.end() + 2], "big")
        position = marker.end() + length
        if code == _SCAN:
            end = _MARKER.search(content, position)
            return position if num_frames and end is not None and end[1][0] == _END else None
        num_frames += code in _FRAMES
        if num_frames > 1 or code in _FRAMES - _SEQUENTIAL_FRAMES or code == _END:
            return None
    return None
