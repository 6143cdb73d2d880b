"""Damaged images: what is behind a checksum is reached."""

import io
import random
import zlib

import pytest
from PIL import Image

from tools.fuzz.mutations.images import mutate_image


def _encoded(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (9, 7), (10, 20, 30)).save(buffer, kind)
    return buffer.getvalue()


def test_headers_of_png_are_changed_with_their_checksum():
    data = _encoded("PNG")
    headers = set()
    for number in range(400):
        changed = mutate_image(random.Random(number), data, [data])
        header, checksum = changed[12:29], changed[29:33]
        if header[:4] == b"IHDR" and zlib.crc32(header).to_bytes(4, "big") == checksum:
            headers.add(header)
    assert len(headers) > 20


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF"])
def test_every_format_gives_many_variants_and_keeps_its_start_mostly(kind):
    data = _encoded(kind)
    variants = [mutate_image(random.Random(number), data, [data]) for number in range(200)]
    assert len(set(variants)) > 120
    assert sum(one[:2] == data[:2] for one in variants) > 120


def test_exif_is_put_in():
    data = _encoded("JPEG")
    variants = [mutate_image(random.Random(number), data, [data]) for number in range(200)]
    assert any(b"Exif\0\0" in one for one in variants)
