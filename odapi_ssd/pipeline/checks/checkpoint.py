"""Checks `fine_tune_checkpoint` and the fields that say how it is used."""

from typing import Any

from odapi_ssd.pipeline.checks.findings import PLACEHOLDER, Findings, where_paths_start
from odapi_ssd.pipeline.field_names import suggest

__all__ = ["check_fine_tune_checkpoint"]

_PATH = "train_config.fine_tune_checkpoint"
_TYPES = ("classification", "detection", "full")
_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


def check_fine_tune_checkpoint(train_config: Any, findings: Findings) -> None:
    """Checks a `TrainConfig`'s checkpoint: that it exists, and is one that TF2 training takes."""
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
        _check_files(prefix, findings)
    _check_usage(train_config, findings)


def _check_files(prefix: str, findings: Findings) -> None:
    import tensorflow as tf

    if tf.io.gfile.isdir(prefix):
        latest = tf.train.latest_checkpoint(prefix)
        named = latest or _first_prefix_in(prefix)
        remedy = f"name the checkpoint in it: {named}" if named else "it holds no checkpoint"
        findings.problem(_PATH, f"is a folder, {prefix}", remedy)
        return
    if not tf.io.gfile.exists(f"{prefix}.index"):
        for suffix in (".index", ".data-00000-of-00001"):
            if prefix.endswith(suffix):
                remedy = f"leave {suffix} out: {prefix.removesuffix(suffix)}"
                findings.problem(_PATH, "names a file of a checkpoint, not its prefix", remedy)
                return
        findings.problem(_PATH, f"does not exist: there is no {prefix}.index", where_paths_start())
        return
    try:
        names = {name for name, _ in tf.train.list_variables(prefix)}
    except (tf.errors.OpError, ValueError) as error:
        findings.problem(_PATH, f"cannot be read: {str(error).splitlines()[0]}", "")
        return
    if _OBJECT_GRAPH not in names:
        findings.problem(
            _PATH,
            f"{prefix} is a checkpoint of TensorFlow 1, which TF2 training refuses",
            "take one from the TF2 model zoo",
        )


def _first_prefix_in(folder: str) -> str | None:
    import tensorflow as tf

    indices = sorted(tf.io.gfile.glob(f"{folder.rstrip('/')}/*.index"))
    nested = sorted(tf.io.gfile.glob(f"{folder.rstrip('/')}/checkpoint/*.index"))
    found: list[str] = indices or nested
    return found[-1].removesuffix(".index") if found else None


def _check_usage(train_config: Any, findings: Findings) -> None:
    kind = train_config.fine_tune_checkpoint_type
    if kind and kind not in _TYPES:
        findings.problem(
            "train_config.fine_tune_checkpoint_type",
            f"is {kind!r}",
            f"{suggest(kind, _TYPES)}; detection takes over the features of a detector, full all "
            "of it, classification the backbone of a classifier",
        )
    if not kind:
        taken = "detection" if train_config.from_detection_checkpoint else "classification"
        findings.warning(
            "train_config.fine_tune_checkpoint_type",
            f"is not set, so the API takes the checkpoint for one of {taken}",
            f"set it to {', '.join(_TYPES[:-1])} or {_TYPES[-1]}",
        )
    field = train_config.DESCRIPTOR.fields_by_name["fine_tune_checkpoint_version"]
    version = field.enum_type.values_by_number[train_config.fine_tune_checkpoint_version].name
    if version != "V2":
        findings.problem(
            "train_config.fine_tune_checkpoint_version",
            f"is {version}, which TF2 training refuses",
            "set it to V2",
        )
