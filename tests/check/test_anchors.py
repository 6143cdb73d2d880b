"""Anchor generators that do not fit the feature maps, the predictor or the input size."""

import pytest

from odapi_ssd.check.report import check_config
from odapi_ssd.config.files import load_config
from odapi_ssd.resources import template_dir
from tests.support.config_checks import ANCHORS, EXTRACTOR, FIXED, only, problems

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        ([f"{ANCHORS}.ssd_anchor_generator.num_layers=5"],
         "makes anchors for 5 feature maps, but the feature extractor gives 6; set "
         "ssd_anchor_generator.num_layers (and its lists) to 6"),
        ([f"{ANCHORS}.ssd_anchor_generator.num_layers=1"], "cannot be built: float division"),
        ([f"{ANCHORS}={{}}"], "cannot be built: Empty anchor generator"),
        ([f"{FIXED}.height=32"], "takes no side under 33 pixels"),
        (["model.ssd.box_predictor.weight_shared_convolutional_box_predictor.depth=8"],
         "gives [3, 6, 6, 6, 6, 6] anchors per cell"),
    ],
)  # fmt: skip
def test_problems(config, assignments, expected):
    found = problems(config, *assignments)
    assert any(expected in problem for problem in found), found


def _efficientdet(*assignments):
    config = load_config(template_dir() / "efficientdet_d0_voc.config", assignments)
    report = check_config(config)
    return [str(problem) for problem in report.problems if problem.path.startswith("model")]


def test_the_template_of_a_pyramid_fits():
    assert _efficientdet() == []


def test_a_size_that_the_pyramid_does_not_take():
    found = _efficientdet(f"{FIXED}={{ height: 300 width: 512 }}")
    assert "merges levels 3 to 7" in only(found)
    assert "multiples of 128, not 300x512 (nearest: 256, 384, 512, 640)" in only(found)


def test_more_anchors_than_any_machine_holds():
    # Maps of 64 to 4 cells a side, 5,456 in all, with 3 aspect ratios at 1,000 scales.
    found = _efficientdet(f"{ANCHORS}.multiscale_anchor_generator.scales_per_octave=1000")
    assert "makes 16,368,000 anchors, more than 5,000,000" in only(found)


def test_other_levels_than_the_pyramid():
    found = _efficientdet(f"{ANCHORS}.multiscale_anchor_generator.max_level=6")
    assert "makes anchors for 4 feature maps, but the feature extractor gives 5" in only(found)
    level = f"{ANCHORS}.multiscale_anchor_generator."
    found = _efficientdet(f"{level}min_level=4", f"{level}max_level=8")
    assert "has levels 4 to 8, the feature pyramid 3 to 7" in only(found)


def _resnet(*assignments):
    return check_config(load_config(template_dir() / "ssd_resnet50_v1_voc.config", assignments))


def test_strides_for_another_input_size():
    warnings = [
        str(warning)
        for warning in _resnet(f"{FIXED}={{ height: 512 width: 512 }}").warnings
        if warning.path == ANCHORS
    ]
    # On the last map of 4x4 cells with a stride of 300 pixels, the centers lie at 150, 450, 750
    # and 1050: 12 of 16 cells, with 4 anchors each of at most 374 pixels, are beyond 512.
    assert "puts 48 of 7,760 anchors beyond the image" in only(warnings)
    assert "not for an input of 512x512" in only(warnings)


def test_padding_counts():
    # 200 is padded to 257: 17, 9, 9, 5, 3, 1
    report = _resnet(f"{FIXED}.height=200", f"{EXTRACTOR}.pad_to_multiple=257")
    facts = dict(report.facts)
    assert facts["anchors"].endswith("of 17x33, 9x17, 9x17, 5x9, 3x7, 1x5")
