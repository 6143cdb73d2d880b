import re

import pytest

from odapi_ssd.data.jpeg_structure import check_jpeg
from tests.support.damaged_images import REFUSED, TAKEN

END_MISSING = "the JPEG file is cut short or damaged: its end marker is missing"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("jpeg without its end", END_MISSING),
        ("jpeg without its end, with something after", END_MISSING),
        ("jpeg cut within a segment", END_MISSING),
        ("jpeg that ends before its scan", "the JPEG file ends before its first scan"),
        ("lossless jpeg", "TensorFlow does not decode this kind of JPEG (frame 0xC3)"),
    ],
)
def test_damaged_files(name, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        check_jpeg(REFUSED[name])


@pytest.mark.parametrize("name", [name for name in TAKEN if "png" not in name])
def test_unusual_files(name):
    check_jpeg(TAKEN[name])


def test_an_end_in_a_thumbnail_is_not_the_images():
    thumbnail = TAKEN["gray jpeg"]
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    whole = TAKEN["progressive jpeg"]
    check_jpeg(whole[:2] + segment + whole[2:])
    with pytest.raises(ValueError, match="end marker is missing"):
        check_jpeg(whole[:2] + segment + whole[2:-2])
