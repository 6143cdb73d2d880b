"""Keras's networks: their names, VGG-16's decimation, the published widths."""

import numpy as np
import pytest

from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.extractors.registry import EXTRACTORS
from odapi_ssd.weights.sources.keras import (
    NETWORKS,
    decimate_fc6,
    decimate_fc7,
    find_network,
)


class TestDecimation:
    def test_fc6_by_slices_and_by_hand(self):
        # [row, unit] holds 4096·row + unit; row (y·7 + x)·512 + c is channel c's tap (y, x).
        kernel = np.arange(7 * 7 * 512 * 4096, dtype=np.int32).reshape(7 * 7 * 512, 4096)
        conv6 = decimate_fc6(kernel)
        assert conv6.shape == (3, 3, 512, 1024)
        assert conv6[0, 0, 0, 1] == 4
        assert conv6[0, 1, 0, 0] == 3 * 512 * 4096
        assert conv6[2, 1, 5, 7] == ((6 * 7 + 3) * 512 + 5) * 4096 + 28
        rows = kernel.reshape(7, 7, 512, 4096)
        taps = (0, 3, 6)
        for y in range(3):
            for x in range(3):
                expected = rows[taps[y], taps[x]][:, range(0, 4096, 4)]
                np.testing.assert_array_equal(conv6[y, x], expected)

    def test_fc7_by_slices_and_by_hand(self):
        kernel = np.arange(4096 * 4096, dtype=np.int32).reshape(4096, 4096)
        conv7 = decimate_fc7(kernel)
        assert conv7.shape == (1, 1, 1024, 1024)
        assert conv7[0, 0, 1, 2] == 4 * 4096 + 8
        np.testing.assert_array_equal(conv7[0, 0], kernel[::4][:, ::4])


class TestNetworks:
    def test_names_are_those_of_the_registry(self):
        assert set(NETWORKS) <= {extractor.backbone for extractor in EXTRACTORS.values()}

    def test_an_unknown_one_is_refused_and_the_known_listed(self):
        with pytest.raises(OptionError) as caught:
            find_network("inception_v4")
        assert caught.value.problem == (
            "--backbone is 'inception_v4', which Keras has no weights for; "
            f"one of {', '.join(NETWORKS)} was expected."
        )

    # As a config has them, in float32.
    @pytest.mark.parametrize(("width", "published"), [(1.0, 1.0), (1.39999998, 1.4)])
    def test_published_widths(self, width, published):
        assert find_network("mobilenet_v2").published_width(width) == published

    def test_a_width_without_weights(self):
        with pytest.raises(OdapiError, match=r"no weights of a MobileNet with the width 0\.9\."):
            find_network("mobilenet_v1").published_width(0.9)
