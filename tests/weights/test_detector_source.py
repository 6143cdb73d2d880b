"""The names, kernels, boxes and classes of other programs' SSD300, without TensorFlow."""

import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights import ssd300
from odapi_ssd.weights.detector_source import detector_rules, num_classes
from odapi_ssd.weights.mapping import StoredArray
from odapi_ssd.weights.sources import DETECTORS, find_detector, slim, tutorial

SAME_ORDER = [range(boxes) for boxes in ssd300.BOXES_PER_CELL]


def _rules(source, orders=SAME_ORDER, classes=20):
    rules = detector_rules(source, {}, classes, orders)
    return {rule.target: rule for rule in rules}


@pytest.mark.parametrize("source", [find_detector(name) for name in DETECTORS], ids=DETECTORS)
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
        orders = [(1, 0, 3, 2), *SAME_ORDER[1:]]
        rules = _rules(source, orders, classes=2)
        boxes = rules["boxes_0/bias"].convert(np.arange(16.0))
        assert boxes.tolist() == [5, 4, 7, 6, 1, 0, 3, 2, 13, 12, 15, 14, 9, 8, 11, 10]
        classes = rules["classes_0/bias"].convert(np.arange(12.0))
        assert classes.tolist() == [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8]
        unchanged = rules["classes_4/bias"].convert(np.arange(12.0))
        assert unchanged.tolist() == list(range(12))


class TestKernels:
    @pytest.mark.parametrize(
        ("source", "shape"),
        [(tutorial.SOURCE, (512, 256, 3, 3)), (slim.SOURCE, (3, 3, 256, 512))],
        ids=["tutorial", "slim"],
    )
    def test_shape_in_the_file(self, source, shape):
        assert _rules(source)["block4_conv1/kernel"].shape == shape

    def test_pytorch_s_are_transposed(self):
        kernel = np.arange(512 * 256 * 9.0).reshape(512, 256, 3, 3)
        turned = _rules(tutorial.SOURCE)["block4_conv1/kernel"].convert(kernel)
        assert turned.shape == (3, 3, 256, 512)
        assert turned[1, 2, 7, 11] == kernel[11, 7, 1, 2]

    def test_slim_s_are_unchanged(self):
        kernel = np.arange(3 * 3 * 3 * 64.0).reshape(3, 3, 3, 64)
        convert = _rules(slim.SOURCE)["block1_conv1/kernel"].convert
        np.testing.assert_array_equal(convert(kernel), kernel)


class TestNorm:
    def test_the_tutorial_s_scale_is_flattened(self):
        rule = _rules(tutorial.SOURCE)["conv4_3_norm/scale"]
        assert rule.shape == (1, 512, 1, 1)
        assert rule.convert(np.zeros(rule.shape)).shape == (512,)

    @pytest.mark.parametrize("shape", [(512,), (1, 1, 1, 512)])
    def test_slim_s_may_have_rank_1_or_4(self, shape):
        source = slim.SOURCE
        stored = {source.norm: StoredArray(shape, lambda: np.zeros(shape))}
        (rule,) = (
            rule
            for rule in detector_rules(source, stored, 20, SAME_ORDER)
            if rule.source == source.norm
        )
        assert rule.shape == shape
        assert rule.convert(stored[source.norm].read()).shape == (512,)


class TestNumClasses:
    HEAD = "pred_convs.cl_conv4_3.bias"

    @pytest.mark.parametrize(("length", "classes"), [(84, 20), (8, 1), (364, 90)])
    def test_from_the_first_head(self, length, classes):
        stored = {self.HEAD: StoredArray((length,), list)}
        assert num_classes(tutorial.SOURCE, stored, "f") == classes

    @pytest.mark.parametrize("shape", [(), (0,), (4,), (85,), (84, 1), (4 * 10**12,)])
    def test_a_head_for_other_boxes(self, shape):
        stored = {self.HEAD: StoredArray(shape, list)}
        with pytest.raises(OdapiError, match="4 boxes times the number of classes"):
            num_classes(tutorial.SOURCE, stored, "f")

    def test_no_head(self):
        with pytest.raises(OdapiError, match=r"no array pred_convs\.cl_conv4_3\.bias"):
            num_classes(tutorial.SOURCE, {}, "f")
