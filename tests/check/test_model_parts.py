"""Single parts of a model, built with the API's builders."""

import pytest

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.model_parts import build_part

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

PARTS = (
    "anchor_generator",
    "box_coder",
    "image_resizer",
    "loss",
    "matcher",
    "post_processing",
    "similarity_calculator",
)


@pytest.mark.parametrize("part", PARTS)
def test_parts_of_a_template(config, part):
    findings = Findings()
    assert build_part(part, config.model.ssd, "model.ssd", findings) is not None
    assert findings.problems == []


def test_a_part_that_the_api_refuses(config):
    config.model.ssd.matcher.Clear()
    findings = Findings()
    assert build_part("matcher", config.model.ssd, "model.ssd", findings) is None
    (problem,) = findings.problems
    assert problem.path == "model.ssd.matcher"
    assert str(problem).startswith("model.ssd.matcher: cannot be built: ")
    assert str(problem).endswith("; compare with the templates in pipelines/")


def test_a_part_with_a_problem_is_not_built(config):
    findings = Findings()
    findings.problem("model.ssd.matcher.argmax_matcher.matched_threshold", "is nan")
    assert build_part("matcher", config.model.ssd, "model.ssd", findings) is None
    assert len(findings.problems) == 1
