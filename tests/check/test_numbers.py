"""Single numbers of a config: NaN and infinity anywhere, and ranges."""

import pytest

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.number_ranges import SHARE
from odapi_ssd.check.numbers import check_number, check_numbers, require_valid_numbers
from odapi_ssd.config.files import load_config, parse_config
from odapi_ssd.config.overrides import set_field
from odapi_ssd.config.templates import find_template, template_names
from odapi_ssd.errors import OdapiError
from tests.support.config_checks import ANCHORS, COSINE, FIXED, problems


def _found(message, path=""):
    findings = Findings()
    check_numbers(message, path, findings)
    return [str(problem) for problem in findings.problems]


def _float_paths(message, prefix=""):
    """The path of every float that is set, for `--set`."""
    for field, value in message.ListFields():
        values = [(f"{prefix}{field.name}", value)]
        if field.is_repeated:
            values = [(f"{prefix}{field.name}[{index}]", one) for index, one in enumerate(value)]
        for path, one in values:
            if field.message_type is not None:
                yield from _float_paths(one, f"{path}.")
            elif isinstance(one, float):
                yield path


@pytest.mark.parametrize("name", template_names())
def test_templates_have_none(name):
    assert _found(load_config(find_template(name))) == []


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("name", ["ssd_mobilenet_v2_zoo_voc", "faster_rcnn_resnet50_voc"])
def test_every_float_must_be_finite(name, value):
    template = load_config(find_template(name))
    paths = list(_float_paths(template))
    assert len(paths) > 15
    for path in paths:
        config = type(template)()
        config.CopyFrom(template)
        set_field(config, f"{path}={value}")
        (found,) = _found(config)
        assert found.startswith(f"{path}: is {value}, expected ")


def test_maps_are_walked_too():
    config = parse_config(
        "model { center_net { keypoint_estimation_task { "
        "keypoint_label_to_std { key: 'nose' value: nan } } } }"
    )
    assert _found(config) == [
        "model.center_net.keypoint_estimation_task[0].keypoint_label_to_std['nose']: is nan, "
        "expected a finite number"
    ]


def test_a_field_has_one_problem():
    findings = Findings()
    for _ in range(2):
        check_number(2.5, SHARE, "a.b", findings)
    check_number(0.5, SHARE, "a.c", findings)
    assert [str(problem) for problem in findings.problems] == ["a.b: is 2.5, expected 0 to 1"]


def test_all_are_named_at_once():
    config = parse_config("model { ssd { loss { classification_weight: -1 } num_classes: 1 } }")
    require_valid_numbers(config.train_config, "train_config")
    with pytest.raises(OdapiError) as raised:
        require_valid_numbers(config.model, "model")
    assert raised.value.details == (
        "model.ssd.loss.classification_weight: is -1, expected 0 or more",
    )


_NMS = "model.ssd.post_processing.batch_non_max_suppression"
_MOMENTUM = "train_config.optimizer.momentum_optimizer"
_L2 = "model.ssd.feature_extractor.conv_hyperparams.regularizer.l2_regularizer"


@pytest.mark.tf
@pytest.mark.parametrize(
    "assignment",
    [
        f"{_MOMENTUM}.momentum_optimizer_value=1.5",
        f"{_MOMENTUM}.momentum_optimizer_value=-0.1",
        f"{COSINE}.learning_rate_base=-0.1",
        f"{COSINE}.learning_rate_base=nan",
        "train_config.optimizer.moving_average_decay=1.1",
        "train_config.gradient_clipping_by_norm=-1",
        f"{_L2}.weight=-1",
        f"{_L2}.weight=nan",
        "model.ssd.loss.localization_weight=-2",
        "model.ssd.loss.classification_weight=nan",
        "model.ssd.matcher.argmax_matcher.matched_threshold=1.5",
        "model.ssd.matcher.argmax_matcher.unmatched_threshold=-0.5",
        "model.ssd.matcher.argmax_matcher.matched_threshold=nan",
        f"{_NMS}.score_threshold=2",
        f"{_NMS}.score_threshold=nan",
        f"{_NMS}.iou_threshold=1.5",
        f"{_NMS}.max_total_detections=0",
        f"{ANCHORS}.ssd_anchor_generator.min_scale=0",
        f"{ANCHORS}.ssd_anchor_generator.max_scale=nan",
        f"{ANCHORS}.ssd_anchor_generator.aspect_ratios[1]=-1",
        f"{FIXED}.height=0",
        f"{FIXED}.width=-300",
        f"{FIXED}.width=1000000000",
        "train_input_reader.max_number_of_boxes=0",
        "train_input_reader.num_readers=0",
        "eval_input_reader[0].max_number_of_boxes=-3",
        "eval_config.batch_size=0",
    ],
)
def test_a_check_reports_the_field_once(api, config, assignment):
    path, _, value = assignment.partition("=")
    (found,) = problems(config, assignment)
    assert found.startswith(f"{path}: is {value}, expected ")


@pytest.mark.tf
@pytest.mark.parametrize(
    "assignment",
    [
        # Scores that are logits, and similarities that are negative distances.
        f"{_NMS}.score_threshold=-4",
        "model.ssd.matcher.argmax_matcher.matched_threshold=-4",
    ],
)
def test_thresholds_of_other_quantities_may_be_any(api, config, assignment):
    set_field(config, "model.ssd.post_processing.score_converter=IDENTITY")
    set_field(config, "model.ssd.similarity_calculator.neg_sq_dist_similarity={}")
    set_field(config, "model.ssd.matcher.argmax_matcher.unmatched_threshold=-4")
    assert problems(config, assignment) == []
