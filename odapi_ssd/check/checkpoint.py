"""Checks `fine_tune_checkpoint` and the fields that say how it is used.

For a checkpoint of type "classification" the network is built, which takes seconds: that it does
not fit shows nowhere earlier.
"""

from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.checkpoints.classification import network_hint, network_misfits
from odapi_ssd.checkpoints.contents import ROOT_OF_TYPE, CheckpointContents, require_weights
from odapi_ssd.checkpoints.paths import resolve_checkpoint
from odapi_ssd.checkpoints.trained_config import config_of_checkpoint, weights_differences
from odapi_ssd.config.field_names import suggest
from odapi_ssd.config.paths import is_placeholder
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some

__all__ = ["check_fine_tune_checkpoint"]

_PATH = "train_config.fine_tune_checkpoint"
_NUM_NAMED = 3


def check_fine_tune_checkpoint(config: Any, findings: Findings) -> None:
    """Checks the checkpoint that training starts from.

    Args:
        config: a TrainEvalPipelineConfig.
        findings: collects problems, warnings and facts; has those of the model already.
    """
    train_config = config.train_config
    prefix = train_config.fine_tune_checkpoint
    if not prefix:
        findings.fact("starts from", "random weights")
        return
    findings.fact("starts from", prefix)
    if is_placeholder(prefix):
        findings.problem(
            _PATH,
            f"is still {prefix!r}",
            'name a checkpoint, or set it to "" to start from random weights',
        )
    else:
        contents = _check_files(prefix, findings)
        if contents is not None:
            _check_fit(config, contents, findings)
    _check_usage(train_config, findings)


def _check_files(given: str, findings: Findings) -> CheckpointContents | None:
    """Returns what the checkpoint holds; None if it cannot be used."""
    try:
        prefix = resolve_checkpoint(given, go_on_with=f"{_PATH}:")
        if prefix == given:
            return require_weights(prefix, f"{_PATH}:")
    except OdapiError as error:
        what = " ".join([error.problem.rstrip("."), "; ".join(error.details)]).strip()
        findings.problem(_PATH, what, (error.hint or "").rstrip("."))
        return None
    findings.problem(
        _PATH,
        f"is {given}, a folder or a file of a checkpoint, but the API takes only the prefix",
        f"set it to {prefix}",
    )
    return None


def _effective_type(train_config: Any) -> str:
    default = "detection" if train_config.from_detection_checkpoint else "classification"
    return str(train_config.fine_tune_checkpoint_type or default)


def _check_fit(config: Any, contents: CheckpointContents, findings: Findings) -> None:
    """The checkpoint must hold the object that its type restores; else the API fails late."""
    kind = _effective_type(config.train_config)
    root = ROOT_OF_TYPE.get(kind)
    if root is None:
        return
    if root not in contents.roots:
        _report_type(kind, contents, findings)
    elif kind == "classification":
        _check_network(config, findings)
    elif kind == "full":
        _check_same_model(config, findings)


def _report_type(kind: str, contents: CheckpointContents, findings: Findings) -> None:
    fitting = [name for name, root in ROOT_OF_TYPE.items() if root in contents.roots]
    findings.problem(
        _PATH,
        f"{contents.prefix} is taken for one of type {kind}, but holds no "
        f"{ROOT_OF_TYPE[kind]!r}; it holds {list_some(sorted(contents.roots)) or 'nothing'}",
        f"set train_config.fine_tune_checkpoint_type to {' or '.join(fitting)}"
        if fitting
        else "take a checkpoint of a detector (type detection or full) or of a classifier that "
        "was saved for the API (type classification)",
    )


def _check_network(config: Any, findings: Findings) -> None:
    if any(problem.path.startswith("model") for problem in findings.problems):
        return  # it may be impossible to build
    prefix = config.train_config.fine_tune_checkpoint
    try:
        misfits = network_misfits(config, prefix)
    except OdapiError as error:
        findings.problem("model", error.problem)
        return
    if misfits:
        findings.problem(
            _PATH,
            f"{prefix} does not fit the config's classification network in "
            f"{count_of(len(misfits), 'variable')}: {'; '.join(misfits[:_NUM_NAMED])}",
            network_hint(config),
        )


def _check_same_model(config: Any, findings: Findings) -> None:
    """Other anchors would show nowhere: all shapes may be the same."""
    prefix = config.train_config.fine_tune_checkpoint
    found = config_of_checkpoint(prefix)
    differences = [] if found is None else weights_differences(found[1], config)
    if found is not None and differences:
        findings.problem(
            _PATH,
            f"{prefix} is of another model, that of {found[0]}: {list_some(differences)}",
            "go on with that config's model, or set train_config.fine_tune_checkpoint_type to "
            "detection, which takes the features over and makes new heads",
        )


def _check_usage(train_config: Any, findings: Findings) -> None:
    kind = train_config.fine_tune_checkpoint_type
    types = tuple(ROOT_OF_TYPE)
    if kind and kind not in types:
        findings.problem(
            "train_config.fine_tune_checkpoint_type",
            f"is {kind!r}",
            f"{suggest(kind, types)}; detection takes over the features of a detector, full all "
            "of it, classification the backbone of a classifier",
        )
    if not kind:
        findings.warning(
            "train_config.fine_tune_checkpoint_type",
            f"is not set, so the API takes the checkpoint for one of "
            f"{_effective_type(train_config)}",
            f"set it to {', '.join(types[:-1])} or {types[-1]}",
        )
    field = train_config.DESCRIPTOR.fields_by_name["fine_tune_checkpoint_version"]
    version = field.enum_type.values_by_number[train_config.fine_tune_checkpoint_version].name
    if version != "V2":
        findings.problem(
            "train_config.fine_tune_checkpoint_version",
            f"is {version}, which TF2 training refuses",
            "set it to V2",
        )
