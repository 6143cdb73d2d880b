"""Gray JPEG files in color: the pixels are the same in Pillow, OpenCV and TensorFlow."""

import io
import random

import cv2
import numpy as np
import pytest
from PIL import Image

from odapi_ssd.data.jpeg_gray import add_colors
from odapi_ssd.data.jpeg_structure import check_jpeg

OPTIONS = {
    "sequential": {},
    "best": {"quality": 100},
    "worst": {"quality": 1},
    "optimized": {"optimize": True},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_blocks": 1},
    "restarts in rows, progressive": {"restart_marker_rows": 1, "progressive": True},
    "with metadata": {"comment": b"\xff\xd9 no end", "icc_profile": bytes(300)},
}
SIZES_WH = [(1, 1), (8, 8), (15, 17), (16, 16), (33, 7), (200, 150), (999, 1)]


def encode(size_wh=(40, 20), **options):
    generator = np.random.default_rng(size_wh[0])
    content = io.BytesIO()
    pixels = generator.integers(0, 256, size_wh[::-1], np.uint8)
    Image.fromarray(pixels).save(content, "JPEG", **options)
    return content.getvalue()


def in_color(content):
    found = add_colors(content)
    assert found is not None
    check_jpeg(found)
    return found


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("size_wh", SIZES_WH)
def test_not_a_pixel_changes(name, size_wh):
    content = encode(size_wh, **OPTIONS[name])
    colored = in_color(content)
    assert len(colored) < len(content) + 200 + size_wh[0] * size_wh[1] / 256
    with Image.open(io.BytesIO(content)) as image, Image.open(io.BytesIO(colored)) as result:
        assert result.mode == "RGB"
        assert result.convert("RGB").tobytes() == image.convert("RGB").tobytes()
    by_opencv = [
        cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR) for one in (content, colored)
    ]
    np.testing.assert_array_equal(*by_opencv)


@pytest.mark.tf
def test_not_a_pixel_changes_in_tensorflow(capfd):
    from odapi_ssd.compat import import_tensorflow

    tf = import_tensorflow()
    for options in OPTIONS.values():
        for size_wh in SIZES_WH:
            content = encode(size_wh, **options)
            gray, color = (
                tf.io.decode_jpeg(one, channels=channels).numpy()
                for one, channels in ((content, 3), (in_color(content), 0))
            )
            np.testing.assert_array_equal(gray, color)
    assert "JPEG" not in capfd.readouterr().err  # What libjpeg would say of a scan too short.


@pytest.mark.parametrize("transform", [0, 1])
@pytest.mark.parametrize("number", [0, 1, 71, 255])
def test_without_jfif_and_with_adobe_s_mark(transform, number):
    """As Photoshop writes it; components may have any number."""
    content = bytearray(encode())
    jfif = content.index(b"\xff\xe0")
    del content[jfif : jfif + 18]
    content[content.index(b"\xff\xc0") + 10] = number
    content[content.index(b"\xff\xda") + 5] = number
    adobe = b"\xff\xee\0\x0eAdobe\0\x64" + bytes(4) + bytes([transform])
    content[2:2] = adobe
    with Image.open(io.BytesIO(content)) as image:
        expected = image.convert("RGB").tobytes()
    with Image.open(io.BytesIO(in_color(bytes(content)))) as image:
        assert image.convert("RGB").tobytes() == expected


def test_exif_stays_and_what_follows_the_image_goes():
    exif = Image.Exif()
    exif[0x0112] = 6
    colored = in_color(encode(exif=exif) + b"more")
    assert colored.endswith(b"\xff\xd9")
    with Image.open(io.BytesIO(colored)) as image:
        assert image.getexif()[0x0112] == 6


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_files_in_color_are_left_alone(mode):
    content = io.BytesIO()
    Image.new(mode, (8, 8)).save(content, "JPEG")
    assert add_colors(content.getvalue()) is None


def test_other_kinds_of_frames_are_left_alone():
    content = encode()
    for code in (0xC3, 0xC9, 0xCA):
        assert add_colors(content.replace(b"\xff\xc0", bytes([0xFF, code]))) is None


def test_damaged_files_raise_nothing():
    generator, content = random.Random(0), encode(progressive=True)
    for _ in range(2000):
        damaged = bytearray(content[: generator.randrange(len(content))])
        for _ in range(generator.randrange(4)):
            damaged[generator.randrange(len(damaged) or 1) : 1] = bytes([generator.randrange(256)])
        add_colors(bytes(damaged))
