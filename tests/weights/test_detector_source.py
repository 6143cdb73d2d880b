"""The names, kernels, boxes and classes of other programs' SSD300, without TensorFlow."""

import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights import slim_ssd, ssd300, torchvision_ssd, tutorial_ssd
from odapi_ssd.weights.detector_source import detector_rules, num_classes
from odapi_ssd.weights.mapping import StoredArray

SOURCES = {
    "torchvision": torchvision_ssd.SOURCE,
    "tutorial": tutorial_ssd.SOURCE,
    "slim": slim_ssd.SOURCE,
}
AS_THEY_ARE = [range(boxes) for boxes in ssd300.BOXES_PER_CELL]


def _rules(source, orders=AS_THEY_ARE, classes=20):
    rules = detector_rules(source, {}, classes, orders)
    return {rule.target: rule for rule in rules}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
class TestEverySource:
    def test_names_each_layer_once(self, source):
        convolutions = (
            *ssd300.NETWORK, *ssd300.ADDED, *ssd300.heads("boxes", 4), *ssd300.heads("classes", 21)
        )  # fmt: skip
        assert set(source.layers) == {convolution.name for convolution in convolutions}
        assert len({rule.source for rule in _rules(source).values()}) == 2 * 35 + 1

    def test_has_8732_anchors_on_the_six_maps(self, source):
        assert len(source.anchors.boxes_yxyx()) == 8732
        per_cell = tuple(len(layer.box_sizes_hw) for layer in source.anchors.layers)
        assert per_cell == ssd300.BOXES_PER_CELL

    def test_boxes_come_as_y_x_h_w(self, source):
        bias = _rules(source)["boxes_0/bias"].convert(np.arange(16.0))
        assert bias.tolist() == [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14]

    def test_boxes_and_classes_follow_the_cell_s_order(self, source):
        orders = [(1, 0, 3, 2), *AS_THEY_ARE[1:]]
        rules = _rules(source, orders, classes=2)
        boxes = rules["boxes_0/bias"].convert(np.arange(16.0))
        assert boxes.tolist() == [5, 4, 7, 6, 1, 0, 3, 2, 13, 12, 15, 14, 9, 8, 11, 10]
        classes = rules["classes_0/bias"].convert(np.arange(12.0))
        assert classes.tolist() == [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8]
        unchanged = rules["classes_4/bias"].convert(np.arange(12.0))
        assert unchanged.tolist() == list(range(12))


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("torchvision", "block1_conv1/kernel", "backbone.features.0.weight"),
        ("torchvision", "block4_conv3/bias", "backbone.features.21.bias"),
        ("torchvision", "block5_conv2/kernel", "backbone.extra.0.3.weight"),
        ("torchvision", "conv6/kernel", "backbone.extra.0.7.1.weight"),
        ("torchvision", "conv7/bias", "backbone.extra.0.7.3.bias"),
        ("torchvision", "added_1_1/kernel", "backbone.extra.1.0.weight"),
        ("torchvision", "added_4_2/kernel", "backbone.extra.4.2.weight"),
        ("torchvision", "boxes_5/kernel", "head.regression_head.module_list.5.weight"),
        ("torchvision", "classes_0/bias", "head.classification_head.module_list.0.bias"),
        ("torchvision", "conv4_3_norm/scale", "backbone.scale_weight"),
        ("tutorial", "block3_conv3/kernel", "base.conv3_3.weight"),
        ("tutorial", "added_1_2/kernel", "aux_convs.conv8_2.weight"),
        ("tutorial", "added_4_1/bias", "aux_convs.conv11_1.bias"),
        ("tutorial", "boxes_0/kernel", "pred_convs.loc_conv4_3.weight"),
        ("tutorial", "classes_5/kernel", "pred_convs.cl_conv11_2.weight"),
        ("tutorial", "conv4_3_norm/scale", "rescale_factors"),
        ("slim", "block1_conv1/kernel", "ssd_300_vgg/conv1/conv1_1/weights"),
        ("slim", "conv7/bias", "ssd_300_vgg/conv7/biases"),
        ("slim", "added_1_1/kernel", "ssd_300_vgg/block8/conv1x1/weights"),
        ("slim", "added_4_2/bias", "ssd_300_vgg/block11/conv3x3/biases"),
        ("slim", "boxes_0/kernel", "ssd_300_vgg/block4_box/conv_loc/weights"),
        ("slim", "classes_1/kernel", "ssd_300_vgg/block7_box/conv_cls/weights"),
        ("slim", "classes_5/bias", "ssd_300_vgg/block11_box/conv_cls/biases"),
        ("slim", "conv4_3_norm/scale", "ssd_300_vgg/block4_box/L2Normalization/gamma"),
    ],
)
def test_names(name, ours, theirs):
    assert _rules(SOURCES[name])[ours].source == theirs


class TestKernels:
    @pytest.mark.parametrize(
        ("name", "shape"), [("tutorial", (512, 256, 3, 3)), ("slim", (3, 3, 256, 512))]
    )
    def test_shape_in_the_file(self, name, shape):
        assert _rules(SOURCES[name])["block4_conv1/kernel"].shape == shape

    def test_pytorch_s_axes_are_turned(self):
        kernel = np.arange(512 * 256 * 9.0).reshape(512, 256, 3, 3)
        turned = _rules(SOURCES["tutorial"])["block4_conv1/kernel"].convert(kernel)
        assert turned.shape == (3, 3, 256, 512)
        assert turned[1, 2, 7, 11] == kernel[11, 7, 1, 2]

    def test_slim_s_stay(self):
        kernel = np.arange(3 * 3 * 3 * 64.0).reshape(3, 3, 3, 64)
        convert = _rules(SOURCES["slim"])["block1_conv1/kernel"].convert
        np.testing.assert_array_equal(convert(kernel), kernel)


class TestNorm:
    def test_the_tutorial_s_factors_lose_their_axes(self):
        rule = _rules(SOURCES["tutorial"])["conv4_3_norm/scale"]
        assert rule.shape == (1, 512, 1, 1)
        assert rule.convert(np.zeros(rule.shape)).shape == (512,)

    @pytest.mark.parametrize("shape", [(512,), (1, 1, 1, 512)])
    def test_slim_s_may_have_axes(self, shape):
        source = SOURCES["slim"]
        stored = {source.norm: StoredArray(shape, lambda: np.zeros(shape))}
        (rule,) = (
            rule
            for rule in detector_rules(source, stored, 20, AS_THEY_ARE)
            if rule.source == source.norm
        )
        assert rule.shape == shape
        assert rule.convert(stored[source.norm].read()).shape == (512,)


class TestNumClasses:
    HEAD = "pred_convs.cl_conv4_3.bias"

    @pytest.mark.parametrize(("length", "classes"), [(84, 20), (8, 1), (364, 90)])
    def test_from_the_first_head(self, length, classes):
        stored = {self.HEAD: StoredArray((length,), list)}
        assert num_classes(SOURCES["tutorial"], stored, "f") == classes

    @pytest.mark.parametrize("shape", [(), (0,), (4,), (85,), (84, 1), (4 * 10**12,)])
    def test_a_head_for_other_boxes(self, shape):
        stored = {self.HEAD: StoredArray(shape, list)}
        with pytest.raises(OdapiError, match="4 boxes times the number of classes"):
            num_classes(SOURCES["tutorial"], stored, "f")

    def test_no_head(self):
        with pytest.raises(OdapiError, match=r"no array pred_convs\.cl_conv4_3\.bias"):
            num_classes(SOURCES["tutorial"], {}, "f")
