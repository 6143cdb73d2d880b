"""Checks a config's evaluation: its data, compared with the training's, and its metrics."""

from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.inputs import InputFacts, check_input_reader
from odapi_ssd.check.model import num_classes_of
from odapi_ssd.check.numbers import check_numbers
from odapi_ssd.config.field_names import suggest

__all__ = ["check_evaluation"]


def check_evaluation(config: Any, train_inputs: InputFacts, findings: Findings) -> None:
    """Checks `config.eval_input_reader` and `config.eval_config`.

    Args:
        config: a `pipeline_pb2.TrainEvalPipelineConfig`.
        train_inputs: the training data; empty if training is not checked.
        findings: collects problems, warnings and facts.
    """
    from object_detection import eval_util

    if not config.eval_input_reader:
        findings.problem(
            "eval_input_reader", "is not set: there is nothing to evaluate on", "add one"
        )
    for index, reader in enumerate(config.eval_input_reader):
        path = f"eval_input_reader[{index}]"
        inputs = check_input_reader(reader, path, "evaluation", num_classes_of(config), findings)
        _compare_readers(train_inputs, inputs, path, findings)
    if len(config.eval_input_reader) > 1:
        findings.warning(
            "eval_input_reader",
            f"is there {len(config.eval_input_reader)} times; the API evaluates on the first",
            "remove the others",
        )
    check_numbers(config.eval_config, "eval_config", findings)
    for name in config.eval_config.metrics_set:
        if name not in eval_util.EVAL_METRICS_CLASS_DICT:
            near = suggest(name, eval_util.EVAL_METRICS_CLASS_DICT)
            findings.problem("eval_config.metrics_set", f"holds {name!r}", near)


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
