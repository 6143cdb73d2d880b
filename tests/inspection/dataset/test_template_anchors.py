import numpy as np
import pytest

from odapi_ssd.errors import OdapiError
from odapi_ssd.inspection.dataset.statistics import DatasetStatistics
from odapi_ssd.inspection.dataset.template_anchors import TemplateAnchors
from tests.support.inspected_images import inspected

pytestmark = pytest.mark.tf


def _iou_with_centered(size_hw, anchor_hw):
    shared = np.prod(np.minimum(size_hw, anchor_hw))
    return shared / (np.prod(size_hw) + np.prod(anchor_hw) - shared)


def test_boxes_are_matched_at_the_size_of_the_input():
    """Of `ssd_vgg_voc`, whose smallest anchors are 30×30 in an input of 300×300."""
    statistics = DatasetStatistics(["train"])
    boxes = [(0.5, 0.5, 0.5 + size / 300, 0.5 + size / 300) for size in (6, 19, 100)]
    statistics.add("a", ["train"], inspected([("dog", box) for box in boxes], (600, 900)))
    matches = TemplateAnchors("ssd_vgg_voc").match(statistics)
    assert matches.template == "ssd_vgg_voc"
    assert matches.input_hw == (300, 300)
    assert matches.spec.num_anchors == 8732
    np.testing.assert_allclose(matches.sizes_hw_px[:, 0], [6, 19, 100], rtol=1e-4)
    sizes = {size for layer in matches.spec.layers for size in layer.box_sizes_hw}
    best = [max(_iou_with_centered((side, side), size) for size in sizes) for side in (6, 19, 100)]
    assert matches.is_too_small.tolist() == [iou < 0.5 for iou in best] == [True, True, False]
    assert matches.by_size[-1].num_boxes == 3


def test_no_boxes():
    statistics = DatasetStatistics(["train"])
    statistics.add("a", ["train"], inspected([]))
    matches = TemplateAnchors("ssd_vgg_voc").match(statistics)
    assert matches.by_size == ()
    assert len(matches.is_matched) == 0


def test_what_has_no_anchors_is_refused():
    with pytest.raises(OdapiError, match="only an SSD"):
        TemplateAnchors("faster_rcnn_resnet50_voc")
    with pytest.raises(OdapiError, match="There is no template 'ssd'"):
        TemplateAnchors("ssd")
