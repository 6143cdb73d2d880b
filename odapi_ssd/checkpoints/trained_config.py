"""The config that a model directory's run, or a checkpoint, was trained with.

`odapi-ssd train` leaves a copy of the config in the model directory, the note. A user's own files
there are never touched: many keep their pipeline.config beside the checkpoints. Exports, imported
weights and the API's downloads have `checkpoint/ckpt-0`, and their config above that folder.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from odapi_ssd.checkpoints.fit import misfit
from odapi_ssd.checkpoints.newest import holds_traces
from odapi_ssd.config.differences import FieldDifference, find_differences
from odapi_ssd.config.files import config_to_text, load_config
from odapi_ssd.config.paths import is_remote
from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.text_file import is_marked, write_marked_text

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
# Words in the paths of fields that may change in a run: the weights mean the same.
_MAY_CHANGE = (
    "post_processing", "loss", "regularizer", "initializer", "dropout", "freeze", "nms",
    "hard_example", "minibatch", "bias_init", "decay",
)  # fmt: skip
# Words in the paths of fields that decide what the weights mean. A trained model may well be used
# with images of another size or fewer proposals; matching is for training alone.
_MEANING = (
    "num_classes", "background_class", "feature_extractor", "anchor", "box_predictor", "box_coder",
)  # fmt: skip


def require_same_model(model_dir: str, config: Any) -> bool:
    """Makes sure that the run in a model directory, if there is one, trains the config's model.

    A run may go on with another schedule, batch size, data, loss or post-processing, but not with
    another network or other anchors.

    Args:
        model_dir: the directory, which need not exist.
        config: the TrainEvalPipelineConfig to train with.
    Returns:
        Whether that is certain. It is not if the directory has a checkpoint without a readable
        note, as the API's own program leaves it: our loop finds a mismatch when it restores.
    Raises:
        OdapiError: the directory holds a run of another model.
    """
    if not holds_traces(model_dir):
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
    """The config that a checkpoint was trained with.

    Args:
        checkpoint: its prefix.
    Returns:
        The config's path and the config: the note beside the checkpoint, or else, if the checkpoint
        is in a folder `checkpoint`, the `pipeline.config` beside that folder. None if neither is
        there and readable.
    """
    if not is_remote(checkpoint):
        checkpoint = os.path.abspath(checkpoint)
    folder, (name, config_name) = os.path.dirname(checkpoint), _LAYOUT
    paths = [os.path.join(folder, NOTE_NAME)]
    if os.path.basename(folder) == name:
        paths.append(os.path.join(os.path.dirname(folder), config_name))
    found = ((path, _readable_config(path)) for path in paths)
    return next((one for one in found if one[1] is not None), None)


def require_model_of(checkpoint: str, config: Any) -> None:
    """Makes sure that a config describes the model that a checkpoint was trained with.

    Nothing else shows other anchors: the shapes of all variables may be the same.

    Raises:
        OdapiError: it describes another model. A checkpoint without a config passes.
    """
    noted = config_of_checkpoint(checkpoint)
    if noted is None:
        return
    path, its_config = noted
    differences = weights_differences(its_config, config)
    if differences:
        raise misfit(checkpoint, differences, f"use the config that it came with, {path}.")


def model_differences(noted: Any, given: Any) -> list[FieldDifference]:
    """The fields in which two configs describe different networks or anchors.

    Args:
        noted: the config that weights were trained with.
        given: the one that they are to be used with.
    """
    differences = find_differences(noted.model, given.model, "model")
    return [one for one in differences if not _holds_any(one.path, _MAY_CHANGE)]


def weights_differences(noted: Any, given: Any) -> list[FieldDifference]:
    """Those of `model_differences` that change the meaning of the weights."""
    return [
        one
        for one in model_differences(noted, given)
        # A path of two names, such as model.ssd: another meta-architecture.
        if one.path.count(".") == 1 or _holds_any(one.path, _MEANING)
    ]


def _holds_any(path: str, words: Iterable[str]) -> bool:
    return any(word in path for word in words)


def note_config(model_dir: str, config: Any) -> bool:
    """Leaves a copy of the config in the model directory of its run; not in a remote one.

    Returns:
        False if a file that train did not write, or that was edited since, says something else; it
        stays as it is.
    Raises:
        OdapiError: the file cannot be written.
    """
    path = Path(model_dir) / NOTE_NAME
    if is_remote(model_dir):
        return True
    if path.exists() and not is_marked(path, "train"):
        return bool(_readable_config(str(path)) == config)
    write_marked_text(path, config_to_text(config, _HEADER), "train")
    return True


def _readable_config(path: str) -> Any:
    """The config in a file; None if there is none or it cannot be read."""
    try:
        return load_config(path)
    except OdapiError:
        return None
