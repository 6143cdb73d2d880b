"""Checks that a JPEG file has all of its parts: TensorFlow refuses one without its end.

Pillow takes a file whose last rows are decoded before it notices. Damage of the pixels inside an
otherwise whole file is not looked for: both decoders take that, with a warning at most.

Source: ITU-T T.81, annex B; what decoders skip is as in libjpeg.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = [
    "END",
    "PROGRESSIVE_FRAME",
    "SCAN",
    "SEQUENTIAL_FRAMES",
    "Segment",
    "check_jpeg",
    "find_frame",
    "find_single_scan",
    "read_segments",
]

# The codes of markers.
END = 0xD9
SCAN = 0xDA
SEQUENTIAL_FRAMES = {0xC0, 0xC1}  # Huffman coded
PROGRESSIVE_FRAME = 0xC2  # Huffman coded

# A marker is 0xFF and a code. Not among these: 0xFF, which fills; 0x00, which stands for a plain
# 0xFF; 0x01 and restarts, which have no content.
_MARKER = re.compile(rb"\xff([\x02-\xcf\xd8-\xfe])")
# Start of frame: 0xC0 to 0xCF but for three other markers in that range. TensorFlow decodes
# sequential and progressive frames, Huffman or arithmetic coded; not lossless or hierarchical ones.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DECODED_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}


@dataclass(frozen=True)
class Segment:
    """A marker and what belongs to it.

    Attributes:
        code: the marker's second byte.
        start: where the marker is.
        body: where its parameters begin, after their length.
        end: where they end. After a scan's follows its data. Of the end of the image, meaningless.
    """

    code: int
    start: int
    body: int
    end: int

    @property
    def is_frame(self) -> bool:
        """Whether it begins a frame, and tells the image's size."""
        return self.code in _FRAMES


def read_segments(content: bytes) -> Iterator[Segment]:
    """Yields the segments of a JPEG file in turn, as far as they can be followed."""
    position = 2
    while (marker := _MARKER.search(content, position)) is not None:
        body = marker.end() + 2
        position = marker.end() + int.from_bytes(content[marker.end() : body], "big")
        yield Segment(marker[1][0], marker.start(), body, position)


def check_jpeg(content: bytes) -> None:
    """Follows the markers of a JPEG file that Pillow decodes; what follows its end is not read.

    Raises:
        ValueError: it ends too soon, or is of a kind that TensorFlow does not decode.
    """
    has_scan = False
    for segment in read_segments(content):
        if segment.code == END and has_scan:
            return
        if segment.code == END:
            raise ValueError("the JPEG file ends before its first scan, so it holds no image")
        has_scan |= segment.code == SCAN
        if segment.is_frame and segment.code not in _DECODED_FRAMES:
            raise ValueError(
                f"TensorFlow does not decode this kind of JPEG (frame 0x{segment.code:X})"
            )
    raise ValueError("the JPEG file is cut short or damaged: its end marker is missing")


def find_frame(content: bytes) -> int | None:
    """Where the marker of the first frame is, whose segment tells the image's size.

    Args:
        content: a JPEG file, or its first bytes; what precedes a frame may be damaged.
    """
    for segment in read_segments(content):
        if segment.is_frame:
            return segment.start
        if segment.code in (END, SCAN):
            break
    return None


def find_single_scan(content: bytes) -> int | None:
    """Where the data of a whole sequential JPEG file begins, if all of it is in a single scan.

    Returns:
        The place of its first byte; None for any other file, also one that is damaged.
    """
    if not content.startswith(b"\xff\xd8"):
        return None
    num_frames = 0
    for segment in read_segments(content):
        if segment.code == SCAN:
            end = _MARKER.search(content, segment.end)
            is_whole = num_frames and end is not None and end[1][0] == END
            return segment.end if is_whole else None
        num_frames += segment.is_frame
        is_other = segment.is_frame and segment.code not in SEQUENTIAL_FRAMES
        if num_frames > 1 or is_other or segment.code == END:
            break
    return None
