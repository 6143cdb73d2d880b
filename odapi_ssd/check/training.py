"""Checks a config's training: steps, batch size, augmentation, frozen variables, ignored fields."""

import re
from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.inputs import InputFacts
from odapi_ssd.check.model import model_settings
from odapi_ssd.check.numbers import check_numbers
from odapi_ssd.check.optimizer import check_optimizer, check_schedule
from odapi_ssd.messages import one_line
from odapi_ssd.plugin.feature_maps import input_size

__all__ = ["check_training"]

_PATTERNS = ("freeze_variables", "update_trainable_variables")
# Fields that the API's loop ignores and ours does not, with the effect.
_IGNORED_BY_API_LOOP = {
    "freeze_variables": "so everything is trained",
    "update_trainable_variables": "so everything is trained",
    "bias_grad_multiplier": "so biases learn at the common rate",
}


def check_training(
    config: Any,
    inputs: InputFacts,
    findings: Findings,
    are_steps_requested: bool = False,
    use_api_loop: bool = False,
) -> None:
    """Checks `config.train_config`; `odapi_ssd.register()` must have been called.

    Args:
        config: a `pipeline_pb2.TrainEvalPipelineConfig`.
        inputs: the training data, as far as they are known.
        findings: collects problems, warnings and facts.
        are_steps_requested: num_steps is what the user requests for this run; that the schedule
            does not fit it is then a warning.
        use_api_loop: training will run in the API's own loop.
    """
    train_config = config.train_config
    check_numbers(train_config, "train_config", findings)
    _check_amount(config, inputs, findings)
    check_optimizer(train_config, findings)
    schedule = Findings()
    check_schedule(train_config, schedule)
    findings.add(schedule, as_warnings=are_steps_requested)
    _check_augmentation(train_config, findings)
    if use_api_loop:
        _check_ignored_by_api_loop(train_config, findings)
    else:
        _check_patterns(train_config, findings)
    _check_ignored(config, findings)


def _check_amount(config: Any, inputs: InputFacts, findings: Findings) -> None:
    steps, batch_size = config.train_config.num_steps, config.train_config.batch_size
    findings.fact("steps", f"{steps:,}")
    findings.fact("batch size", batch_size)
    if steps == 0:
        findings.problem(
            "train_config.num_steps",
            "is 0, so training would not end",
            "set it, or use --num_steps of `odapi-ssd configure`",
        )
    if batch_size == 0:
        findings.problem("train_config.batch_size", "is 0", "set it to 1 or more")
    _check_image_sizes(config, findings)
    if inputs.num_examples and batch_size:
        _check_epochs(config, inputs.num_examples, findings)


def _check_epochs(config: Any, num_examples: int, findings: Findings) -> None:
    """Checks that there are enough examples for the steps and for a batch."""
    steps, batch_size = config.train_config.num_steps, config.train_config.batch_size
    num_epochs = config.train_input_reader.num_epochs
    findings.fact("epochs", f"{steps * batch_size / num_examples:.1f}")
    available = num_examples * num_epochs if num_epochs else None
    if available is not None and available < steps * batch_size:
        findings.problem(
            "train_input_reader.num_epochs",
            f"is {num_epochs}: {num_examples} examples give {available // batch_size} batches "
            f"of {batch_size}, but num_steps is {steps}",
            "set it to 0, which repeats the data without end",
        )
    if batch_size > num_examples:
        findings.warning(
            "train_config.batch_size",
            f"is {batch_size}, but there are only {num_examples} examples: each batch holds images "
            "more than once",
            f"set it to {num_examples} or less",
        )


def _check_image_sizes(config: Any, findings: Findings) -> None:
    """Warns of images of different sizes, which cannot be batched."""
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


def _check_augmentation(train_config: Any, findings: Findings) -> None:
    from object_detection.builders import preprocessor_builder

    for index, step in enumerate(train_config.data_augmentation_options):
        if findings.has_problem_in(f"train_config.data_augmentation_options[{index}]"):
            continue
        try:
            preprocessor_builder.build(step)
        except Exception as error:  # whatever the API raises for an option that it cannot build
            findings.problem(
                f"train_config.data_augmentation_options[{index}]",
                f"cannot be built: {one_line(error)}",
            )


def _check_ignored_by_api_loop(train_config: Any, findings: Findings) -> None:
    for name, effect in _IGNORED_BY_API_LOOP.items():
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
                "is set, but no fine_tune_checkpoint: frozen variables stay random, unless the "
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
