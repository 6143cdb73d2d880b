"""Models: their type, feature extractor, image resizer and number of classes."""

import pytest

from odapi_ssd.config.files import parse_config
from tests.support.config_checks import only, problems

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        (["model.ssd.num_classes=0"], "model.ssd.num_classes: is 0"),
        (["model.ssd.feature_extractor.type=ssd_mobilnet_v2_keras"],
         "'ssd_mobilnet_v2_keras', which is not a feature extractor of ssd"),
        (["model.ssd.feature_extractor.type=ssd_mobilnet_v2_keras"],
         "nearest valid: ssd_mobilenet_v2_keras"),
        (["model.ssd.feature_extractor.type=ssd_mobilnet_v2_keras"],
         "ssd_efficientnet-b7_bifpn_keras"),
        (["model.ssd.feature_extractor.type=xyz"], "valid: ssd299_inception_resnet_v2_keras"),
        (["model.ssd.image_resizer={}"], "model.ssd.image_resizer: cannot be built"),
        (["model.ssd.image_resizer.keep_aspect_ratio_resizer.min_dimension=2000"],
         "min_dimension > max_dimension"),
        (["model={}"], "model: is not set"),
    ],
)  # fmt: skip
def test_problems(config, assignments, expected):
    found = problems(config, *assignments)
    assert any(expected in problem for problem in found), found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("faster_rcnn { num_classes: 2 image_resizer { identity_resizer {} } "
         "feature_extractor { type: 'faster_rcnn_resnet_50_keras' } }",
         "nearest valid: faster_rcnn_resnet50_keras"),
        ("center_net { num_classes: 2 image_resizer { identity_resizer {} } "
         "feature_extractor { type: 'hourglass_103' } }", "nearest valid: hourglass_10"),
    ],
)  # fmt: skip
def test_feature_extractors_of_other_models(config, text, expected):
    config.model.CopyFrom(parse_config(f"model {{ {text} }}").model)
    assert expected in only(problems(config))
