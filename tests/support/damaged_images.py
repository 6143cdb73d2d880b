"""Image files of which a part is missing, doubled or wrong, checksums put right."""

import io
import struct
import zlib
from collections.abc import Callable

from PIL import Image

Chunk = tuple[bytes, bytes]


def gradient(image_format: str, mode: str = "RGB", **options: object) -> bytes:
    """A file of 40 pixels in width and 20 in height."""
    content = io.BytesIO()
    image = Image.linear_gradient("L").resize((40, 20)).convert(mode)
    image.save(content, image_format, **options)
    return content.getvalue()


def read_chunks(png: bytes) -> list[Chunk]:
    """Kind and body of all chunks of a PNG file."""
    chunks, position = [], 8
    while position < len(png):
        (length,) = struct.unpack_from(">I", png, position)
        chunks.append((png[position + 4 : position + 8], png[position + 8 : position + 8 + length]))
        position += 12 + length
    return chunks


def write_chunks(chunks: list[Chunk]) -> bytes:
    """A PNG file of chunks, with the right lengths and checksums."""
    parts = [b"\x89PNG\r\n\x1a\n"]
    for kind, body in chunks:
        parts.append(struct.pack(">I", len(body)) + kind + body)
        parts.append(struct.pack(">I", zlib.crc32(kind + body)))
    return b"".join(parts)


def changed_png(change: Callable[[list[Chunk]], list[Chunk]], mode: str = "RGB") -> bytes:
    """A PNG file after a change of its chunks."""
    return write_chunks(change(read_chunks(gradient("PNG", mode))))


def with_header(**values: int) -> bytes:
    """A PNG file whose header says something else."""
    names = ("width", "height", "bit_depth", "color_type", "compression", "filtering", "interlace")

    def change(chunks: list[Chunk]) -> list[Chunk]:
        fields = dict(zip(names, struct.unpack(">IIBBBBB", chunks[0][1]), strict=True)) | values
        return [(b"IHDR", struct.pack(">IIBBBBB", *fields.values())), *chunks[1:]]

    return changed_png(change)


def with_data(change: Callable[[bytes], bytes]) -> bytes:
    """A PNG file with other compressed data."""
    return changed_png(
        lambda chunks: [(kind, change(body) if kind == b"IDAT" else body) for kind, body in chunks]
    )


def _inserted(chunk: Chunk) -> bytes:
    return changed_png(lambda chunks: [chunks[0], chunk, *chunks[1:]])


def _more_rows(data: bytes, is_whole: bool) -> bytes:
    longer = zlib.compress(zlib.decompress(data) + bytes(500))
    return longer if is_whole else longer[:-4]


def _with_filter(data: bytes, row: int, number: int) -> bytes:
    rows = bytearray(zlib.decompress(data))
    rows[row * (1 + 40 * 3)] = number
    return zlib.compress(rows)


_PALETTE = changed_png(lambda chunks: [one for one in chunks if one[0] != b"PLTE"], "P")
_PNG = gradient("PNG")
_JPEG = gradient("JPEG")
_SCAN = _JPEG.index(b"\xff\xda")

# Files that TensorFlow refuses, most of which Pillow takes.
REFUSED = {
    "png without its end": _PNG[:-12],
    "png whose end has a length": _PNG[:-12] + b"\0\0\0\1" + _PNG[-8:],
    "png with a wrong checksum": _PNG[:-13] + bytes([_PNG[-13] ^ 1]) + _PNG[-12:],
    "png with more rows in its header": with_header(height=60),
    "png that claims to be interlaced": with_header(interlace=1),
    "png with an unknown compression": with_header(compression=1),
    "png with an unknown filter method": with_header(filtering=1),
    "png with an unknown interlacing": with_header(interlace=2),
    "png that is too wide": with_header(width=1_000_001, height=1),
    "png with two headers": changed_png(lambda chunks: [chunks[0], *chunks]),
    "png with its header later": changed_png(lambda chunks: [(b"tEXt", b"a\0b"), *chunks]),
    "png without its palette": _PALETTE,
    "png with two palettes": changed_png(lambda chunks: [*chunks[:2], *chunks[1:]], "P"),
    "png with an unknown critical chunk": _inserted((b"ABCD", b"")),
    "png with a chunk of no name": _inserted((b"ab1d", b"")),
    "png with data cut short": with_data(lambda data: data[:-4]),
    "png with longer data cut short": with_data(lambda data: _more_rows(data, False)),
    "png with damaged data": with_data(lambda data: data[:9] + b"\xff" * 9 + data[18:]),
    "png with an unknown filter": with_data(lambda data: _with_filter(data, 3, 5)),
    "png with an unknown filter in its last row": with_data(
        lambda data: _with_filter(data, 19, 127)
    ),
    "jpeg without its end": _JPEG[:-2],
    "jpeg without its end, with something after": _JPEG[:-2] + b"junk",
    "jpeg cut within a segment": _JPEG[:30],
    "jpeg that ends before its scan": _JPEG[:_SCAN] + b"\xff\xd9" + _JPEG[_SCAN:],
    "lossless jpeg": _JPEG.replace(b"\xff\xc0", b"\xff\xc3"),
}

# Unusual files that TensorFlow decodes.
TAKEN = {
    "png with something after its end": _PNG + b"junk",
    "png with more data than rows": with_data(lambda data: _more_rows(data, True)),
    "png in several chunks": changed_png(
        lambda chunks: [
            part
            for kind, body in chunks
            for part in (
                [(kind, body[:9]), (kind, b""), (kind, body[9:])]
                if kind == b"IDAT"
                else [(kind, body)]
            )
        ]
    ),
    "png with a private chunk": _inserted((b"abCd", b"x")),
    "png with a palette in color": _inserted((b"PLTE", bytes(6))),
    "gray png": gradient("PNG", "L"),
    "png of one bit": gradient("PNG", "1"),
    "png with a palette": gradient("PNG", "P"),
    "png with a transparent color": gradient("PNG", "P", transparency=3),
    "png with alpha": gradient("PNG", "LA"),
    "png of 16 bits": gradient("PNG", "I;16"),
    "animated png": gradient("PNG", save_all=True, append_images=[Image.new("RGB", (40, 20))]),
    "jpeg with something after its end": _JPEG + b"junk",
    "jpeg with fill bytes": _JPEG[:_SCAN] + b"\xff\xff" + _JPEG[_SCAN:],
    "progressive jpeg": gradient("JPEG", progressive=True),
    "jpeg with restarts": gradient("JPEG", restart_marker_blocks=1),
    "gray jpeg": gradient("JPEG", "L"),
    "jpeg of four colors": gradient("JPEG", "CMYK"),
    "mpo": gradient("MPO", save_all=True, append_images=[Image.new("RGB", (40, 20))]),
}


def interlaced_png() -> bytes:
    """An Adam7 file of 5 x 3 gray pixels, of which the second pass is empty in height."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
              (0, 1, 1, 2))  # fmt: skip
    rows = b"".join(
        b"\0" + bytes(len(range(column, 5, column_step)))
        for column, row, column_step, row_step in passes
        if column < 5
        for _ in range(row, 3, row_step)
    )
    header = struct.pack(">IIBBBBB", 5, 3, 8, 0, 0, 0, 1)
    return write_chunks([(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")])


TAKEN["interlaced png"] = interlaced_png()
