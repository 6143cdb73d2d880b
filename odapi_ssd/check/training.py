"""Checks a config's training: steps, schedule, optimizer, augmentation, fields without effect."""

import itertools
import re
from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.inputs import InputFacts
from odapi_ssd.check.model import model_settings
from odapi_ssd.config.schedules import learning_rate_of
from odapi_ssd.messages import list_some, one_line
from odapi_ssd.plugin.feature_maps import input_size

__all__ = ["check_training"]

_PATTERNS = ("freeze_variables", "update_trainable_variables")
# What the API's loop ignores and ours does not.
_IGNORED = {
    "freeze_variables": "so everything is trained",
    "update_trainable_variables": "so everything is trained",
    "bias_grad_multiplier": "so biases learn at the common rate",
}


def check_training(
    config: Any,
    inputs: InputFacts,
    findings: Findings,
    are_steps_asked_for: bool = False,
    use_api_loop: bool = False,
) -> None:
    """Checks `config.train_config`; `odapi_ssd.register()` must have been called.

    Args:
        config: a `pipeline_pb2.TrainEvalPipelineConfig`.
        inputs: what is known of the training data.
        findings: takes what is found.
        are_steps_asked_for: num_steps is the user's for this run; a schedule that it does not suit
            is then a warning.
        use_api_loop: training will run in the API's own loop.
    """
    train_config = config.train_config
    _check_amount(config, inputs, findings)
    _check_optimizer(train_config, findings)
    schedule = Findings()
    _check_schedule(train_config, schedule)
    findings.add(schedule, as_warnings=are_steps_asked_for)
    _check_augmentation(train_config, findings)
    if use_api_loop:
        _check_ignored_by_api_loop(train_config, findings)
    else:
        _check_patterns(train_config, findings)
    _check_ignored(config, findings)


def _check_amount(config: Any, inputs: InputFacts, findings: Findings) -> None:
    train_config, reader = config.train_config, config.train_input_reader
    steps, batch_size = train_config.num_steps, train_config.batch_size
    findings.fact("steps", f"{steps:,}")
    findings.fact("batch size", batch_size)
    if steps == 0:
        findings.problem(
            "train_config.num_steps",
            "is 0, so training could not end",
            "set it, or use --num_steps of `odapi-ssd configure`",
        )
    if batch_size == 0:
        findings.problem("train_config.batch_size", "is 0", "set it to 1 or more")
    _check_sizes(config, findings)
    examples = inputs.num_examples
    if not examples or not batch_size:
        return
    findings.fact("epochs", f"{steps * batch_size / examples:.1f}")
    available = examples * reader.num_epochs if reader.num_epochs else None
    if available is not None and available < steps * batch_size:
        findings.problem(
            "train_input_reader.num_epochs",
            f"is {reader.num_epochs}: {examples} examples give {available // batch_size} batches "
            f"of {batch_size}, but num_steps is {steps}",
            "set it to 0, which reads the data again and again",
        )
    if batch_size > examples:
        findings.warning(
            "train_config.batch_size",
            f"is {batch_size}, but there are only {examples} examples: each batch holds images "
            "more than once",
            f"set it to {examples} or less",
        )


def _check_sizes(config: Any, findings: Findings) -> None:
    """Images of a batch must be of one size."""
    settings = model_settings(config)
    resizer = getattr(settings[1], "image_resizer", None) if settings else None
    batch_size = config.train_config.batch_size
    if resizer is not None and batch_size > 1 and input_size(resizer) is None:
        findings.warning(
            "train_config.batch_size",
            f"is {batch_size}, but the image_resizer leaves images of different sizes, which "
            "cannot make a batch",
            "set it to 1, or keep_aspect_ratio_resizer.pad_to_max_dimension to true",
        )


def _check_optimizer(train_config: Any, findings: Findings) -> None:
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
    if learning_rate_of(train_config) is None:
        kind = optimizer.WhichOneof("optimizer")
        findings.problem(
            f"train_config.optimizer.{kind}.learning_rate",
            "is not set",
            "set one of its schedules, such as cosine_decay_learning_rate",
        )
        return
    if _has_schedule_fault(train_config, findings):
        return
    try:
        optimizer_builder.build(optimizer, global_step=tf.Variable(0, dtype=tf.int64))
    except Exception as error:  # whatever the API raises for a schedule that it cannot build
        findings.problem("train_config.optimizer", f"cannot be built: {error}", "")


def _has_schedule_fault(train_config: Any, findings: Findings) -> bool:
    """Faults that the API would report in words of its own, or only some steps later."""
    found = learning_rate_of(train_config)
    assert found is not None
    path, kind, schedule = found
    before = len(findings.problems)
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
    return len(findings.problems) > before


def _check_schedule(train_config: Any, findings: Findings) -> None:
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


def _check_augmentation(train_config: Any, findings: Findings) -> None:
    from object_detection.builders import preprocessor_builder

    for index, step in enumerate(train_config.data_augmentation_options):
        try:
            preprocessor_builder.build(step)
        except Exception as error:  # whatever the API raises for an option that it cannot build
            findings.problem(
                f"train_config.data_augmentation_options[{index}]",
                f"cannot be built: {one_line(error)}",
                "",
            )


def _check_ignored_by_api_loop(train_config: Any, findings: Findings) -> None:
    for name, effect in _IGNORED.items():
        if getattr(train_config, name):
            findings.warning(
                f"train_config.{name}",
                f"is set, but the API's own loop ignores it, {effect}",
                "train without --train_loop api, or remove it",
            )


def _check_patterns(train_config: Any, findings: Findings) -> None:
    for name in _PATTERNS:
        for index, pattern in enumerate(getattr(train_config, name)):
            try:
                re.compile(pattern)
            except re.error as error:
                findings.problem(
                    f"train_config.{name}[{index}]",
                    f"{pattern!r} is not a regular expression: {error}",
                )
        if getattr(train_config, name) and not train_config.fine_tune_checkpoint:
            findings.warning(
                f"train_config.{name}",
                "is set, but no fine_tune_checkpoint: what is frozen stays random, unless the "
                "model directory holds a run",
                "name a checkpoint to start from",
            )


def _check_ignored(config: Any, findings: Findings) -> None:
    train_config = config.train_config
    if config.HasField("graph_rewriter"):
        findings.warning(
            "graph_rewriter",
            "is set, but the API's TF2 training ignores it: nothing is trained for quantization",
            "remove it; quantize after the export",
        )
    if train_config.load_all_detection_checkpoint_vars:
        findings.problem(
            "train_config.load_all_detection_checkpoint_vars",
            "is true, which TF2 training refuses",
            "remove it",
        )
    if train_config.use_bfloat16:
        findings.warning(
            "train_config.use_bfloat16", "is true, which has an effect on TPUs only", "remove it"
        )
