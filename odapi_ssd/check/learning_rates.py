"""Checks the learning rates of a schedule: their sign, and whether a model can learn with them.

How far a rate may go depends on the optimizer. One that divides gradients by their size (Adam, and
RMSProp with a small epsilon) moves every weight by about the rate in each step, whatever the loss
is. The others multiply the gradient, so that the scale of the loss and the gradients' clipping
matter as well. Detectors of the API's model zoo are trained with rates up to 0.8 (momentum, a batch
of 512) and 0.001 (Adam).
"""

import math
from dataclasses import dataclass
from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.config.schedules import learning_rate_of, rates_of

__all__ = ["check_learning_rates"]


@dataclass(frozen=True)
class _Limits:
    """What is unusual, what is impossible, and why."""

    unusual: float
    impossible: float
    reason: str


_PER_WEIGHT = _Limits(
    0.1, 10.0, "each step would move every weight by about as much, which are mostly below 1"
)
_PER_GRADIENT = _Limits(
    1.0, 1000.0, "that is a thousandfold of the highest rates that detectors are trained with"
)
# From this epsilon on, an optimizer hardly divides the usual gradients by their size.
_LARGE_EPSILON = 0.1


def check_learning_rates(train_config: Any, findings: Findings) -> None:
    """Checks every rate of the schedule of the optimizer that is set.

    Args:
        train_config: a `train_pb2.TrainConfig`; not changed.
        findings: collects problems and warnings; has those of NaN and infinite numbers already.
    """
    rates = rates_of(train_config)
    for path, rate in rates:
        _check_rate(path, rate, f"is {rate:g}", train_config, findings)
    _check_growth(train_config, findings)
    if rates and not any(rate for _, rate in rates):
        findings.warning(rates[0][0], "is 0: nothing will be learned", "set a rate above 0")


def _check_rate(path: str, rate: float, what: str, train_config: Any, findings: Findings) -> None:
    if findings.has_problem_in(path):
        return
    limits = _limits(train_config.optimizer)
    clip_norm = train_config.gradient_clipping_by_norm
    scale = min(1.0, clip_norm) if clip_norm > 0 and limits is _PER_GRADIENT else 1.0
    remedy = f"keep it below {limits.unusual:g}, as the templates do"
    if rate < 0:
        findings.problem(path, f"{what}, expected 0 or more")
    elif rate * scale > limits.impossible:
        findings.problem(path, f"{what}, with which training diverges: {limits.reason}", remedy)
    elif rate * scale > limits.unusual:
        findings.warning(
            path,
            f"{what}, far above what detectors are trained with; training will probably diverge",
            remedy,
        )


def _check_growth(train_config: Any, findings: Findings) -> None:
    """Checks the last rate of an exponential schedule that grows, as by a factor above 1."""
    found = learning_rate_of(train_config)
    if found is None or found[1] != "exponential_decay_learning_rate":
        return
    path, _, schedule = found
    if not schedule.decay_factor > 1 or not schedule.decay_steps:
        return
    num_decays = train_config.num_steps / schedule.decay_steps
    try:
        last = schedule.initial_learning_rate * schedule.decay_factor**num_decays
    except OverflowError:
        last = math.inf
    what = f"is {schedule.decay_factor:g}, by which the rate grows to {last:g}"
    _check_rate(f"{path}.decay_factor", last, what, train_config, findings)


def _limits(optimizer: Any) -> _Limits:
    kind = optimizer.WhichOneof("optimizer")
    if kind == "momentum_optimizer":
        return _PER_GRADIENT
    is_dividing = getattr(optimizer, kind).epsilon < _LARGE_EPSILON
    return _PER_WEIGHT if is_dividing else _PER_GRADIENT
