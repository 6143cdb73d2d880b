import io
import random

import pytest
from PIL import Image

from odapi_ssd.data.jpeg_shortcut import is_sure_to_decode
from odapi_ssd.data.jpeg_structure import check_jpeg
from tests.support.damaged_images import REFUSED, TAKEN, gradient
from tools.fuzz.mutations.images import mutate_image


def without(content, marker):
    """A JPEG file without its first segment of a kind."""
    start = content.index(bytes([0xFF, marker]))
    length = int.from_bytes(content[start + 2 : start + 4], "big")
    return content[:start] + content[start + 2 + length :]


@pytest.mark.parametrize(
    "content",
    [
        gradient("JPEG"),
        gradient("JPEG", "L"),
        gradient("JPEG", "CMYK"),
        gradient("JPEG", restart_marker_blocks=1),
        gradient("JPEG") + b"something after its end",
        TAKEN["mpo"],
    ],
)
def test_usual_files(content):
    assert is_sure_to_decode(content)


@pytest.mark.parametrize("name", [name for name in REFUSED if "jpeg" in name])
def test_damaged_files(name):
    assert not is_sure_to_decode(REFUSED[name])


def test_a_file_of_many_rows_that_is_cut_short():
    buffer = io.BytesIO()
    Image.effect_noise((400, 300), 50).save(buffer, "JPEG")
    content = buffer.getvalue()
    assert len(content) > 20_000
    assert is_sure_to_decode(content)
    assert not is_sure_to_decode(content[:-2])
    assert not is_sure_to_decode(content[: len(content) // 2])


@pytest.mark.parametrize("marker", [0xDB, 0xC0])
def test_files_without_quantization_or_frame(marker):
    assert not is_sure_to_decode(without(gradient("JPEG", "L"), marker))


def test_progressive_files_have_to_be_decoded():
    assert not is_sure_to_decode(gradient("JPEG", progressive=True))


def test_what_is_sure_decodes():
    """Of files damaged at random, none that full decoding refuses."""
    generator, num_sure, num_damaged = random.Random(4), 0, 3000
    sources = [gradient("JPEG"), gradient("JPEG", "L"), gradient("JPEG", subsampling=0)]
    for _ in range(num_damaged):
        content = mutate_image(generator, generator.choice(sources), sources)
        try:
            is_sure = is_sure_to_decode(content)
        except Exception:  # as the caller's own opening of it would raise
            continue
        if is_sure:
            with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
                image.load()
            check_jpeg(content)
            num_sure += 1
    assert 300 < num_sure < 2000
