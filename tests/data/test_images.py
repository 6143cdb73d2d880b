import hashlib
import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageColor, ImageStat

from odapi_ssd.data.images import check_image, decoding_fault, read_image
from odapi_ssd.errors import OdapiError
from tests.support.damaged_images import changed_png, with_header, write_chunks


def encode(image: Image.Image, image_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def gradient(mode: str = "RGB") -> Image.Image:
    """40 wide, 20 high, a gradient, so that files have some length."""
    return Image.linear_gradient("L").resize((40, 20)).convert(mode)


# Mode, format, options of saving, format in records, whether the bytes are kept.
CASES = {
    "jpeg": ("RGB", "JPEG", {}, "jpeg", True),
    "progressive jpeg": ("RGB", "JPEG", {"progressive": True}, "jpeg", True),
    "jpeg of RGB": ("RGB", "JPEG", {"keep_rgb": True}, "jpeg", True),
    "jpeg of several images": ("RGB", "MPO", {"save_all": True}, "jpeg", True),
    "gray jpeg": ("L", "JPEG", {}, "jpeg", False),
    "cmyk jpeg": ("CMYK", "JPEG", {}, "jpeg", False),
    "png": ("RGB", "PNG", {}, "png", True),
    "gray png": ("L", "PNG", {}, "png", False),
    "png of one bit": ("1", "PNG", {}, "png", False),
    "palette": ("P", "PNG", {}, "png", False),
    "transparent palette": ("P", "PNG", {"transparency": bytes([0, 100, 255])}, "png", False),
    "transparent color": ("RGB", "PNG", {"transparency": (1, 1, 1)}, "png", False),
    "transparent gray": ("L", "PNG", {"transparency": 7}, "png", False),
    "png with alpha": ("RGBA", "PNG", {}, "png", False),
    "gray png with alpha": ("LA", "PNG", {}, "png", False),
    "bmp": ("RGB", "BMP", {}, "png", False),
    "gray bmp": ("L", "BMP", {}, "png", False),
    "bmp with a palette": ("P", "BMP", {}, "png", False),
    "bmp of one bit": ("1", "BMP", {}, "png", False),
    "bmp with alpha": ("RGBA", "BMP", {}, "png", False),
    "gif": ("P", "GIF", {}, "png", False),
    "webp": ("RGB", "WEBP", {}, "png", False),
    "lossless webp": ("RGB", "WEBP", {"lossless": True}, "png", False),
    "webp with alpha": ("RGBA", "WEBP", {"lossless": True, "exact": True}, "png", False),
}


def colored(mode: str = "RGB") -> Image.Image:
    """40 wide, 20 high, different in all channels; alpha from 0 to 255."""
    ramp = Image.linear_gradient("L")
    channels = (ramp, ramp.rotate(90), ramp.rotate(180), ramp.rotate(270))
    image = Image.merge("RGBA", [one.resize((40, 20)) for one in channels])
    return image if mode == "RGBA" else image.convert("RGB").convert(mode)


@pytest.fixture(params=CASES)
def case(request):
    """A case, with the content of its file before the rest."""
    mode, image_format, options, *rest = CASES[request.param]
    return encode(colored(mode), image_format, **options), *rest


def test_formats(tmp_path, case):
    content, record_format, is_kept = case
    path = tmp_path / "a.dat"
    path.write_bytes(content)
    checked = read_image(path)
    assert (checked.image_hw, checked.file_hw) == ((20, 40), (20, 40))
    assert checked.record_format == record_format
    assert (checked.encoded == content) is is_kept
    assert checked.sha256 == hashlib.sha256(checked.encoded).hexdigest()
    with Image.open(io.BytesIO(checked.encoded)) as image:
        assert image.format in (record_format.upper(), "MPO")
        assert image.mode == "RGB"
        assert "transparency" not in image.info
        with Image.open(io.BytesIO(content)) as original:
            difference = ImageChops.difference(image, original.convert("RGB"))
            assert max(most for _, most in difference.getextrema()) <= 3 * (record_format == "jpeg")


def test_png_is_read_before_any_jpeg_in_a_fresh_process(tmp_path):
    """Pillow registers some formats only once others have been opened."""
    import subprocess
    import sys

    path = tmp_path / "a.png"
    path.write_bytes(encode(gradient(), "PNG"))
    code = (
        "import pathlib, sys; from odapi_ssd.data.images import decoding_fault, read_image;"
        "print(read_image(pathlib.Path(sys.argv[1])).record_format)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert done.stdout == "png\n", done.stderr


def test_reencoding_loses_nothing(tmp_path):
    path = tmp_path / "a.bmp"
    path.write_bytes(encode(gradient(), "BMP"))
    with Image.open(io.BytesIO(read_image(path).encoded)) as image:
        assert image.tobytes() == gradient().tobytes()


def test_the_upper_bits_of_sixteen_count(tmp_path):
    path = tmp_path / "a.png"
    Image.new("I;16", (40, 20), 40000).save(path)
    with Image.open(io.BytesIO(read_image(path).encoded)) as image:
        assert (image.mode, image.getextrema()) == ("RGB", ((40000 >> 8,) * 2,) * 3)


def test_sixteen_bits_of_color():
    """Made by hand: Pillow does not write it, and reads it as eight bits."""
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    row = struct.pack(">B6H", 0, 0x1234, 0x00FF, 0xFFFF, 0, 256, 0x8000)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(row)), (b"IEND", b"")]
    checked = check_image(write_chunks(chunks), "a.png")
    assert checked.encoded[24] == 8
    with Image.open(io.BytesIO(checked.encoded)) as image:
        assert list(image.tobytes()) == [0x12, 0, 0xFF, 0, 1, 0x80]


@pytest.mark.parametrize("progressive", [False, True])
def test_gray_jpeg_becomes_color_without_a_trace(progressive):
    content = encode(Image.effect_noise((64, 47), 90), "JPEG", progressive=progressive)
    with Image.open(io.BytesIO(content)) as image:
        original = image.convert("RGB").tobytes()
    with Image.open(io.BytesIO(check_image(content, "a.jpg").encoded)) as image:
        assert (image.mode, image.tobytes()) == ("RGB", original)


def test_gray_jpeg_of_a_kind_that_cannot_get_colors_is_encoded_anew(monkeypatch):
    """Such as an arithmetic coded one, which Pillow does not write."""
    monkeypatch.setattr("odapi_ssd.data.images.add_colors", lambda content: None)
    checked = check_image(encode(gradient("L"), "JPEG"), "a.jpg")
    assert checked.record_format == "jpeg"
    with Image.open(io.BytesIO(checked.encoded)) as image:
        assert image.mode == "RGB"


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame(image_format):
    frames = [Image.new("RGB", (40, 20), color) for color in ("#ff0000", "#0000ff", "#00ff00")]
    options = {"lossless": True} if image_format == "WEBP" else {}
    content = encode(
        frames[0], image_format, save_all=True, append_images=frames[1:], duration=9, **options
    )
    checked = check_image(content, "a")
    assert checked.is_first_frame
    with Image.open(io.BytesIO(checked.encoded)) as image:
        assert not getattr(image, "is_animated", False)
        assert image.getpixel((3, 3)) == (255, 0, 0)
    assert not check_image(encode(frames[0], image_format), "a").is_first_frame


@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "GIF"])
def test_transparent_pixels_keep_their_color_and_are_told(image_format):
    image = Image.new("RGBA", (40, 20), (250, 120, 0, 255))
    options = {"lossless": True, "exact": True} if image_format == "WEBP" else {}
    assert not check_image(encode(image, image_format, **options), "a").had_transparency
    image.paste((250, 120, 0, 0), (0, 0, 20, 20))
    checked = check_image(encode(image, image_format, **options), "a")
    assert checked.had_transparency
    if image_format != "GIF":  # Pillow writes another color there.
        with Image.open(io.BytesIO(checked.encoded)) as stored:
            assert stored.getextrema() == ((250, 250), (120, 120), (0, 0))


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize(
    ("size_wh", "expected_wh"),
    [((40, 20), (40, 20)), ((80, 40), (40, 20)), ((30, 90), (13, 40)), ((4000, 10), (40, 1))],
)
def test_images_made_smaller(image_format, size_wh, expected_wh):
    image = colored().resize(size_wh)
    content = encode(image, image_format)
    checked = check_image(content, "a", max_side=40)
    assert checked.image_hw == expected_wh[::-1]
    assert checked.file_hw == size_wh[::-1]
    assert (checked.resized_from_hw is not None) is (size_wh != expected_wh)
    assert checked.record_format == ("jpeg" if image_format == "JPEG" else "png")
    assert checked.sha256 == hashlib.sha256(checked.encoded).hexdigest()
    with Image.open(io.BytesIO(checked.encoded)) as small:
        assert (small.mode, small.size) == ("RGB", expected_wh)


def test_a_smaller_image_shows_the_same(tmp_path):
    image = colored().resize((1600, 800))
    for image_format in ("JPEG", "PNG"):
        checked = check_image(encode(image, image_format), "a", max_side=100)
        expected = image.resize((100, 50), Image.Resampling.LANCZOS)
        with Image.open(io.BytesIO(checked.encoded)) as small:
            difference = ImageChops.difference(small, expected)
        assert max(ImageStat.Stat(difference).mean) < 1.5


def test_content_counts_not_the_ending(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(encode(gradient(), "PNG"))
    assert read_image(path).record_format == "png"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("max_side", [None, 32])
def test_exif_orientation_is_told_and_not_applied(image_format, mode, max_side):
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new(mode, (40, 20))
    image.paste(ImageColor.getcolor("white", mode), (0, 0, 20, 20))
    checked = check_image(encode(image, image_format, exif=exif), "a", max_side)
    assert checked.exif_orientation == 6
    assert checked.image_hw == ((20, 40) if max_side is None else (16, 32))
    is_kept = max_side is None and (image_format, mode) in {
        ("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGB")
    }  # fmt: skip
    with Image.open(io.BytesIO(checked.encoded)) as stored:
        assert stored.getexif().get(0x0112) == (6 if is_kept else None)
        assert min(stored.getpixel((4, 8))) > 250
        assert max(stored.getpixel((28, 8))) < 5


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_truncated(tmp_path, image_format, share):
    content = encode(gradient("L"), image_format)
    path = tmp_path / "broken.jpg"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(OdapiError, match=r"broken\.jpg"):
        read_image(path)


@pytest.mark.parametrize("num_bytes", [1, 4, 5, 12, 13])
def test_png_without_its_end_is_refused_as_tensorflow_does(tmp_path, num_bytes):
    path = tmp_path / "broken.png"
    path.write_bytes(encode(gradient(), "PNG")[:-num_bytes])
    with pytest.raises(OdapiError, match=r"broken\.png: cannot be decoded"):
        read_image(path)


def test_unknown_format(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_text("not an image")
    with pytest.raises(OdapiError, match=r"a\.jpg: is not a JPEG, PNG, BMP, GIF or WebP"):
        read_image(path)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
def test_decompression_bomb(tmp_path, monkeypatch, image_format):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 300)
    path = tmp_path / "a.png"
    path.write_bytes(encode(gradient(), image_format))
    with pytest.raises(
        OdapiError, match=r"a.png: may be a decompression bomb: 40x20 pixels, expected 600 pixels"
    ):
        read_image(path)


@pytest.mark.parametrize("size_wh", [(65_500, 65_500), (2**31 - 1, 1), (20_000, 20_000)])
def test_a_size_that_a_header_only_claims_is_refused_before_memory_is_asked_for(size_wh):
    png = with_header(width=size_wh[0], height=size_wh[1])
    jpeg = bytearray(encode(gradient(), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", size_wh[1] % 2**16, size_wh[0] % 2**16)
    tracemalloc.start()
    for content in (png, bytes(jpeg)) if max(size_wh) < 2**16 else (png,):
        with pytest.raises(OdapiError, match=f"bomb: {size_wh[0]}x{size_wh[1]} pixels"):
            check_image(content, "a.png", max_side=100)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_frames_larger_than_the_animation_claims_count(monkeypatch):
    """A GIF of one pixel by its header, whose frame is larger."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 300)
    content = bytearray(encode(gradient("P"), "GIF"))
    content[6:10] = struct.pack("<HH", 1, 1)
    with pytest.raises(OdapiError, match="bomb"):
        check_image(bytes(content), "a.gif")


@pytest.mark.parametrize("size_wh", [(1, 1), (20_000, 10), (10, 20_000)])
def test_unusual_sizes(size_wh):
    for image_format in ("JPEG", "PNG", "BMP", "GIF"):
        content = encode(Image.new("RGB", size_wh), image_format)
        assert check_image(content, "a").image_hw == size_wh[::-1]


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP", b"iTXt"])
def test_compressed_metadata_that_explodes_is_refused_in_plain_words(kind):
    packed = zlib.compress(bytes(2_000_000))
    body = b"a\0\1\0\0\0" + packed if kind == b"iTXt" else b"a\0\0" + packed
    content = changed_png(lambda chunks: [chunks[0], (kind, body), *chunks[1:]])
    with pytest.raises(OdapiError, match="more than a megabyte when decompressed; save it without"):
        check_image(content, "a.png")


@pytest.mark.tf
def test_tensorflow_decodes_what_is_let_through_to_the_same_pixels(case):
    """The pixels that it makes of the file itself, where it takes that."""
    from odapi_ssd.compat import import_tensorflow

    tf = import_tensorflow()
    content, record_format, _ = case
    decode = tf.io.decode_jpeg if record_format == "jpeg" else tf.image.decode_image
    checked = check_image(content, "a")
    pixels = decode(checked.encoded, channels=3).numpy().astype(int)
    with Image.open(io.BytesIO(content)) as image:
        expected = np.asarray(image.convert("RGB")).astype(int)
    # TensorFlow decodes JPEG by faster, less exact arithmetic than Pillow.
    assert abs(pixels - expected).max() <= 8 * (record_format == "jpeg")
    if content.startswith((b"\xff\xd8", b"\x89PNG")):
        of_file = decode(content, channels=3).numpy().astype(int)
        assert abs(pixels - of_file).max() <= 8 * (record_format == "jpeg")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("image file is truncated"), "image file is truncated"),
        (IndexError("list index out of range"), "its data is damaged"),
        (OSError(), "its data is damaged"),
        (MemoryError(), "there is not enough memory for it"),
    ],
)
def test_what_python_says_is_not_shown(error, words):
    assert decoding_fault(error) == words
