"""Sizes of maps after a layer, by hand and by counting where a kernel fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odapi_ssd.extractors.geometry import conv_size, same_size


@pytest.mark.parametrize(
    ("side", "times", "expected"),
    [(300, 1, 150), (75, 1, 38), (300, 3, 38), (300, 4, 19), (300, 5, 10), (512, 4, 32),
     (1, 4, 1), (0, 3, 0), (7, 0, 7)],
)  # fmt: skip
def test_same_size(side, times, expected):
    assert same_size(side, times) == expected


@pytest.mark.parametrize(
    ("side", "layer", "expected"),
    [
        (299, {"kernel": 3, "stride": 2}, 149),
        (149, {"kernel": 3}, 147),
        (10, {"kernel": 3, "stride": 2, "padding": 1}, 5),
        (9, {"kernel": 3, "stride": 2, "padding": 1}, 5),
        (2, {"kernel": 4, "padding": 1}, 1),
        (3, {"kernel": 3}, 1),
        (2, {"kernel": 3}, 0),
        (0, {"kernel": 3, "stride": 2}, 0),
        (0, {"kernel": 3, "padding": 1}, 0),
        (1, {"kernel": 7}, 0),
    ],
)
def test_conv_size(side, layer, expected):
    assert conv_size(side, **layer) == expected


@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 4), st.integers(0, 3))
def test_conv_size_counts_the_places_of_the_kernel(side, kernel, stride, padding):
    last_start = side + padding - kernel
    assert conv_size(side, kernel, stride, padding) == len(range(-padding, last_start + 1, stride))


@given(st.integers(1, 2000), st.integers(0, 7))
def test_same_size_rounds_up_each_time(side, times):
    expected = side
    for _ in range(times):
        expected = (expected + 1) // 2
    assert same_size(side, times) == expected
