"""Images that TensorFlow takes and refuses; the API's own decoder agrees."""

import io

import pytest
from PIL import Image

from odapi_ssd.check.tensorflow_images import describe_refusal
from odapi_ssd.data.images import read_image
from odapi_ssd.errors import OdapiError
from tests.support.config_checks import example, image_file
from tests.support.damaged_images import REFUSED, TAKEN, with_header

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

DAMAGED = "TensorFlow does not decode it: its data is damaged, incomplete or no image"


def animation() -> bytes:
    content = io.BytesIO()
    frames = [Image.new("P", (4, 2), color) for color in (0, 1)]
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:])
    return content.getvalue()


CASES = {
    "jpeg": (image_file("JPEG"), None),
    "gray jpeg": (image_file("JPEG", "L"), None),
    "cmyk": (image_file("JPEG", "CMYK"), None),
    "png": (image_file("PNG"), None),
    "palette": (image_file("PNG", "P"), None),
    "16 bit": (image_file("PNG", "I;16"), None),
    "bmp": (image_file("BMP"), None),
    "animation": (animation(), "TensorFlow decodes it as an animation, which training cannot use"),
    "jpeg without its end": (image_file("JPEG")[:-2], DAMAGED),
    "png without its end": (image_file("PNG")[:-12], DAMAGED),
    "text": (b"text", DAMAGED),
    "nothing": (b"", DAMAGED),
}


@pytest.mark.parametrize("name", CASES)
def test_refusals_are_those_of_the_apis_decoder(name, capfd):
    import tensorflow as tf
    from object_detection.data_decoders.tf_example_decoder import TfExampleDecoder

    encoded, expected = CASES[name]
    assert describe_refusal(encoded) == expected
    assert capfd.readouterr() == ("", "")

    decode = tf.function(TfExampleDecoder().decode)
    try:
        is_taken = decode(tf.constant(example(encoded=encoded)))["image"].shape.rank == 3
    except tf.errors.InvalidArgumentError:
        is_taken = False
    assert is_taken is (expected is None)


@pytest.mark.parametrize("name", REFUSED)
def test_what_convert_refuses_tensorflow_refuses(name, tmp_path):
    assert describe_refusal(REFUSED[name]) is not None
    path = tmp_path / "a.img"
    path.write_bytes(REFUSED[name])
    with pytest.raises(OdapiError, match=r"a\.img"):
        read_image(path)


@pytest.mark.parametrize("name", TAKEN)
def test_what_convert_takes_tensorflow_takes(name, tmp_path):
    path = tmp_path / "a.img"
    path.write_bytes(TAKEN[name])
    image = read_image(path)
    assert describe_refusal(image.encoded, image.image_hw) is None


def test_another_size_than_expected():
    assert describe_refusal(image_file("PNG"), (20, 40)) is None
    assert describe_refusal(image_file("PNG"), (40, 20)) == (
        "TensorFlow decodes 40x20 pixels of it, expected 20x40"
    )


def test_an_image_that_is_too_large():
    content = with_header(width=30_000, height=30_000)
    assert describe_refusal(content) == "it is too large for TensorFlow"
