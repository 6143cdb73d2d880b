"""Whether a checkpoint fits the model that it is restored into."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import one_line

__all__ = ["explain_mismatch", "misfit", "require_fit"]

# What TensorFlow says when a checkpoint is another model's.
_MISMATCH = re.compile(r"shape|incompatible|not bound|unresolved|unmatched", re.I)
_HINT = (
    "use the config that it was trained with (trained_with.config beside it, if odapi-ssd trained "
    "it), or another checkpoint or model directory."
)
_MAX_LENGTH = 300


@contextmanager
def explain_mismatch(checkpoint: str | None, hint: str = _HINT) -> Iterator[None]:
    """Turns a failure to restore a checkpoint into an error that names the checkpoint.

    Args:
        checkpoint: the prefix that the block restores, or whose deferred restoration ends in the
            block; None if nothing is restored: failures then have other causes.
        hint: what the user can do about a mismatch.
    Raises:
        OdapiError: the block failed because the checkpoint is another model's. Other failures stay
            as they are.
    """
    try:
        yield
    except (ValueError, AssertionError) as error:
        if checkpoint is None or not _MISMATCH.search(str(error)):
            raise
        raise misfit(checkpoint, [one_line(error)[:_MAX_LENGTH]], hint) from error


def require_fit(model: Any, checkpoint: str) -> None:
    """Makes sure that a restored model's variables have the shapes that its config gives them.

    A variable that gets its value from a checkpoint while it is created, as in the API, takes any
    shape that the checkpoint has; TensorFlow raises nothing.

    Args:
        model: a Keras model whose variables are created and restored.
        checkpoint: the prefix that they were restored from.
    Raises:
        OdapiError: the checkpoint is another model's.
    """
    misfits = []
    for variable in model.variables:
        restored_shape = variable.numpy().shape
        if not variable.shape.is_compatible_with(restored_shape):
            misfits.append(
                f"{variable.name}: {list(restored_shape)} in the checkpoint, "
                f"{variable.shape.as_list()} in the config's model"
            )
    if misfits:
        raise misfit(checkpoint, misfits, _HINT)


def misfit(checkpoint: str, details: Iterable[object], hint: str) -> OdapiError:
    """The error for a checkpoint of another model than the config's.

    Args:
        checkpoint: its prefix.
        details: what does not fit, one line each.
        hint: what the user can do.
    """
    return OdapiError(
        f"The checkpoint {checkpoint} does not fit the model of this config:",
        details=map(str, details),
        hint=hint,
    )
