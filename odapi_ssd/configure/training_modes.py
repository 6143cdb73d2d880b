"""Where training starts and what it trains: `--mode` and `--fine_tune_checkpoint` of `configure`.

On top of a classification network a detector is trained in two steps: first the new layers alone
(`new-layers`), then everything (`all-layers`). The other two modes start from a detector, for other
classes (`from-detector`), and from random weights (`scratch`).
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from odapi_ssd.checkpoints.classification import network_hint, network_misfits
from odapi_ssd.checkpoints.contents import (
    KIND_OF_ROOT,
    ROOT_OF_TYPE,
    CheckpointContents,
    require_weights,
)
from odapi_ssd.checkpoints.paths import ignore_warning, resolve_checkpoint
from odapi_ssd.checkpoints.trained_config import (
    NOTE_NAME,
    config_of_checkpoint,
    weights_differences,
)
from odapi_ssd.config.paths import is_placeholder, is_remote
from odapi_ssd.configure.draft import ConfigDraft
from odapi_ssd.data.label_map import read_label_map
from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.messages import list_some

__all__ = ["MODES", "fill_start", "find_start", "require_fitting_start", "require_mode"]

# The fine_tune_checkpoint_type of each mode; of two the first whose object the checkpoint holds.
_TYPES: dict[str, tuple[str, ...]] = {
    "scratch": (),
    "from-detector": ("detection",),
    "new-layers": ("classification",),
    "all-layers": ("full", "classification"),
}
MODES = tuple(_TYPES)

_NUM_NAMED = 5
_OPTION = "--fine_tune_checkpoint"
_CHECKPOINT = "train_config.fine_tune_checkpoint"
_FREEZING = ("freeze_variables", "update_trainable_variables")
# Part of the names of its variables in our training loop, for every meta-architecture.
_CLASSIFICATION_NETWORK = "_feature_extractor/classification_backbone/"


def require_mode(mode: str | None, checkpoint: str | None) -> None:
    """Makes sure that a mode exists, and has a checkpoint if it needs one and only then.

    Raises:
        OptionError: it does not.
    """
    if mode is None:
        return
    if mode not in MODES:
        raise OptionError("mode", f"is {mode!r}; one of {', '.join(MODES)} was expected.")
    if mode == "scratch" and checkpoint is not None:
        raise OptionError("mode", "scratch starts from random weights: no --fine_tune_checkpoint.")
    if mode != "scratch" and checkpoint is None:
        needed = " or ".join(KIND_OF_ROOT[ROOT_OF_TYPE[kind]] for kind in _TYPES[mode])
        raise OptionError("mode", f"{mode} needs a --fine_tune_checkpoint, of {needed}.")


def find_start(
    checkpoint: str | None, warn: Callable[[str], object] = ignore_warning
) -> str | None:
    """The prefix of the checkpoint to start from, as a config names it: absolute.

    Args:
        checkpoint: a prefix, one of its files or a folder, as for `resolve_checkpoint`; a remote
            path is taken for a prefix, and not looked at.
        warn: as for `resolve_checkpoint`.
    Raises:
        OdapiError: there is no checkpoint, or a file of it is missing or damaged.
    """
    if checkpoint is None or is_remote(checkpoint):
        return checkpoint
    return str(Path(resolve_checkpoint(checkpoint, warn, _OPTION)).resolve())


def fill_start(draft: ConfigDraft, mode: str | None, prefix: str | None) -> None:
    """Sets from which weights training starts and, with a mode, which variables it trains.

    Args:
        draft: the config in the making, its model and data complete.
        mode: one of `MODES`, which imports TensorFlow; None sets the checkpoint alone.
        prefix: the checkpoint; None leaves the template's.
    Raises:
        OdapiError: the checkpoint does not suit the mode.
    """
    if mode is not None:
        _fill_mode(draft, mode, prefix)
    elif prefix is not None:
        _fill_checkpoint(draft, prefix)
    elif is_placeholder(draft.config.train_config.fine_tune_checkpoint):
        draft.set(_CHECKPOINT, "")
        draft.notes.append(
            "The template leaves its fine_tune_checkpoint open: training starts from random "
            "weights. Give --fine_tune_checkpoint to start from others."
        )


def _fill_checkpoint(draft: ConfigDraft, prefix: str, kind: str | None = None) -> None:
    """Sets a checkpoint and its type; None keeps the template's type."""
    draft.set(_CHECKPOINT, prefix)
    draft.set("train_config.fine_tune_checkpoint_version", "V2")
    if kind is not None:
        draft.set("train_config.fine_tune_checkpoint_type", kind)
    elif not draft.config.train_config.fine_tune_checkpoint_type:
        draft.set("train_config.fine_tune_checkpoint_type", "detection")
        draft.notes.append(
            "The template has no fine_tune_checkpoint_type; the checkpoint is taken for a "
            "detector's. For a classifier's, --set "
            "train_config.fine_tune_checkpoint_type=classification."
        )


def _fill_mode(draft: ConfigDraft, mode: str, prefix: str | None) -> None:
    train_config = draft.config.train_config
    for name in _FREEZING:
        if getattr(train_config, name):
            draft.set(f"train_config.{name}", "[]")
    if prefix is None:
        if train_config.fine_tune_checkpoint:
            draft.set(_CHECKPOINT, "")
        return
    kind = _type_for(mode, require_weights(prefix, _OPTION))
    if kind == "classification":
        _require_classification_network(mode, draft.config.model)
    _fill_checkpoint(draft, prefix, kind)
    if mode == "new-layers":
        draft.set("train_config.freeze_variables", _CLASSIFICATION_NETWORK)


def _type_for(mode: str, contents: CheckpointContents) -> str:
    """The fine_tune_checkpoint_type with which a mode takes a checkpoint over."""
    prefix, roots = contents.prefix, contents.roots
    for kind in _TYPES[mode]:
        if ROOT_OF_TYPE[kind] in roots:
            return kind
    if "model" in roots:
        raise OdapiError(
            f"--mode {mode} starts from a classification network, but {prefix} holds a detector.",
            hint="--mode from-detector gives its features new heads, for new classes; "
            "--mode all-layers goes on with all of it.",
        )
    if "feature_extractor" in roots:
        raise OdapiError(
            f"--mode {mode} starts from a detector, but {prefix} holds a classification network.",
            hint="--mode new-layers trains what is new on top of it, --mode all-layers everything.",
        )
    raise OdapiError(
        f"{prefix} holds neither a detector (model) nor a classification network "
        f"(feature_extractor), but {list_some(sorted(roots)) or 'nothing'}.",
        hint="name a checkpoint of a run, or of a network that was saved for the API.",
    )


def _require_classification_network(mode: str, model: Any) -> None:
    """Refuses CenterNet's hourglass networks, the API's only feature extractors without one."""
    kind = model.WhichOneof("model")
    extractor = model.center_net.feature_extractor.type if kind == "center_net" else ""
    if extractor.startswith("hourglass"):
        raise OdapiError(
            f"--mode {mode} starts from a classification network, but the API knows none in "
            f"model.center_net.feature_extractor.type {extractor}.",
            hint="take --mode from-detector or scratch.",
        )


def require_fitting_start(draft: ConfigDraft, mode: str | None, prefix: str | None) -> None:
    """Makes sure that the weights that a mode starts from suit the finished config.

    Args:
        draft: a config in which nothing will change any more.
        mode: as in `fill_start`; None looks at nothing.
        prefix: as in `fill_start`.
    Raises:
        OdapiError: the checkpoint is of another model or network, or of other classes.
    """
    train_config = draft.config.train_config
    if mode is None or prefix is None or train_config.fine_tune_checkpoint != prefix:
        return
    if train_config.fine_tune_checkpoint_type == "full":
        _require_same_detector(draft, prefix)
    if train_config.fine_tune_checkpoint_type == "classification":
        _require_same_network(draft.config, prefix)


def _require_same_network(config: Any, prefix: str) -> None:
    misfits = network_misfits(config, prefix)
    if misfits:
        more = [f"and {len(misfits) - _NUM_NAMED} more"] if len(misfits) > _NUM_NAMED else []
        raise OdapiError(
            f"The classification network in {prefix} is not the one of the config:",
            details=[*misfits[:_NUM_NAMED], *more],
            hint=f"{network_hint(config)}.",
        )


def _require_same_detector(draft: ConfigDraft, prefix: str) -> None:
    """A detector can be taken over whole only with its own network, anchors and classes."""
    found = config_of_checkpoint(prefix)
    if found is None:
        draft.notes.append(
            f"No config came with {prefix} ({NOTE_NAME} beside it, or checkpoint/ and "
            "pipeline.config): make sure that its detector has this model's anchors and these "
            "classes in this order. Where there are as many, others do not show in training."
        )
        return
    (path, noted), config = found, draft.config
    differences = list(map(str, weights_differences(noted, config)))
    if not differences:
        classes = _class_differences(noted, config)
        if classes is None:
            draft.notes.append(
                f"The label map that {path} names is not there: make sure that the detector in "
                f"{prefix} has these classes in this order."
            )
        differences = classes or []
    if differences:
        raise OdapiError(
            f"All of the detector in {prefix} would be taken over, but the config describes "
            "another one:",
            details=differences,
            hint="for other classes take --mode from-detector, which gives its features new heads; "
            f"for its own, its config as the template: odapi-ssd configure --template {path}.",
        )


def _class_differences(noted: Any, given: Any) -> list[str] | None:
    """One line if two configs have different classes; None if `noted` has no label map any more."""
    try:
        before = read_label_map(Path(noted.train_input_reader.label_map_path))
    except OdapiError:
        return None
    after = read_label_map(Path(given.train_input_reader.label_map_path))
    if before == after:
        return []
    return [f"classes: {_listed(before)} there, {_listed(after)} in the config"]


def _listed(classes: Mapping[str, int]) -> str:
    return list_some(f"{class_id} {name}" for name, class_id in classes.items())
