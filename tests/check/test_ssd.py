"""The parts of an SSD: which cannot be built, and which do not suit each other."""

import pytest

from tests.support.config_checks import problems, warnings

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        (["model.ssd.loss={}"], "model.ssd.loss: cannot be built"),
        (["model.ssd.matcher={}"], "model.ssd.matcher: cannot be built"),
        (["model.ssd.box_coder={}"], "model.ssd.box_coder: cannot be built"),
        (["model.ssd.similarity_calculator={}"], "similarity_calculator: cannot be built"),
        (["model.ssd.box_predictor={}"], "model.ssd.box_predictor: is not set"),
    ],
)  # fmt: skip
def test_problems(config, assignments, expected):
    found = problems(config, *assignments)
    assert any(expected in problem for problem in found), found


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        (["model.ssd.post_processing.score_converter=SOFTMAX"],
         "is SOFTMAX, but the model is trained with weighted_sigmoid_focal"),
        (["model.ssd.loss.hard_example_miner.iou_threshold=0.99",
          "model.ssd.loss.classification_loss={ weighted_sigmoid {} }"],
         "iou_threshold: is 0.99: mining suppresses predictions"),
        (["model.ssd.loss.classification_loss={ weighted_softmax {} }",
          "model.ssd.post_processing.score_converter=SOFTMAX"],
         "with weighted_softmax the background is a class"),
    ],
)  # fmt: skip
def test_warnings(config, assignments, expected):
    found = warnings(config, *assignments)
    assert any(expected in warning for warning in found), found
