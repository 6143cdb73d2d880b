"""The PyTorch tutorial's SSD300: its names of our variables."""

import pytest

from odapi_ssd.weights import ssd300
from odapi_ssd.weights.detector_source import detector_rules
from odapi_ssd.weights.sources.tutorial import SOURCE


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("block3_conv3/kernel", "base.conv3_3.weight"),
        ("added_1_2/kernel", "aux_convs.conv8_2.weight"),
        ("added_4_1/bias", "aux_convs.conv11_1.bias"),
        ("boxes_0/kernel", "pred_convs.loc_conv4_3.weight"),
        ("classes_5/kernel", "pred_convs.cl_conv11_2.weight"),
        ("conv4_3_norm/scale", "rescale_factors"),
    ],
)
def test_names(ours, theirs):
    orders = [range(boxes) for boxes in ssd300.BOXES_PER_CELL]
    rules = {rule.target: rule for rule in detector_rules(SOURCE, {}, 20, orders)}
    assert rules[ours].source == theirs
