import io

import pytest
from PIL import Image

from odapi_ssd.data.images import decoding_fault, read_image
from odapi_ssd.errors import OdapiError


def encode(image: Image.Image, image_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def gradient(mode: str = "RGB") -> Image.Image:
    """40 wide, 20 high, a gradient, so that files have some length."""
    return Image.linear_gradient("L").resize((40, 20)).convert(mode)


CASES = [
    *[(mode, "JPEG", "jpeg", True) for mode in ("RGB", "L", "CMYK")],
    *[(mode, "PNG", "png", True) for mode in ("RGB", "L", "RGBA", "LA", "P", "1")],
    *[(mode, "BMP", "png", False) for mode in ("RGB", "L", "P", "1", "RGBA")],
    ("P", "GIF", "png", False),
]


@pytest.mark.parametrize(("mode", "image_format", "record_format", "is_kept"), CASES)
def test_formats(tmp_path, mode, image_format, record_format, is_kept):
    content = encode(gradient(mode), image_format)
    path = tmp_path / "a.dat"
    path.write_bytes(content)
    checked = read_image(path)
    assert checked.image_hw == (20, 40)
    assert checked.record_format == record_format
    assert (checked.encoded == content) is is_kept
    with Image.open(io.BytesIO(checked.encoded)) as image:
        assert image.format == record_format.upper()


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


def test_sixteen_bit_png(tmp_path):
    path = tmp_path / "a.png"
    Image.new("I;16", (40, 20), 40000).save(path)
    assert read_image(path).record_format == "png"


def test_content_counts_not_the_ending(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(encode(gradient(), "PNG"))
    assert read_image(path).record_format == "png"


def test_exif_orientation_is_told_and_not_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.jpg"
    path.write_bytes(encode(gradient(), "JPEG", exif=exif))
    checked = read_image(path)
    assert checked.exif_orientation == 6
    assert checked.image_hw == (20, 40)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "BMP"])
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
    with pytest.raises(OdapiError, match=r"a\.jpg: is not a JPEG, PNG, BMP or GIF"):
        read_image(path)


def test_decompression_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    path = tmp_path / "a.png"
    path.write_bytes(encode(gradient(), "PNG"))
    with pytest.raises(OdapiError, match=r"a.png: .*decompression bomb"):
        read_image(path)


@pytest.mark.tf
@pytest.mark.parametrize(("mode", "image_format", "record_format", "is_kept"), CASES)
def test_tensorflow_decodes_what_is_let_through(
    tmp_path, mode, image_format, record_format, is_kept
):
    from odapi_ssd.compat import import_tensorflow

    tf = import_tensorflow()
    path = tmp_path / "a.dat"
    path.write_bytes(encode(gradient(mode), image_format))
    decode = tf.io.decode_jpeg if record_format == "jpeg" else tf.image.decode_image
    assert decode(read_image(path).encoded, channels=3).shape == (20, 40, 3)


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
