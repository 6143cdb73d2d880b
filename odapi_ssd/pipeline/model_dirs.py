"""Which config a model directory belongs to."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from odapi_ssd.errors import OdapiError
from odapi_ssd.pipeline.checkpoints import latest_checkpoint
from odapi_ssd.pipeline.config import load_config, save_config

__all__ = ["claim_model_dir"]

_CONFIG_NAME = "pipeline.config"
# What may change between two parts of a run: the weights mean the same with another of these.
_MAY_CHANGE = re.compile(
    r"post_processing|loss|regularizer|initializer|dropout|freeze|nms|hard_example|minibatch"
)


def claim_model_dir(model_dir: Path, config_path: Path) -> None:
    """Notes in the model directory which config it is trained with.

    A run may go on with another schedule, batch size, data, loss or post-processing, but not with
    another network or other anchors: that is refused where there is a checkpoint. A run of the
    API's own loop has no such note; there, the mismatch shows when its checkpoint is restored.

    Raises:
        OdapiError: the directory holds a run of another model.
    """
    config = load_config(config_path)
    noted_path = model_dir / _CONFIG_NAME
    if noted_path.is_file() and latest_checkpoint(model_dir) is not None:
        differences = list(_differences(load_config(noted_path).model, config.model, "model"))
        if differences:
            raise OdapiError(
                f"{model_dir} holds a run of another model than {config_path} describes:",
                details=differences,
                hint=f"give another --model_dir, or go on with that run's config, {noted_path}.",
            )
    if not (noted_path.is_file() and os.path.samefile(noted_path, config_path)):
        save_config(config, noted_path)


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
