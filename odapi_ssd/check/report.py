"""Checks a pipeline config: the model, the data, the training, the checkpoint, the evaluation.

Training and evaluation call `require_valid` before they start; the command `check` prints the whole
report. Nothing that takes long is built, and only a part of a large dataset is read.
"""

from dataclasses import dataclass
from typing import Any

import odapi_ssd
from odapi_ssd.check.checkpoint import check_fine_tune_checkpoint
from odapi_ssd.check.evaluation import check_evaluation
from odapi_ssd.check.findings import Finding, Findings
from odapi_ssd.check.inputs import InputFacts, check_input_reader
from odapi_ssd.check.memory import check_memory
from odapi_ssd.check.model import check_model, model_settings, num_classes_of
from odapi_ssd.check.training import check_training
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of

__all__ = ["Report", "check_config", "require_valid"]


@dataclass(frozen=True)
class Report:
    """The result of a check.

    Attributes:
        problems: faults that must be corrected; empty for a config that can be used.
        warnings: settings that are probably not meant.
        facts: names and values worth knowing, in the order of the table.
    """

    problems: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    facts: tuple[tuple[str, str], ...]

    def raise_problems(self, source: str = "The pipeline config") -> None:
        """Raises one error that names all problems.

        Args:
            source: names the config, such as its path.
        Raises:
            OdapiError: there is a problem.
        """
        if not self.problems:
            return
        raise OdapiError(
            f"{source} has {count_of(len(self.problems), 'problem')}:",
            details=[str(problem) for problem in self.problems],
            hint="edit the config, or make a new one with `odapi-ssd configure`; "
            "`odapi-ssd check` tests it again.",
        )


def check_config(
    config: Any,
    *,
    for_training: bool = True,
    for_evaluation: bool = True,
    train_steps: int | None = None,
    use_api_loop: bool = False,
    is_distributed: bool = False,
) -> Report:
    """Checks a config.

    Args:
        config: a `pipeline_pb2.TrainEvalPipelineConfig`.
        for_training: whether training is checked at all.
        for_evaluation: whether evaluation is wanted too; if not, its problems are warnings.
        train_steps: the number of steps that the user requests, if not the config's num_steps;
            that the learning-rate schedule does not fit it is then a warning.
        use_api_loop: training will run in the API's own loop, which ignores some fields.
        is_distributed: it will run on a TPU or in several workers, so that the memory of one step
            is not this machine's alone.
    """
    odapi_ssd.register()
    if train_steps is not None:
        given, config = config, type(config)()
        config.CopyFrom(given)
        config.train_config.num_steps = train_steps
    findings = Findings()
    check_model(config, findings)
    train_inputs = InputFacts()
    if for_training:
        train_inputs = check_input_reader(config.train_input_reader, "train_input_reader",
                                          "training", num_classes_of(config), findings)  # fmt: skip
        check_training(config, train_inputs, findings, train_steps is not None, use_api_loop)
        check_fine_tune_checkpoint(config, findings)
        _check_memory(config, train_inputs, findings, is_distributed)
    evaluation = Findings()
    check_evaluation(config, train_inputs, evaluation)
    findings.add(evaluation, as_warnings=not for_evaluation)
    return Report(tuple(findings.problems), tuple(findings.warnings), tuple(findings.facts))


def _check_memory(
    config: Any, inputs: InputFacts, findings: Findings, is_distributed: bool
) -> None:
    settings = model_settings(config)
    if settings is not None and settings[0] != "experimental_model" and not findings.problems:
        check_memory(config, inputs, settings[1], findings, is_distributed=is_distributed)


def require_valid(
    config: Any,
    *,
    for_training: bool = True,
    train_steps: int | None = None,
    use_api_loop: bool = False,
    is_distributed: bool = False,
    source: str = "The pipeline config",
) -> Report:
    """Checks a config for training or for evaluation; the report that is returned has no problems.

    Args:
        config: a `pipeline_pb2.TrainEvalPipelineConfig`.
        for_training: True for training (problems of the evaluation are warnings), False for
            evaluation (training is not checked).
        train_steps: as in `check_config`.
        use_api_loop: as in `check_config`.
        is_distributed: as in `check_config`.
        source: names the config in the error, such as its path.
    Raises:
        OdapiError: one error with all problems.
    """
    report = check_config(
        config,
        for_training=for_training,
        for_evaluation=not for_training,
        train_steps=train_steps,
        use_api_loop=use_api_loop,
        is_distributed=is_distributed,
    )
    report.raise_problems(source)
    return report
