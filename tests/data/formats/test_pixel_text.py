import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odapi_ssd.data.formats.pixel_text import pixel_text


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


class TestPixels:
    @pytest.mark.parametrize(
        ("pixels", "side", "text"),
        [(48, 500, "48"), (0, 7, "0"), (7, 7, "7"), (12.5, 40, "12.5"), (1 / 3, 333, "0.33333")],
    )
    def test_as_short_as_may_be(self, pixels, side, text):
        written = pixel_text(float32(pixels / side), side)
        assert written[: len(text)] == text
        assert float32(float(written) / side) == float32(pixels / side)

    @given(st.floats(0, 1, width=32), st.integers(1, 100_000))
    @settings(max_examples=1000)
    def test_any_value_comes_back(self, value, side):
        text = pixel_text(value, side)
        assert float32(float(text) / side) == value
        assert set(text) <= set("0123456789.")
        assert float(text) <= side

    @given(st.floats(0, 1, width=32), st.floats(0, 1, width=32), st.integers(1, 100_000))
    @settings(max_examples=500, deadline=None)
    def test_so_does_a_length(self, one, other, side):
        start, end = sorted((one, other))
        start_px = float(pixel_text(start, side))
        length_px = float(pixel_text(end, side, start_px))
        assert float32((start_px + length_px) / side) == end

    def test_a_length_is_as_short_as_may_be(self):
        assert pixel_text(float32(48 / 500), 500, 12.0) == "36"
