"""Sizes of image resizers."""

import pytest

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.image_size import check_image_size
from odapi_ssd.config.files import parse_config


def _found(resizer):
    ssd = parse_config(f"model {{ ssd {{ image_resizer {{ {resizer} }} }} }}").model.ssd
    findings = Findings()
    check_image_size(ssd.image_resizer, "r", findings)
    return [str(problem) for problem in findings.problems]


@pytest.mark.parametrize(
    "resizer",
    [
        "",
        "identity_resizer {}",
        "fixed_shape_resizer { height: 1 width: 16384 }",
        "keep_aspect_ratio_resizer {}",
        # No maximum.
        "keep_aspect_ratio_resizer { min_dimension: 600 max_dimension: 1000000 }",
    ],
)
def test_sizes_that_images_have(resizer):
    assert _found(resizer) == []


@pytest.mark.parametrize(
    ("resizer", "expected"),
    [
        ("fixed_shape_resizer { height: 0 width: -7 }",
         ["r.fixed_shape_resizer.height: is 0, expected 1 to 16384",
          "r.fixed_shape_resizer.width: is -7, expected 1 to 16384"]),
        ("fixed_shape_resizer { height: 300 width: 16385 }",
         ["r.fixed_shape_resizer.width: is 16385, expected 1 to 16384"]),
        ("keep_aspect_ratio_resizer { min_dimension: 0 max_dimension: 0 }",
         ["r.keep_aspect_ratio_resizer.min_dimension: is 0, expected 1 to 16384",
          "r.keep_aspect_ratio_resizer.max_dimension: is 0, expected 1 or more"]),
        ("keep_aspect_ratio_resizer { max_dimension: 1000000 pad_to_max_dimension: true }",
         ["r.keep_aspect_ratio_resizer.max_dimension: is 1000000, expected 1 to 16384"]),
        ("conditional_shape_resizer { size_threshold: 0 }",
         ["r.conditional_shape_resizer.size_threshold: is 0, expected 1 or more"]),
        ("pad_to_multiple_resizer { multiple: 0 }",
         ["r.pad_to_multiple_resizer.multiple: is 0, expected 1 to 16384"]),
    ],
)  # fmt: skip
def test_sizes_that_no_image_can_have(resizer, expected):
    assert _found(resizer) == expected
