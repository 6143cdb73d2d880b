import re

import pytest

from odapi_ssd.data.png_structure import check_png
from tests.support.damaged_images import REFUSED, TAKEN, changed_png

# The beginning of what is said of each.
REASONS = {
    "png without its end": "the PNG file is cut short or damaged: its end (IEND) is missing",
    "png whose end has a length": "the PNG file is cut short or damaged: its end (IEND)",
    "png with a wrong checksum": "the checksum of the PNG chunk IDAT is wrong",
    "png with more rows in its header": "the data of the PNG file is cut short or damaged: rows",
    "png that claims to be interlaced": "the data of the PNG file is cut short or damaged: rows",
    "png with an unknown compression": "the PNG header (IHDR) names an unknown method",
    "png with an unknown filter method": "the PNG header (IHDR) names an unknown method",
    "png with an unknown interlacing": "the PNG header (IHDR) names an unknown method",
    "png that is too wide": "the image is too large for TensorFlow: 1000001x1 pixels",
    "png with two headers": "the PNG file does not begin with its only header (IHDR)",
    "png with its header later": "the PNG file does not begin with its only header (IHDR)",
    "png without its palette": "the PNG file has no palette (PLTE) before its data",
    "png with two palettes": "the PNG file has two palettes (PLTE)",
    "png with an unknown critical chunk": "the PNG file has the critical chunk ABCD",
    "png with a chunk of no name": "the PNG file has a chunk of no legal name, ab1d",
    "png with data cut short": "the data of the PNG file is cut short or damaged: rows",
    "png with longer data cut short": "the data of the PNG file is cut short or damaged: rows",
    "png with damaged data": "the data of the PNG file is damaged",
    "png with an unknown filter": "the data of the PNG file is damaged: a row has an unknown",
    "png with an unknown filter in its last row": "the data of the PNG file is damaged: a row",
}


def test_every_damaged_file_has_its_reason():
    assert set(REASONS) == {name for name in REFUSED if name.startswith("png")}


@pytest.mark.parametrize("name", REASONS)
def test_damaged_files(name):
    with pytest.raises(ValueError, match=re.escape(REASONS[name])):
        check_png(REFUSED[name])


@pytest.mark.parametrize("name", [name for name in TAKEN if "png" in name])
def test_unusual_files(name):
    check_png(TAKEN[name])


def test_a_palette_with_a_color_cut_short():
    damaged = changed_png(
        lambda chunks: [(kind, body[:-1] if kind == b"PLTE" else body) for kind, body in chunks],
        "P",
    )
    with pytest.raises(ValueError, match=r"palette \(PLTE\) of the PNG file is damaged"):
        check_png(damaged)


@pytest.mark.parametrize("num_bytes", [1, 7, 121, 242])
def test_rows_are_followed_through_blocks_of_any_size(num_bytes, monkeypatch):
    monkeypatch.setattr("odapi_ssd.data.png_structure._BLOCK_BYTES", num_bytes)
    for name in (
        "interlaced png",
        "png of 16 bits",
        "png of one bit",
        "png with more data than rows",
    ):
        check_png(TAKEN[name])
    with pytest.raises(ValueError, match="a row has an unknown filter"):
        check_png(REFUSED["png with an unknown filter in its last row"])
