"""Damages image files by their structure: PNG's chunks, JPEG's segments, EXIF, BMP, GIF, WebP."""

import io
import random
import struct
import zlib
from collections.abc import Sequence

from tools.fuzz.mutations.byte_strings import INTEGERS, mutate_bytes

__all__ = ["mutate_image"]

_PNG = b"\x89PNG\r\n\x1a\n"
_SIDES = (0, 1, 2, 63, 65535, 65536, 13_000, 20_000, 100_000, 2**31 - 1, 2**31, 2**32 - 1)
_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf", b"gAMA", b"cHRM", b"tRNS", b"acTL",
                b"fcTL", b"fdAT", b"PLTE", b"bKGD", b"pHYs", b"sBIT", b"IEND")  # fmt: skip
# Place and width of the numbers in a header.
_BMP_FIELDS = ((2, 4), (10, 4), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2), (30, 4), (34, 4),
               (46, 4), (50, 4))  # fmt: skip
_GIF_FIELDS = ((6, 2), (8, 2), (10, 1), (11, 1), (12, 1), (13, 1))
_WEBP_CHUNKS = (b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP", b"EXIF", b"XMP ")
_BOMB_BYTES = 50_000_000


def mutate_image(generator: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Damages an image file: by its structure, or without regard to it."""
    if generator.random() < 0.35:
        return mutate_bytes(generator, data, others)
    if data.startswith(_PNG):
        return _mutate_png(generator, data)
    if data.startswith(b"\xff\xd8"):
        return _mutate_jpeg(generator, data)
    if data.startswith(b"BM"):
        return _set_field(generator, data, _BMP_FIELDS)
    if data.startswith(b"RIFF"):
        return _mutate_webp(generator, data)
    return _set_field(generator, data, _GIF_FIELDS)


def _set_field(generator: random.Random, data: bytes, fields: Sequence[tuple[int, int]]) -> bytes:
    """Overwrites little-endian numbers of a header, given as place and width."""
    changed = bytearray(data)
    for _ in range(generator.choice((1, 1, 2))):
        place, width = generator.choice(fields)
        value = generator.choice((*INTEGERS, *_SIDES, 3, 4, 24, 40, 108, 124))
        changed[place : place + width] = (value % 2 ** (8 * width)).to_bytes(width, "little")
    return bytes(changed)


def _mutate_png(generator: random.Random, data: bytes) -> bytes:
    """Changes chunks; their checksums are right, but for one in ten."""
    chunks = _read_chunks(data)
    for _ in range(generator.randint(1, 3)):
        index = generator.randrange(len(chunks)) if chunks else 0
        name, content = chunks[index] if chunks else (b"IHDR", b"")
        action = generator.randrange(8)
        if action == 0 and chunks:
            del chunks[index]
        elif action == 1:
            chunks.insert(generator.randrange(len(chunks) + 1), (name, content))
        elif action == 2 and chunks:
            chunks[index] = (name, mutate_bytes(generator, content))
        elif action == 3:
            place = generator.randrange(len(chunks) + 1)
            chunks.insert(place, _extra_chunk(generator))
        elif action == 4:
            generator.shuffle(chunks)
        elif action == 5 and chunks:
            chunks[index] = (generator.choice(_TEXT_CHUNKS), content)
        elif action == 6:
            chunks = [(n, _mutate_header(generator, c) if n == b"IHDR" else c) for n, c in chunks]
        else:
            chunks = _mutate_pixels(generator, chunks)
    return _PNG + b"".join(_chunk(generator, name, content) for name, content in chunks)


def _read_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, place = [], len(_PNG)
    while place + 8 <= len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    return chunks


def _chunk(generator: random.Random, name: bytes, content: bytes) -> bytes:
    length, checksum = len(content), zlib.crc32(name + content)
    fault = generator.random()
    if fault < 0.03:
        length = generator.choice(INTEGERS) % 2**32
    elif fault < 0.06:
        checksum ^= 1 << generator.randrange(32)
    return struct.pack(">I", length) + name + content + struct.pack(">I", checksum)


def _mutate_header(generator: random.Random, content: bytes) -> bytes:
    changed = bytearray(content.ljust(13, b"\0"))
    for _ in range(generator.choice((1, 1, 2))):
        place = generator.choice((0, 4, 8, 9, 10, 11, 12))
        if place < 8:
            changed[place : place + 4] = struct.pack(">I", generator.choice(_SIDES))
        else:
            changed[place] = generator.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
    return bytes(changed)


def _mutate_pixels(
    generator: random.Random, chunks: list[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    """Changes the rows below the compression: filters, too few or too many of them."""
    packed = b"".join(content for name, content in chunks if name == b"IDAT")
    try:
        rows = zlib.decompress(packed)
    except zlib.error:
        return chunks
    if generator.random() < 0.03:
        rows = bytes(_BOMB_BYTES)
    packed = zlib.compress(mutate_bytes(generator, rows), generator.choice((0, 1)))
    first = next((i for i, (name, _) in enumerate(chunks) if name == b"IDAT"), len(chunks))
    others = [(name, content) for name, content in chunks if name != b"IDAT"]
    return [*others[:first], (b"IDAT", packed), *others[first:]]


def _extra_chunk(generator: random.Random) -> tuple[bytes, bytes]:
    name = generator.choice(_TEXT_CHUNKS)
    if name == b"eXIf":
        return name, _exif(generator)
    if name in (b"zTXt", b"iCCP", b"iTXt") and generator.random() < 0.5:
        size = _BOMB_BYTES if generator.random() < 0.1 else 1000
        return name, b"name\0" + bytes(1 + 4 * (name == b"iTXt")) + zlib.compress(bytes(size), 1)
    return name, generator.randbytes(generator.choice((0, 1, 4, 13, 26, 300)))


def _mutate_jpeg(generator: random.Random, data: bytes) -> bytes:
    segments, scan = _read_segments(data)
    for _ in range(generator.randint(1, 3)):
        index = generator.randrange(len(segments)) if segments else 0
        marker, content = segments[index] if segments else (0xDB, b"")
        action = generator.randrange(8)
        if action == 0 and segments:
            del segments[index]
        elif action == 1:
            segments.insert(generator.randrange(len(segments) + 1), (marker, content))
        elif action == 2 and segments:
            segments[index] = (marker, mutate_bytes(generator, content))
        elif action == 3:
            segments.insert(0, (0xE1, b"Exif\0\0" + _exif(generator)))
        elif action == 4:
            place = generator.randrange(len(segments) + 1)
            extra = generator.choice((0xE0, 0xE2, 0xED, 0xEE, 0xFE, 0xDD, 0xC0, 0xC2, 0xC9, 0xCC))
            segments.insert(place, (extra, generator.randbytes(generator.choice((2, 6, 20, 300)))))
        elif action == 5 and segments:
            segments[index] = (generator.randrange(0xC0, 0xFF), content)
        elif action == 6:
            segments = [
                (m, _mutate_frame(generator, c) if 0xC0 <= m <= 0xC2 else c) for m, c in segments
            ]
        else:
            scan = mutate_bytes(generator, scan)
    return b"\xff\xd8" + b"".join(_segment(generator, *one) for one in segments) + scan


def _read_segments(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The segments before the first scan, and all from there."""
    segments, place = [], 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xDA:
        (length,) = struct.unpack(">H", data[place + 2 : place + 4])
        segments.append((data[place + 1], data[place + 4 : place + 2 + length]))
        place += 2 + max(length, 2)
    return segments, data[place:]


def _segment(generator: random.Random, marker: int, content: bytes) -> bytes:
    length = min(len(content) + 2, 65535)
    if generator.random() < 0.03:
        length = generator.choice(INTEGERS) % 2**16
    return struct.pack(">BBH", 0xFF, marker, length) + content


def _mutate_frame(generator: random.Random, content: bytes) -> bytes:
    """The start of a frame: precision, height, width, components with their sampling."""
    changed = bytearray(content.ljust(9, b"\0"))
    for _ in range(generator.choice((1, 1, 2))):
        place = generator.choice((0, 1, 3, 5, 6, 7, 8))
        if place in (1, 3):
            changed[place : place + 2] = struct.pack(">H", generator.choice(_SIDES) % 2**16)
        else:
            changed[place] = generator.choice((0, 1, 2, 3, 4, 8, 12, 0x11, 0x22, 0x41, 255))
    return bytes(changed)


def _mutate_webp(generator: random.Random, data: bytes) -> bytes:
    """Changes chunks; the length of the whole is right, but for one in ten."""
    chunks, place = [], 12
    while place + 8 <= len(data):
        (length,) = struct.unpack_from("<I", data, place + 4)
        chunks.append((data[place : place + 4], data[place + 8 : place + 8 + length]))
        place += 8 + length + length % 2
    for _ in range(generator.randint(1, 2)):
        index = generator.randrange(len(chunks)) if chunks else 0
        name, content = chunks[index] if chunks else (b"VP8 ", b"")
        action = generator.randrange(5)
        if action == 0 and chunks:
            del chunks[index]
        elif action == 1:
            chunks.insert(generator.randrange(len(chunks) + 1), (name, content))
        elif action == 2 and chunks:
            chunks[index] = (name, mutate_bytes(generator, content))
        elif action == 3 and chunks:
            chunks[index] = (generator.choice(_WEBP_CHUNKS), content)
        elif chunks:
            chunks[index] = (name, _mutate_webp_header(generator, content))
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
        for name, content in chunks
    )
    length = len(body) if generator.random() > 0.1 else generator.choice(INTEGERS) % 2**32
    return b"RIFF" + struct.pack("<I", length) + body


def _mutate_webp_header(generator: random.Random, content: bytes) -> bytes:
    """The numbers at the beginning of a chunk: flags, canvas or frame, of three bytes each."""
    changed = bytearray(content.ljust(10, b"\0"))
    place, width = generator.choice(((0, 1), (3, 3), (4, 3), (6, 2), (7, 3), (8, 2), (9, 3)))
    value = generator.choice((*_SIDES, 1 << 14, (1 << 24) - 1)) % 2 ** (8 * width)
    changed[place : place + width] = value.to_bytes(width, "little")
    return bytes(changed)


def _exif(generator: random.Random) -> bytes:
    """An EXIF block whose entries have strange types, counts and places."""
    order, endian = generator.choice(((b"II*\0", "<"), (b"MM\0*", ">")))
    out = io.BytesIO()
    out.write(order + struct.pack(f"{endian}I", generator.choice((8, 8, 8, 0, 9, 2**31))))
    num_entries = generator.choice((0, 1, 3, 3, 10, 65535))
    out.write(struct.pack(f"{endian}H", num_entries))
    for _ in range(min(num_entries, 10)):
        tag = generator.choice((0x0112, 0x0112, 0x8769, 0x8825, 0xA005, 0x0100, 0x927C, 0x02BC))
        kind = generator.choice((0, 1, 2, 3, 3, 3, 4, 5, 7, 9, 10, 12, 13, 16, 255))
        count = generator.choice((0, 1, 1, 1, 2, 65535, 2**31, 2**32 - 1))
        value = generator.choice((0, 1, 3, 6, 8, 9, 8, 26, 2**16, 2**31, 6 << 16))
        out.write(struct.pack(f"{endian}HHII", tag, kind, count, value))
    out.write(struct.pack(f"{endian}I", generator.choice((0, 0, 8, 2**32 - 1))))
    out.write(generator.randbytes(generator.choice((0, 16))))
    return out.getvalue()
