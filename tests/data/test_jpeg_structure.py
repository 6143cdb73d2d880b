import re

import pytest

from odapi_ssd.data.jpeg_structure import check_jpeg, find_single_scan
from tests.support.damaged_images import REFUSED, TAKEN, gradient

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


class TestSingleScan:
    def test_its_data_follows_its_header(self):
        content = gradient("JPEG")
        header = content.index(b"\xff\xda")
        length = int.from_bytes(content[header + 2 : header + 4], "big")
        assert find_single_scan(content) == header + 2 + length

    @pytest.mark.parametrize("name", ["gray jpeg", "jpeg with restarts", "jpeg with fill bytes"])
    def test_others_that_have_one(self, name):
        assert find_single_scan(TAKEN[name]) is not None

    @pytest.mark.parametrize("name", [name for name in REFUSED if "jpeg" in name])
    def test_none_of_a_damaged_file(self, name):
        assert find_single_scan(REFUSED[name]) is None

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xff\xd8",
            gradient("PNG"),
            TAKEN["progressive jpeg"],
            gradient("JPEG").replace(b"\xff\xc0", b"\xff\xc9"),  # arithmetic coding
        ],
    )
    def test_none_of_other_files(self, content):
        assert find_single_scan(content) is None

    def test_none_where_something_is_between_scan_and_end(self):
        content = gradient("JPEG")
        assert find_single_scan(content[:-2] + b"\xff\xfe\0\2" + content[-2:]) is None

    def test_none_of_a_file_with_two_frames(self):
        content = gradient("JPEG")
        frame = content.index(b"\xff\xc0")
        length = 2 + int.from_bytes(content[frame + 2 : frame + 4], "big")
        assert find_single_scan(content[:frame] + content[frame : frame + length] * 2) is None
