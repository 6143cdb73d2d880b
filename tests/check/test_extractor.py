"""Fields of the feature extractors of this project."""

import pytest

from odapi_ssd.check.report import check_config
from odapi_ssd.config.files import load_config
from odapi_ssd.resources import template_dir
from tests.support.config_checks import EXTRACTOR, FIXED, only

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def _report(*assignments):
    return check_config(load_config(template_dir() / "ssd_resnet50_v1_voc.config", assignments))


def _problems(*assignments):
    found = _report(*assignments).problems
    return [str(problem) for problem in found if problem.path.startswith("model")]


def test_the_template_fits():
    assert _problems() == []
    # 19²·4 + (10² + 10² + 5²)·6 + (3² + 1²)·4
    assert dict(_report().facts)["anchors"].startswith("2,834 on feature maps of 19x19,")


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        ([f"{EXTRACTOR}.num_layers=7"],
         f"{EXTRACTOR}: cannot be built: SSD300ResNet50V1 makes 1 to 6 feature maps; "
         "feature_extractor.num_layers asks for 7"),
        ([f"{EXTRACTOR}.num_layers=0"], "num_layers asks for 0"),
        ([f"{EXTRACTOR}.num_layers=4"],
         "makes anchors for 6 feature maps, but the feature extractor gives 4; give it one "
         "anchor_grid for each, 4 in all"),
        ([f"{EXTRACTOR}.depth_multiplier=0.5"],
         f"{EXTRACTOR}: cannot be built: ResNet50 comes in one width; "
         "feature_extractor.depth_multiplier must be 1, not 0.5"),
        ([f"{EXTRACTOR}.type=ssd300_mobilenet_v1_keras", f"{EXTRACTOR}.depth_multiplier=0"],
         f"{EXTRACTOR}.depth_multiplier: is 0, expected above 0"),
        ([f"{FIXED}.height=256"],
         "model.ssd.image_resizer: does not fit: an input of 256x300 pixels is too small for "
         "6 feature maps of ResNet50; each side must have 257 pixels or more"),
        ([f"{EXTRACTOR}.type=ssd300_mobilenet_v2_keras", f"{FIXED}.width=32"],
         "an input of 300x32 pixels is too small for 6 feature maps of MobileNetV2"),
        ([f"{EXTRACTOR}.fpn={{}}"],
         f"{EXTRACTOR}.fpn: is set, but ssd300_resnet50_v1_keras does not use it; remove it"),
        ([f"{EXTRACTOR}.bifpn={{}}"], f"{EXTRACTOR}.bifpn: is set"),
        ([f"{EXTRACTOR}.replace_preprocessor_with_placeholder=false"],
         f"{EXTRACTOR}.replace_preprocessor_with_placeholder: is set"),
        ([f"{EXTRACTOR}.spaghettinet_arch_name=a"],
         f"{EXTRACTOR}.spaghettinet_arch_name: is set"),
    ],
)  # fmt: skip
def test_problems(assignments, expected):
    assert expected in only(_problems(*assignments))


def test_a_field_that_changes_nothing():
    warnings = _report(f"{EXTRACTOR}.use_explicit_padding=true").warnings
    found = [str(warning) for warning in warnings if warning.path.startswith("model")]
    assert f"{EXTRACTOR}.use_explicit_padding: is true, but" in only(found)
