"""Which config a model directory, or a checkpoint, belongs to.

Our own note says it, a copy of the config in the model directory. A user's files there are never
touched: many keep their pipeline.config beside the checkpoints. Exports, imported weights and the
API's downloads have `checkpoint/ckpt-0` and the config above it.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from odapi_ssd.checkpoints.paths import latest_checkpoint, misfit
from odapi_ssd.config.differences import FieldDifference, find_differences
from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.errors import OdapiError

__all__ = [
    "NOTE_NAME",
    "config_of_checkpoint",
    "model_differences",
    "note_config",
    "require_model_of",
    "require_same_model",
    "weights_differences",
]

NOTE_NAME = "trained_with.config"
_LAYOUT = ("checkpoint", "pipeline.config")
_HEADER = "The config that the run in this folder is trained with; written by odapi-ssd train."
# A run may go on, and a trained model be used, with another value of a field below one whose name
# holds one of these words: the weights mean the same.
_MAY_CHANGE = (
    "post_processing", "loss", "regularizer", "initializer", "dropout", "freeze", "nms",
    "hard_example", "minibatch", "bias_init", "decay",
)  # fmt: skip
# Fields that decide what the weights mean. A trained model may well be used with images of another
# size or fewer proposals; matching is for training alone.
_MEANING = (
    "num_classes", "background_class", "feature_extractor", "anchor", "box_predictor", "box_coder",
)  # fmt: skip


def require_same_model(model_dir: str, config: Any) -> bool:
    """Makes sure that a run in a model directory is one of the config's model.

    A run may go on with another schedule, batch size, data, loss or post-processing, but not with
    another network or other anchors.

    Args:
        model_dir: the directory, which need not exist.
        config: the TrainEvalPipelineConfig to train with.
    Returns:
        Whether that is certain. It is not where there is a checkpoint without a note that can be
        read, as the API's own program leaves it: our loop finds a mismatch when it restores.
    Raises:
        OdapiError: the directory holds a run of another model.
    """
    if latest_checkpoint(model_dir) is None:
        return True
    noted = _readable_config(os.path.join(model_dir, NOTE_NAME))
    if noted is None:
        return False
    differences = model_differences(noted, config)
    if differences:
        raise OdapiError(
            f"{model_dir} holds a run of another model than the config describes:",
            details=map(str, differences),
            hint="give another --model_dir, or go on with that run's config, "
            f"{Path(model_dir) / NOTE_NAME}.",
        )
    return True


def config_of_checkpoint(checkpoint: str) -> tuple[str, Any] | None:
    """The config that a checkpoint came with, and its path; None if no readable one is there.

    Args:
        checkpoint: its prefix. Our note beside it counts; else, in a folder `checkpoint`, the
            `pipeline.config` beside that folder.
    """
    if "://" not in checkpoint:
        checkpoint = os.path.abspath(checkpoint)
    folder, (name, config_name) = os.path.dirname(checkpoint), _LAYOUT
    paths = [os.path.join(folder, NOTE_NAME)]
    if os.path.basename(folder) == name:
        paths.append(os.path.join(os.path.dirname(folder), config_name))
    found = ((path, _readable_config(path)) for path in paths)
    return next((one for one in found if one[1] is not None), None)


def require_model_of(checkpoint: str, config: Any) -> None:
    """Makes sure that a config's model is not another one than that of the checkpoint's own config.

    Other anchors show nowhere else: the shapes of all variables may be the same.

    Raises:
        OdapiError: it is; without a config beside the checkpoint it cannot be told.
    """
    noted = config_of_checkpoint(checkpoint)
    if noted is None:
        return
    path, its_config = noted
    differences = weights_differences(its_config, config)
    if differences:
        raise misfit(checkpoint, differences, f"use the config that it came with, {path}.")


def model_differences(noted: Any, given: Any) -> list[FieldDifference]:
    """The fields in which two configs describe different networks or anchors."""
    differences = find_differences(noted.model, given.model, "model")
    return [one for one in differences if not _holds_any(one.path, _MAY_CHANGE)]


def weights_differences(noted: Any, given: Any) -> list[FieldDifference]:
    """Those of `model_differences` with which the same weights mean something else."""
    return [
        one
        for one in model_differences(noted, given)
        # `model.ssd`: one of the two is another meta-architecture.
        if one.path.count(".") == 1 or _holds_any(one.path, _MEANING)
    ]


def _holds_any(path: str, words: Iterable[str]) -> bool:
    return any(word in path for word in words)


def note_config(model_dir: str, config: Any) -> None:
    """Notes in a model directory which config its run is trained with."""
    if "://" not in model_dir:
        save_config(config, Path(model_dir) / NOTE_NAME, _HEADER)


def _readable_config(path: str) -> Any:
    """A config; None if none that can be read is there."""
    try:
        return load_config(path)
    except OdapiError:
        return None
