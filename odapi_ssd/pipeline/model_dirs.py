"""Which config a model directory belongs to.

Our own note says it, a copy of the config in the model directory. A user's files there are never
touched: many keep their pipeline.config beside the checkpoints.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from odapi_ssd.errors import OdapiError
from odapi_ssd.pipeline.checkpoints import latest_checkpoint
from odapi_ssd.pipeline.config import load_config, save_config

__all__ = ["NOTE_NAME", "model_differences", "note_config", "noted_config", "require_same_model"]

NOTE_NAME = "trained_with.config"
_HEADER = "The config that the run in this folder is trained with; written by odapi-ssd train."
# What may change between two parts of a run: the weights mean the same with another of these.
_MAY_CHANGE = re.compile(
    r"post_processing|loss|regularizer|initializer|dropout|freeze|nms|hard_example|minibatch"
)


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
    noted = noted_config(model_dir)
    if noted is None:
        return False
    differences = model_differences(noted, config)
    if differences:
        raise OdapiError(
            f"{model_dir} holds a run of another model than the config describes:",
            details=differences,
            hint="give another --model_dir, or go on with that run's config, "
            f"{Path(model_dir) / NOTE_NAME}.",
        )
    return True


def noted_config(model_dir: str) -> Any:
    """The config that a model directory's run is trained with; None if no readable note says it."""
    try:
        return load_config(Path(model_dir) / NOTE_NAME)
    except OdapiError:
        return None


def model_differences(noted: Any, given: Any) -> list[str]:
    """Where two configs describe other networks or other anchors, a line each."""
    return list(_differences(noted.model, given.model, "model"))


def note_config(model_dir: str, config: Any) -> None:
    """Notes in a model directory which config its run is trained with."""
    if "://" not in model_dir:
        save_config(config, Path(model_dir) / NOTE_NAME, _HEADER)


def _differences(noted: Any, given: Any, path: str) -> Iterator[str]:
    """One line per field in which two messages of the same type differ."""
    for field in noted.DESCRIPTOR.fields:
        if _MAY_CHANGE.search(field.name):
            continue
        before, after = getattr(noted, field.name), getattr(given, field.name)
        field_path = f"{path}.{field.name}"
        if field.is_repeated:
            if list(before) != list(after):
                yield f"{field_path} differs"
        elif field.message_type is None:
            if before != after:
                yield f"{field_path} is {_show(before)} in the run and {_show(after)} in the config"
        elif noted.HasField(field.name) != given.HasField(field.name):
            yield f"{field_path} is set in only one of the two"
        elif noted.HasField(field.name):
            yield from _differences(before, after, field_path)


def _show(value: Any) -> str:
    """A field's value without the digits that float32 adds."""
    return f"{value:g}" if isinstance(value, float) else repr(value)
