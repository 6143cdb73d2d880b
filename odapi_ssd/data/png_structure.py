"""Checks a PNG file's chunks and that its data has all rows: TensorFlow refuses one that does not.

Pillow is more lenient than libpng, with which TensorFlow decodes: it ignores a second header,
unknown critical chunks and a damaged end, and it fills rows that are not there with black.

Source: "Portable Network Graphics (PNG) Specification (Third Edition)", W3C; limits of libpng.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["check_png"]

_SIGNATURE_BYTES = 8
_MAX_SIDE = 1_000_000  # libpng's limit
_MAX_PIXELS = 1 << 29  # TensorFlow's
_BLOCK_BYTES = 1024 * 1024
_NUM_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by color type
_PALETTE_TYPE = 3
_LAST_FILTER = 4  # Paeth
# Of an interlaced image, Adam7: first column, first row, step between columns, between rows.
_PASSES = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
)  # fmt: skip


@dataclass(frozen=True)
class _Header:
    """The content of the chunk IHDR."""

    width: int
    height: int
    bit_depth: int
    color_type: int
    compression: int
    filtering: int
    interlacing: int

    def check(self) -> None:
        if self.compression or self.filtering or self.interlacing > 1:
            raise ValueError("the PNG header (IHDR) names an unknown method")
        if max(self.width, self.height) > _MAX_SIDE or self.width * self.height >= _MAX_PIXELS:
            raise ValueError(
                f"the image is too large for TensorFlow: {self.width}x{self.height} pixels"
            )

    def passes(self) -> Iterator[tuple[int, int]]:
        """Yields the number of rows of each pass, and how many bytes a row has with its filter."""
        bits_per_pixel = _NUM_CHANNELS[self.color_type] * self.bit_depth
        passes = _PASSES if self.interlacing else ((0, 0, 1, 1),)
        for column, row, column_step, row_step in passes:
            num_columns = -(-(self.width - column) // column_step)
            num_rows = -(-(self.height - row) // row_step)
            if num_columns > 0 and num_rows > 0:
                yield num_rows, 1 + -(-num_columns * bits_per_pixel // 8)


def check_png(content: bytes) -> None:
    """Follows the chunks of a PNG file that Pillow decodes; what follows its end is not read.

    Raises:
        ValueError: it ends too soon, is damaged, or breaks a rule of the format.
    """
    header: _Header | None = None
    has_palette = is_data_over = False
    data: list[memoryview] = []
    for kind, body in _chunks(content):
        if header is None or kind == b"IHDR":
            header = _read_header(kind, body, is_first=header is None)
        elif kind == b"IDAT":
            if not is_data_over:  # libpng stops at the first gap.
                data.append(body)
        else:
            is_data_over = bool(data)
            has_palette |= _check_other(kind, body, header, has_palette, is_data_over)
    if header is None:
        raise ValueError("the PNG file has no header (IHDR)")
    if header.color_type == _PALETTE_TYPE and not has_palette:
        raise ValueError("the PNG file has no palette (PLTE) before its data")
    _check_data(data, header)


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yields kind and body of each chunk before the end."""
    view, position = memoryview(content), _SIGNATURE_BYTES
    while position + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, position)
        end = position + 12 + length
        kind = content[position + 4 : position + 8]
        if end > len(content):
            break
        (checksum,) = struct.unpack_from(">I", content, end - 4)
        if zlib.crc32(view[position + 4 : end - 4]) != checksum:
            raise ValueError(f"the checksum of the PNG chunk {ascii(kind)[2:-1]} is wrong")
        if kind == b"IEND" and not length:
            return
        yield kind, view[position + 8 : end - 4]
        position = end
    raise ValueError("the PNG file is cut short or damaged: its end (IEND) is missing")


def _read_header(kind: bytes, body: memoryview, is_first: bool) -> _Header:
    if kind != b"IHDR" or len(body) != 13 or not is_first:
        raise ValueError("the PNG file does not begin with its only header (IHDR)")
    header = _Header(*struct.unpack(">IIBBBBB", body))
    header.check()
    return header


def _check_other(
    kind: bytes, body: memoryview, header: _Header, has_palette: bool, is_data_over: bool
) -> bool:
    """Checks a chunk that is neither header nor data; returns whether it is the palette."""
    if not kind.isalpha():
        raise ValueError(f"the PNG file has a chunk of no legal name, {ascii(kind)[2:-1]}")
    if kind == b"PLTE":
        if has_palette:
            raise ValueError("the PNG file has two palettes (PLTE)")
        if header.color_type == _PALETTE_TYPE and (len(body) % 3 or not 3 <= len(body) <= 768):
            raise ValueError("the palette (PLTE) of the PNG file is damaged")
        return not is_data_over
    if kind[:1].isupper():
        raise ValueError(f"the PNG file has the critical chunk {kind.decode()}, which is unknown")
    return False


def _check_data(data: list[memoryview], header: _Header) -> None:
    """Decompresses all of it in blocks, so that it takes no memory, and looks at the filters."""
    decompressor = zlib.decompressobj()
    rows = _RowCheck(header)
    try:
        for part in data:
            rest: bytes | memoryview = part
            while len(rest) and not decompressor.eof:
                rows.add(decompressor.decompress(rest, _BLOCK_BYTES))
                rest = decompressor.unconsumed_tail
    except zlib.error as error:
        raise ValueError("the data of the PNG file is damaged") from error
    if not rows.are_complete or not decompressor.eof:
        raise ValueError("the data of the PNG file is cut short or damaged: rows are missing")


class _RowCheck:
    """Follows the rows of an image through blocks of its data.

    Pillow takes an unknown filter in the last row.
    """

    def __init__(self, header: _Header):
        self._passes = list(header.passes())
        self._offset = 0  # of the next block in the first of the passes

    @property
    def are_complete(self) -> bool:
        """Whether all rows have been seen."""
        return not self._passes

    def add(self, block: bytes) -> None:
        """Takes the next block; raises ValueError for an unknown filter."""
        while block and self._passes:
            num_rows, stride = self._passes[0]
            num_bytes = min(len(block), num_rows * stride - self._offset)
            filters = block[-self._offset % stride : num_bytes : stride]
            if filters and max(filters) > _LAST_FILTER:
                raise ValueError("the data of the PNG file is damaged: a row has an unknown filter")
            self._offset += num_bytes
            block = block[num_bytes:]
            if self._offset == num_rows * stride:
                del self._passes[0]
                self._offset = 0
