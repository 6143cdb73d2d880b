"""Finds in a pipeline config what would go wrong later: the model, the data, the training.

`train` and `evaluate` call `require_valid` before they do anything; the command `check` prints the
whole report. Nothing is built that takes long, and of a large dataset only a part is read.
"""

from dataclasses import dataclass
from typing import Any

import odapi_ssd
from odapi_ssd.check.checkpoint import check_fine_tune_checkpoint
from odapi_ssd.check.findings import Finding, Findings
from odapi_ssd.check.inputs import InputFacts, check_input_reader
from odapi_ssd.check.model import check_model, num_classes_of
from odapi_ssd.check.training import check_training
from odapi_ssd.config.field_names import suggest
from odapi_ssd.errors import OdapiError

__all__ = ["Report", "check_config", "require_valid"]


@dataclass(frozen=True)
class Report:
    """What a check found.

    Attributes:
        problems: what must be put right; empty for a config that can be used.
        warnings: what is probably not meant.
        facts: names and values worth knowing, in the order of a table.
    """

    problems: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    facts: tuple[tuple[str, str], ...]

    def raise_problems(self, source: str = "The pipeline config") -> None:
        """Raises one error that names all problems, if there are any.

        Raises:
            OdapiError: there are.
        """
        if not self.problems:
            return
        count = len(self.problems)
        noun = "problem" if count == 1 else "problems"
        raise OdapiError(
            f"{source} has {count} {noun}:",
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
) -> Report:
    """Checks a config.

    Args:
        config: a `pipeline_pb2.TrainEvalPipelineConfig`.
        for_training: look at training at all.
        for_evaluation: evaluation is wanted too; if not, what is wrong with it is a warning.
        train_steps: the step that the user asks to train to, if not to the config's num_steps;
            what then does not suit the learning-rate schedule is a warning.
        use_api_loop: training will run in the API's own loop, which ignores some fields.
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
        train_inputs = _check_reader(config.train_input_reader, "train_input_reader",
                                     "training", num_classes_of(config), findings)  # fmt: skip
        check_training(config, train_inputs, findings, train_steps is not None, use_api_loop)
        check_fine_tune_checkpoint(config, findings)
    evaluation = Findings()
    _check_evaluation(config, train_inputs, evaluation)
    findings.add(evaluation, as_warnings=not for_evaluation)
    return Report(tuple(findings.problems), tuple(findings.warnings), tuple(findings.facts))


def require_valid(
    config: Any,
    *,
    for_training: bool = True,
    train_steps: int | None = None,
    use_api_loop: bool = False,
    source: str = "The pipeline config",
) -> Report:
    """Checks a config for training, or else for evaluation; the report holds no problem.

    Args:
        config: a `pipeline_pb2.TrainEvalPipelineConfig`.
        for_training: for training (faults of the evaluation are warnings); if False, for evaluation
            (training is not looked at).
        train_steps: as in `check_config`.
        use_api_loop: as in `check_config`.
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
    )
    report.raise_problems(source)
    return report


def _check_evaluation(config: Any, train_inputs: InputFacts, findings: Findings) -> None:
    from object_detection import eval_util

    if not config.eval_input_reader:
        findings.problem(
            "eval_input_reader", "is not set: there is nothing to evaluate on", "add one"
        )
    for index, reader in enumerate(config.eval_input_reader):
        inputs = _check_reader(reader, f"eval_input_reader[{index}]", "evaluation",
                               num_classes_of(config), findings)  # fmt: skip
        _compare_readers(train_inputs, inputs, f"eval_input_reader[{index}]", findings)
    if len(config.eval_input_reader) > 1:
        findings.warning(
            "eval_input_reader",
            f"is there {len(config.eval_input_reader)} times; the API evaluates on the first",
            "remove the others",
        )
    for name in config.eval_config.metrics_set:
        if name not in eval_util.EVAL_METRICS_CLASS_DICT:
            near = suggest(name, eval_util.EVAL_METRICS_CLASS_DICT)
            findings.problem("eval_config.metrics_set", f"holds {name!r}", near)


def _check_reader(
    reader: Any, path: str, purpose: str, num_classes: int | None, findings: Findings
) -> InputFacts:
    inputs = check_input_reader(reader, path, num_classes, findings)
    name = f"{purpose} examples"
    if inputs.num_examples is None:
        findings.fact(name, "unknown")
        return inputs
    noun = "file" if len(inputs.files) == 1 else "files"
    shown = f"{inputs.num_examples:,} in {len(inputs.files)} {noun}"
    if inputs.contents is not None and inputs.contents.num_read < inputs.num_examples:
        shown += f", {inputs.contents.num_read:,} of them read"
    findings.fact(name, shown)
    if inputs.contents is not None:
        findings.fact(f"{purpose} objects", f"{inputs.contents.num_objects:,}")
    return inputs


def _compare_readers(
    train_inputs: InputFacts, inputs: InputFacts, path: str, findings: Findings
) -> None:
    train_map, label_map = train_inputs.label_map, inputs.label_map
    if train_map and label_map and train_map.id_by_name != label_map.id_by_name:
        findings.problem(
            f"{path}.label_map_path",
            "holds other classes or ids than that of train_input_reader",
            "use the same label map for both",
        )
    common = sorted(set(train_inputs.files) & set(inputs.files))
    if common:
        findings.warning(
            f"{path}.tf_record_input_reader.input_path",
            f"names files that are trained on as well, such as {common[0]}; the metrics will say "
            "little about new images",
            "evaluate on a split of its own",
        )
