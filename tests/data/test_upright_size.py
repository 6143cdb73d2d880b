import io
import os
import struct
import zlib

import pytest
from PIL import Image

from odapi_ssd.data.upright_size import read_upright_hw
from odapi_ssd.errors import OdapiError


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".gif"])
def test_size(tmp_path, suffix):
    Image.new("RGB", (40, 20)).save(tmp_path / f"a{suffix}")
    assert read_upright_hw(tmp_path / f"a{suffix}") == (20, 40)


@pytest.mark.parametrize(("orientation", "expected"), [(1, (20, 40)), (3, (20, 40)), (6, (40, 20))])
def test_orientation(tmp_path, orientation, expected):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (40, 20)).save(tmp_path / "a.jpg", exif=exif)
    assert read_upright_hw(tmp_path / "a.jpg") == expected


def test_pixels_are_not_needed(tmp_path):
    Image.effect_noise((1000, 500), 50).save(tmp_path / "a.jpg")
    os.truncate(tmp_path / "a.jpg", 2000)
    assert read_upright_hw(tmp_path / "a.jpg") == (500, 1000)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a\.jpg: is not a JPEG, PNG, .* file"),
        (b"no image", r"a\.jpg: is not a JPEG, PNG, .* file"),
        (None, r"a\.jpg: cannot be read: No such file"),
    ],
)
def test_what_has_no_size(tmp_path, content, message):
    if content is not None:
        (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(OdapiError, match=message):
        read_upright_hw(tmp_path / "a.jpg")


def test_a_bomb(tmp_path):
    buffer = io.BytesIO()
    Image.new("1", (1, 1)).save(buffer, "PNG")
    content = bytearray(buffer.getvalue())
    content[16:24] = struct.pack(">II", 30_000, 30_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(OdapiError, match=r"a\.png: cannot be read: .*decompression bomb"):
        read_upright_hw(tmp_path / "a.png")
