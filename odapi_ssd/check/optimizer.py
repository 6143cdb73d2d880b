"""Checks the optimizer and its learning-rate schedule."""

import itertools
from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.learning_rates import check_learning_rates
from odapi_ssd.config.schedules import learning_rate_of
from odapi_ssd.messages import list_some

__all__ = ["check_optimizer", "check_schedule"]


def check_optimizer(train_config: Any, findings: Findings) -> None:
    """Checks that the optimizer and its learning-rate schedule can be built.

    Args:
        train_config: a `train_pb2.TrainConfig`; not changed.
        findings: collects problems, warnings and facts; has those of single numbers already.
    """
    import tensorflow as tf
    from object_detection.builders import optimizer_builder

    optimizer = train_config.optimizer
    if optimizer.WhichOneof("optimizer") is None:
        findings.problem(
            "train_config.optimizer",
            "is not set",
            "set one of momentum_optimizer, adam_optimizer, rms_prop_optimizer",
        )
        return
    schedule = learning_rate_of(train_config)
    if schedule is None:
        kind = optimizer.WhichOneof("optimizer")
        findings.problem(
            f"train_config.optimizer.{kind}.learning_rate",
            "is not set",
            "set one of its schedules, such as cosine_decay_learning_rate",
        )
        return
    check_learning_rates(train_config, findings)
    _check_rates_and_steps(*schedule, findings)
    if findings.has_problem_in("train_config.optimizer"):
        return
    try:
        optimizer_builder.build(optimizer, global_step=tf.Variable(0, dtype=tf.int64))
    except Exception as error:  # whatever the API raises for a schedule that it cannot build
        findings.problem("train_config.optimizer", f"cannot be built: {error}")


def check_schedule(train_config: Any, findings: Findings) -> None:
    """Checks the learning-rate schedule against the number of training steps.

    Args:
        train_config: a `train_pb2.TrainConfig`; not changed.
        findings: collects problems, warnings and facts.
    """
    found = learning_rate_of(train_config)
    steps = train_config.num_steps
    if found is None or steps == 0:
        return
    path, kind, schedule = found
    findings.fact("schedule", kind.removesuffix("_learning_rate").replace("_", " "))
    if kind == "cosine_decay_learning_rate":
        _check_cosine(schedule, path, steps, findings)
    if kind == "manual_step_learning_rate":
        late = [entry.step for entry in schedule.schedule if entry.step >= steps]
        if late:
            findings.warning(
                f"{path}.schedule",
                f"changes the rate at step {list_some(late)}, but training ends at {steps}",
                "move the steps, or train longer",
            )
    if kind == "exponential_decay_learning_rate" and schedule.decay_steps > steps:
        findings.warning(
            f"{path}.decay_steps",
            f"is {schedule.decay_steps}, but training ends at {steps}, before the rate decays",
            "make it smaller",
        )


def _check_rates_and_steps(path: str, kind: str, schedule: Any, findings: Findings) -> None:
    """Finds faults that the API would report in other terms, or only after some steps."""
    if findings.has_problem_in(path):
        return
    if kind == "cosine_decay_learning_rate":
        if schedule.warmup_steps + schedule.hold_base_rate_steps >= schedule.total_steps:
            findings.problem(
                f"{path}.warmup_steps",
                f"is {schedule.warmup_steps} (with hold_base_rate_steps "
                f"{schedule.hold_base_rate_steps}), which leaves nothing of total_steps "
                f"{schedule.total_steps}",
                "make it smaller, or total_steps greater",
            )
        if schedule.warmup_steps and schedule.learning_rate_base < schedule.warmup_learning_rate:
            findings.problem(
                f"{path}.warmup_learning_rate",
                f"is {schedule.warmup_learning_rate:g}, above learning_rate_base "
                f"{schedule.learning_rate_base:g}",
                "warm up from a lower rate",
            )
    if kind == "manual_step_learning_rate":
        steps = [entry.step for entry in schedule.schedule]
        if not steps:
            findings.problem(f"{path}.schedule", "is empty", "use constant_learning_rate")
        if any(later <= earlier for earlier, later in itertools.pairwise(steps)):
            findings.problem(f"{path}.schedule", f"has steps {steps}", "put them in growing order")


def _check_cosine(schedule: Any, path: str, steps: int, findings: Findings) -> None:
    if schedule.total_steps < steps:
        findings.problem(
            f"{path}.total_steps",
            f"is {schedule.total_steps}, but num_steps is {steps}: the learning rate is 0 for the "
            f"last {steps - schedule.total_steps} steps",
            f"set it to {steps}",
        )
    elif schedule.total_steps > steps:
        findings.warning(
            f"{path}.total_steps",
            f"is {schedule.total_steps}, but num_steps is {steps}: training ends before the "
            "learning rate has come down",
            f"set it to {steps}",
        )
    if schedule.warmup_steps >= steps:
        findings.warning(
            f"{path}.warmup_steps",
            f"is {schedule.warmup_steps}, but num_steps is {steps}: training is warm-up only",
            f"set it to about {max(1, steps // 20)}",
        )
