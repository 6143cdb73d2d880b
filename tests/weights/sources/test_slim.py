"""The TF1 port's ssd_300_vgg: its names of our variables."""

import pytest

from odapi_ssd.weights import ssd300
from odapi_ssd.weights.detector_source import detector_rules
from odapi_ssd.weights.sources.slim import SOURCE


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("block1_conv1/kernel", "ssd_300_vgg/conv1/conv1_1/weights"),
        ("conv7/bias", "ssd_300_vgg/conv7/biases"),
        ("added_1_1/kernel", "ssd_300_vgg/block8/conv1x1/weights"),
        ("added_4_2/bias", "ssd_300_vgg/block11/conv3x3/biases"),
        ("boxes_0/kernel", "ssd_300_vgg/block4_box/conv_loc/weights"),
        ("classes_1/kernel", "ssd_300_vgg/block7_box/conv_cls/weights"),
        ("classes_5/bias", "ssd_300_vgg/block11_box/conv_cls/biases"),
        ("conv4_3_norm/scale", "ssd_300_vgg/block4_box/L2Normalization/gamma"),
    ],
)
def test_names(ours, theirs):
    orders = [range(boxes) for boxes in ssd300.BOXES_PER_CELL]
    rules = {rule.target: rule for rule in detector_rules(SOURCE, {}, 20, orders)}
    assert rules[ours].source == theirs
