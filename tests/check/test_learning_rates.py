"""Learning rates of every schedule and optimizer."""

import pytest

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.learning_rates import check_learning_rates
from odapi_ssd.config.files import parse_config

_MOMENTUM = "momentum_optimizer { %s }"
_ADAM = "adam_optimizer { %s }"
_RMS = "rms_prop_optimizer { %s }"  # its epsilon is 1


def _check(schedule, optimizer=_MOMENTUM, more=""):
    text = optimizer % f"learning_rate {{ {schedule} }}"
    config = parse_config(f"train_config {{ num_steps: 1000 optimizer {{ {text} }} {more} }}")
    findings = Findings()
    check_learning_rates(config.train_config, findings)
    return (
        [str(problem).partition("optimizer.learning_rate.")[2] for problem in findings.problems],
        [str(warning).partition("optimizer.learning_rate.")[2] for warning in findings.warnings],
    )


def _constant(rate):
    return f"constant_learning_rate {{ learning_rate: {rate} }}"


@pytest.mark.parametrize("optimizer", [_MOMENTUM, _ADAM, _RMS])
@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        ("constant_learning_rate { learning_rate: -0.5 }", "constant_learning_rate.learning_rate"),
        ("exponential_decay_learning_rate { initial_learning_rate: -0.5 }",
         "exponential_decay_learning_rate.initial_learning_rate"),
        ("exponential_decay_learning_rate { burnin_learning_rate: -0.5 }",
         "exponential_decay_learning_rate.burnin_learning_rate"),
        ("exponential_decay_learning_rate { min_learning_rate: -0.5 }",
         "exponential_decay_learning_rate.min_learning_rate"),
        ("manual_step_learning_rate { initial_learning_rate: -0.5 }",
         "manual_step_learning_rate.initial_learning_rate"),
        ("manual_step_learning_rate { schedule { } schedule { step: 1 learning_rate: -0.5 } }",
         "manual_step_learning_rate.schedule[1].learning_rate"),
        ("cosine_decay_learning_rate { learning_rate_base: -0.5 }",
         "cosine_decay_learning_rate.learning_rate_base"),
        ("cosine_decay_learning_rate { warmup_learning_rate: -0.5 }",
         "cosine_decay_learning_rate.warmup_learning_rate"),
    ],
)  # fmt: skip
def test_no_rate_is_negative(optimizer, schedule, field):
    assert _check(schedule, optimizer) == ([f"{field}: is -0.5, expected 0 or more"], [])


@pytest.mark.parametrize(
    ("optimizer", "usual", "unusual", "impossible"),
    [
        (_MOMENTUM, 0.8, 1.5, 1001),
        (_RMS, 0.8, 1.5, 1001),
        (_ADAM, 0.09, 0.2, 10.5),
        ("rms_prop_optimizer { epsilon: 0.001 %s }", 0.09, 0.2, 10.5),
        ("adam_optimizer { epsilon: 1 %s }", 0.8, 1.5, 1001),
    ],
)
def test_high_rates(optimizer, usual, unusual, impossible):
    assert _check(_constant(usual), optimizer) == ([], [])
    problems, (warning,) = _check(_constant(unusual), optimizer)
    assert problems == []
    assert f"learning_rate: is {unusual}, far above" in warning
    (problem,), warnings = _check(_constant(impossible), optimizer)
    assert f"learning_rate: is {impossible}, with which training diverges: " in problem
    assert warnings == []


def test_gradients_that_are_clipped_short_bear_higher_rates():
    assert _check(_constant(500), more="gradient_clipping_by_norm: 0.001") == ([], [])
    problems, _ = _check(_constant(1e6), more="gradient_clipping_by_norm: 10")
    assert len(problems) == 1
    # Adam's step does not depend on them.
    problems, _ = _check(_constant(500), _ADAM, more="gradient_clipping_by_norm: 0.001")
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("decays", "num_problems", "num_warnings"),
    [
        ("decay_factor: 2 decay_steps: 1000", 0, 0),  # 0.002 to 0.004
        ("decay_factor: 2 decay_steps: 100", 0, 1),  # 0.002 to 2.048
        ("decay_factor: 2 decay_steps: 10", 1, 0),  # times 2^100
        ("decay_factor: 2 decay_steps: 1", 1, 0),  # times 2^1000
        ("decay_factor: 1e9 decay_steps: 1", 1, 0),  # beyond any float
    ],
)
def test_a_rate_that_grows(decays, num_problems, num_warnings):
    problems, warnings = _check(f"exponential_decay_learning_rate {{ {decays} }}")
    assert (len(problems), len(warnings)) == (num_problems, num_warnings)
    assert all("by which the rate grows to" in finding for finding in problems + warnings)


def test_without_any_rate_nothing_is_learned():
    problems, (warning,) = _check(_constant(0))
    assert problems == []
    assert warning.startswith("constant_learning_rate.learning_rate: is 0: nothing will be learned")
    assert _check("") == ([], [])
