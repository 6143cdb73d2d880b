"""Makes a JPEG file in color of a gray one without decoding it: not a pixel changes.

The gray file's data become the luminance of an image in YCbCr. The two chrominance components
follow in scans of their own, in which all coefficients are 0, which is gray; each is half as wide
and high, so they take two bits for 256 pixels.

Source: ITU-T T.81, annexes B, F and G.
"""

import struct

from odapi_ssd.data.jpeg_structure import (
    END,
    PROGRESSIVE_FRAME,
    SCAN,
    SEQUENTIAL_FRAMES,
    Segment,
    read_segments,
)

__all__ = ["add_colors"]

_ADOBE = 0xEE
_COMPONENT = struct.Struct(">BBB")  # its number, its sampling factors, its quantization table
_LUMINANCE_SAMPLING, _CHROMINANCE_SAMPLING = 0x22, 0x11
_CHROMINANCE_BLOCK = 16  # pixels of the image in each direction
_NO_RESTARTS = b"\xff\xdd" + struct.pack(">HH", 4, 0)
# For DC and AC the same table 0 with the single code "0": no difference, or the end of the block.
_TABLES = b"".join(
    b"\xff\xc4" + struct.pack(">HB", 20, kind << 4) + bytes([1]) + bytes(15) + bytes(1)
    for kind in (0, 1)
)


def add_colors(content: bytes) -> bytes | None:
    """A gray JPEG file as one in color that decodes to the same pixels.

    Args:
        content: a file that decodes, of one component.

    Returns:
        The new file, without what follows the image's end; None for a file of another kind, such as
        an arithmetic coded one.
    """
    parts, start = [b"\xff\xd8"], 2
    frame: Segment | None = None
    for segment in read_segments(content):
        if segment.is_frame:
            if frame is not None or not _is_gray(content, segment):
                return None
            frame = segment
            parts += [content[start : segment.start], _color_frame(content, segment)]
            start = segment.end
        elif segment.code == _ADOBE:  # It would say that the components are red, green and blue.
            parts.append(content[start : segment.start])
            start = segment.end
        elif segment.code == END:
            break
    else:
        return None
    if frame is None:
        return None
    return b"".join(
        [*parts, content[start : segment.start], _chrominance(content, frame), b"\xff\xd9"]
    )


def _is_gray(content: bytes, frame: Segment) -> bool:
    is_known = frame.code in (*SEQUENTIAL_FRAMES, PROGRESSIVE_FRAME)
    is_whole = frame.end - frame.body == 9 and frame.end <= len(content)
    return is_known and is_whole and content[frame.body + 5] == 1


def _color_frame(content: bytes, frame: Segment) -> bytes:
    """The frame's segment with three components."""
    start = content[frame.body : frame.body + 5]  # precision, height, width
    luminance, _, table = _COMPONENT.unpack_from(content, frame.body + 6)
    components = [_COMPONENT.pack(luminance, _LUMINANCE_SAMPLING, table)]
    for number in _chrominance_numbers(luminance):
        components.append(_COMPONENT.pack(number, _CHROMINANCE_SAMPLING, table))
    body = start + bytes([3]) + b"".join(components)
    return bytes([0xFF, frame.code]) + struct.pack(">H", 2 + len(body)) + body


def _chrominance_numbers(luminance: int) -> tuple[int, int]:
    return (luminance + 1) % 256, (luminance + 2) % 256


def _chrominance(content: bytes, frame: Segment) -> bytes:
    """The scans of both chrominance components."""
    height, width = struct.unpack_from(">HH", content, frame.body + 1)
    num_blocks = -(-width // _CHROMINANCE_BLOCK) * -(-height // _CHROMINANCE_BLOCK)
    # First and last coefficient of a scan, and the bits that it has for each block.
    scans = [(0, 0, 1), (1, 63, 1)] if frame.code == PROGRESSIVE_FRAME else [(0, 63, 2)]
    parts = [_NO_RESTARTS, _TABLES]
    for number in _chrominance_numbers(content[frame.body + 6]):
        for first, last, num_bits in scans:
            parts.append(bytes([0xFF, SCAN]) + struct.pack(">H", 8))
            parts.append(bytes([1, number, 0, first, last, 0]))
            parts.append(_zeros(num_bits * num_blocks))
    return b"".join(parts)


def _zeros(num_bits: int) -> bytes:
    """As many bits 0, the last byte filled up with 1."""
    num_bytes, num_rest = divmod(num_bits, 8)
    return bytes(num_bytes) + (bytes([0xFF >> num_rest]) if num_rest else b"")
