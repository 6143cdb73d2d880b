"""The size that a header claims, against Pillow's for whole files."""

import io
import struct

import pytest
from PIL import Image

from odapi_ssd.data.image_headers import claimed_wh

FILES = {
    "jpeg": ("JPEG", {}),
    "progressive jpeg": ("JPEG", {"progressive": True}),
    "jpeg with much before": ("JPEG", {"comment": b"\xff\xc0" * 30_000, "icc_profile": bytes(99)}),
    "png": ("PNG", {}),
    "bmp": ("BMP", {}),
    "gif": ("GIF", {}),
    "webp": ("WEBP", {}),
    "lossless webp": ("WEBP", {"lossless": True}),
    "extended webp": ("WEBP", {"icc_profile": bytes(99)}),
}


def encode(image_format, options, size_wh=(300, 17)):
    content = io.BytesIO()
    Image.linear_gradient("L").resize(size_wh).convert("RGB").save(content, image_format, **options)
    return content.getvalue()


@pytest.mark.parametrize("name", FILES)
def test_the_size_is_that_of_the_image(name):
    assert claimed_wh(encode(*FILES[name])) == (300, 17)
    assert claimed_wh(encode(*FILES[name], size_wh=(1, 1))) == (1, 1)


@pytest.mark.parametrize("name", FILES)
def test_any_beginning_of_a_file_has_its_size_or_none(name):
    content = encode(*FILES[name])
    lengths = {*range(0, min(len(content), 300), 3), len(content) // 2}
    assert {claimed_wh(content[:length]) for length in lengths} <= {None, (300, 17)}


def test_a_bmp_whose_rows_run_from_the_top_and_one_of_os2():
    header = b"BM" + bytes(12)
    assert claimed_wh(header + struct.pack("<Iii", 40, 5, -7) + bytes(30)) == (5, 7)
    assert claimed_wh(header + struct.pack("<IHHHH", 12, 5, 7, 1, 24)) == (5, 7)


@pytest.mark.parametrize("content", [b"", b"text", b"RIFF" + bytes(40), b"\xff\xd8\xff\xda" * 9])
def test_other_content_has_none(content):
    assert claimed_wh(content) is None
