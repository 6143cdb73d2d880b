"""Checks `fine_tune_checkpoint` and the fields that say how it is used.

For a checkpoint of type "classification" the network is built, which takes seconds: that it does
not fit shows nowhere earlier.
"""

from collections.abc import Collection
from typing import Any

from odapi_ssd.check.findings import PLACEHOLDER, Findings, where_paths_start
from odapi_ssd.checkpoints.classification import network_hint, network_misfits
from odapi_ssd.checkpoints.paths import root_names
from odapi_ssd.checkpoints.trained_config import config_of_checkpoint, weights_differences
from odapi_ssd.config.field_names import suggest
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, first_line, list_some

__all__ = ["check_fine_tune_checkpoint"]

_PATH = "train_config.fine_tune_checkpoint"
_NUM_NAMED = 3
# Where `restore_from_objects` of every meta-architecture looks for what a type takes over.
_ROOTS = {"classification": "feature_extractor", "detection": "model", "full": "model"}


def check_fine_tune_checkpoint(config: Any, findings: Findings) -> None:
    """Checks the checkpoint that training starts from.

    Args:
        config: a TrainEvalPipelineConfig.
        findings: what is found is added to them; they have those of the model already.
    """
    train_config = config.train_config
    prefix = train_config.fine_tune_checkpoint
    if not prefix:
        findings.fact("starts from", "random weights")
        return
    findings.fact("starts from", prefix)
    if PLACEHOLDER in prefix:
        findings.problem(
            _PATH,
            f"is still {prefix!r}",
            'name a checkpoint, or set it to "" to start from random weights',
        )
    else:
        roots = _check_files(prefix, findings)
        if roots is not None:
            _check_fit(config, roots, findings)
    _check_usage(train_config, findings)


def _check_files(prefix: str, findings: Findings) -> set[str] | None:
    """Returns the names under which the checkpoint holds objects; None if it is unusable."""
    import tensorflow as tf

    if tf.io.gfile.isdir(prefix):
        latest = tf.train.latest_checkpoint(prefix)
        named = latest or _first_prefix_in(prefix)
        remedy = f"name the checkpoint in it: {named}" if named else "it holds no checkpoint"
        findings.problem(_PATH, f"is a folder, {prefix}", remedy)
        return None
    if not tf.io.gfile.exists(f"{prefix}.index"):
        for suffix in (".index", ".data-00000-of-00001"):
            if prefix.endswith(suffix):
                remedy = f"leave {suffix} out: {prefix.removesuffix(suffix)}"
                findings.problem(_PATH, "names a file of a checkpoint, not its prefix", remedy)
                return None
        findings.problem(_PATH, f"does not exist: there is no {prefix}.index", where_paths_start())
        return None
    try:
        roots = root_names(prefix)
    except (tf.errors.OpError, ValueError) as error:
        findings.problem(_PATH, f"cannot be read: {first_line(error)}", "")
        return None
    if roots is None:
        findings.problem(
            _PATH,
            f"{prefix} is a checkpoint of TensorFlow 1, which TF2 training refuses",
            "take one from the TF2 model zoo",
        )
    return roots


def _effective_type(train_config: Any) -> str:
    default = "detection" if train_config.from_detection_checkpoint else "classification"
    return str(train_config.fine_tune_checkpoint_type or default)


def _check_fit(config: Any, roots: Collection[str], findings: Findings) -> None:
    """The checkpoint must hold what its type takes over; else the API fails when it loads it."""
    train_config = config.train_config
    kind = _effective_type(train_config)
    root = _ROOTS.get(kind)
    if root in roots and kind == "classification":
        _check_network(config, findings)
    if root in roots and kind == "full":
        _check_same_model(config, findings)
    if root is None or root in roots:
        return
    fitting = [name for name, needed in _ROOTS.items() if needed in roots]
    findings.problem(
        _PATH,
        f"{train_config.fine_tune_checkpoint} is taken for one of type {kind}, but holds no "
        f"{root!r}; it holds {list_some(sorted(roots))}",
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


def _first_prefix_in(folder: str) -> str | None:
    import tensorflow as tf

    indices = sorted(tf.io.gfile.glob(f"{folder.rstrip('/')}/*.index"))
    nested = sorted(tf.io.gfile.glob(f"{folder.rstrip('/')}/checkpoint/*.index"))
    found: list[str] = indices or nested
    return found[-1].removesuffix(".index") if found else None


def _check_usage(train_config: Any, findings: Findings) -> None:
    kind = train_config.fine_tune_checkpoint_type
    types = tuple(_ROOTS)
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
