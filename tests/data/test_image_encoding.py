import io

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.data.image_encoding import (
    encode_rgb,
    has_further_frames,
    has_transparent_pixels,
    shrink,
    to_rgb,
)


def reopened(image, image_format, **options):
    content = io.BytesIO()
    image.save(content, image_format, **options)
    return Image.open(content)


def test_of_sixteen_bits_the_upper_eight():
    values = np.array([[0, 255, 256, 40_000, 65_535]], np.uint16)
    assert np.asarray(to_rgb(Image.fromarray(values)))[0, :, 0].tolist() == [0, 0, 1, 156, 255]
    big_endian = Image.frombytes("I;16B", (5, 1), values.astype(">u2").tobytes())
    assert to_rgb(big_endian).tobytes() == to_rgb(Image.fromarray(values)).tobytes()


def test_transparency_is_that_of_pixels():
    palette = Image.new("P", (4, 2), 1)
    palette.putpalette([0, 0, 0, 255, 255, 255])
    assert not has_transparent_pixels(reopened(palette, "PNG", transparency=0))
    assert has_transparent_pixels(reopened(palette, "PNG", transparency=1))
    assert not has_transparent_pixels(Image.new("I;16", (4, 2)))
    assert not has_transparent_pixels(Image.new("RGB", (4, 2)))


def test_an_animation_whose_second_frame_is_damaged_is_one():
    frames = [Image.linear_gradient("L").rotate(angle) for angle in (0, 90)]
    content = io.BytesIO()
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:], duration=90)
    second = content.getvalue().rindex(b"\x21\xf9\x04")
    image = Image.open(io.BytesIO(content.getvalue()[: second + 3]))
    image.load()
    assert has_further_frames(image)


def test_further_images_of_a_photograph_are_no_animation():
    frames = [Image.new("RGB", (40, 20), color) for color in ("red", "blue")]
    image = reopened(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert image.is_animated
    assert not has_further_frames(image)


@pytest.mark.parametrize("record_format", ["jpeg", "png"])
def test_metadata_is_left_out(record_format):
    image = Image.new("RGB", (4, 2))
    image.info = {"comment": b"secret", "icc_profile": b"profile" * 9, "dpi": (7, 7), "exif": b"x"}
    plain = encode_rgb(Image.new("RGB", (4, 2)), record_format)
    assert encode_rgb(image, record_format) == plain


@pytest.mark.parametrize("mode", ["1", "P", "I;16", "LA", "RGBA", "CMYK", "L"])
def test_any_mode_is_made_smaller_in_color(mode):
    if mode == "I;16":
        image = Image.fromarray(np.full((200, 400), 40_000, np.uint16))
    else:
        image = Image.new("RGB", (400, 200), "white").convert(mode)
    small = shrink(reopened(image, "JPEG" if mode == "CMYK" else "PNG"), 100)
    assert (small.mode, small.size) == ("RGB", (100, 50))
    assert min(small.getpixel((50, 25))) > 150
