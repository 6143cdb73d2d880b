"""Names that NumPy has removed."""

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_removed_names_and_the_binary_mode_of_fromstring():
    assert np.zeros(2, np.float).dtype == np.float64
    assert np.array([b"ab"]).dtype.type is np.string_
    assert np.isnan(np.NAN)
    text = np.fromstring("1 2", dtype=int, sep=" ")
    np.testing.assert_array_equal(text, [1, 2])
    binary = np.fromstring(b"\x01\x02\x03", dtype=np.uint8, count=2)
    binary[0] = 9  # a copy, which can be written to
    np.testing.assert_array_equal(binary, [9, 2])
