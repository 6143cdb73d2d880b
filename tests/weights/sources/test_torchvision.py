"""torchvision's `ssd300_vgg16`: its names of our variables."""

import pytest

from odapi_ssd.weights import ssd300
from odapi_ssd.weights.detector_source import detector_rules
from odapi_ssd.weights.sources.torchvision import SOURCE


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("block1_conv1/kernel", "backbone.features.0.weight"),
        ("block4_conv3/bias", "backbone.features.21.bias"),
        ("block5_conv2/kernel", "backbone.extra.0.3.weight"),
        ("conv6/kernel", "backbone.extra.0.7.1.weight"),
        ("conv7/bias", "backbone.extra.0.7.3.bias"),
        ("added_1_1/kernel", "backbone.extra.1.0.weight"),
        ("added_4_2/kernel", "backbone.extra.4.2.weight"),
        ("boxes_5/kernel", "head.regression_head.module_list.5.weight"),
        ("classes_0/bias", "head.classification_head.module_list.0.bias"),
        ("conv4_3_norm/scale", "backbone.scale_weight"),
    ],
)
def test_names(ours, theirs):
    orders = [range(boxes) for boxes in ssd300.BOXES_PER_CELL]
    rules = {rule.target: rule for rule in detector_rules(SOURCE, {}, 20, orders)}
    assert rules[ours].source == theirs
