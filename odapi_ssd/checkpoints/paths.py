"""Checkpoints: which there are, what they hold, and whether they fit a config's model."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from odapi_ssd.compat import import_tensorflow
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import one_line

__all__ = [
    "explain_mismatch",
    "holds_model",
    "latest_checkpoint",
    "misfit",
    "object_graph",
    "require_checkpoint",
    "require_fit",
    "root_names",
]

_MISMATCH = re.compile(r"shape|incompatible|not bound|unresolved|unmatched", re.I)
_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_HINT = (
    "use the config that it was trained with (trained_with.config beside it, if odapi-ssd trained "
    "it), or another checkpoint or model directory."
)


def latest_checkpoint(directory: str | os.PathLike[str]) -> str | None:
    """The prefix of the newest complete checkpoint in a directory; None if there is none."""
    tf = import_tensorflow()
    prefix: str | None = tf.train.latest_checkpoint(os.fspath(directory))
    return prefix


def holds_model(checkpoint: str) -> bool:
    """Whether a checkpoint has a model's weights: the one before the first step has none."""
    variables = import_tensorflow().train.list_variables(checkpoint)
    return any(name.startswith("model/") for name, _ in variables)


def root_names(checkpoint: str) -> set[str] | None:
    """The names of the objects that a checkpoint was made of: those of `tf.train.Checkpoint`.

    Variables' names do not tell: one that has several paths is stored under the shortest.

    Returns:
        Such as `{"model", "optimizer", "step"}`; None for a checkpoint of TensorFlow 1.
    Raises:
        tf.errors.OpError, ValueError: the checkpoint cannot be read.
    """
    graph = object_graph(import_tensorflow().train.load_checkpoint(checkpoint))
    return None if graph is None else {child.local_name for child in graph.nodes[0].children}


def object_graph(reader: Any) -> Any:
    """The objects that a checkpoint was made of, and their names in each other.

    Args:
        reader: from `tf.train.load_checkpoint`.
    Returns:
        A `TrackableObjectGraph`; None for a checkpoint of TensorFlow 1.
    """
    if not reader.has_tensor(_OBJECT_GRAPH):
        return None
    from tensorflow.core.protobuf import trackable_object_graph_pb2

    return trackable_object_graph_pb2.TrackableObjectGraph.FromString(
        reader.get_tensor(_OBJECT_GRAPH)
    )


def require_checkpoint(path: str | os.PathLike[str]) -> str:
    """The checkpoint prefix that a user means by a directory or by a prefix.

    Args:
        path: a directory (its newest checkpoint is meant) or a prefix such as `runs/a/ckpt-7`.
    Raises:
        OdapiError: there is none, or it was saved before the model had any weights.
    """
    prefix = _find_checkpoint(os.fspath(path))
    if not holds_model(prefix):
        raise OdapiError(
            f"The checkpoint {prefix} holds no model, only the state before the first step.",
            hint="train further: `odapi-ssd train` goes on with a run in its --model_dir.",
        )
    return prefix


def _find_checkpoint(path: str) -> str:
    files = import_tensorflow().io.gfile
    if files.isdir(path):
        latest = latest_checkpoint(path)
        if latest is None:
            raise OdapiError(
                f"{path} holds no checkpoint (no file `checkpoint` that names a ckpt-*.index).",
                hint="give the --model_dir of a training run that has saved at least once.",
            )
        return latest
    prefix = path.removesuffix(".index")
    if not files.exists(f"{prefix}.index"):
        raise OdapiError(
            f"There is no checkpoint at {path}.",
            hint="give the --model_dir of a training run, or a prefix such as runs/my_run/ckpt-7.",
        )
    return prefix


@contextmanager
def explain_mismatch(checkpoint: str | None, hint: str = _HINT) -> Iterator[None]:
    """Turns TensorFlow's failures to restore a checkpoint into one that a user understands.

    Args:
        checkpoint: the prefix that is restored in the block, or whose deferred restoration ends
            there; None if nothing is restored, so that no failure has to do with a checkpoint.
        hint: what the user can do about a mismatch.
    Raises:
        OdapiError: the block failed in a way that says that the checkpoint is another model's.
    """
    try:
        yield
    except (ValueError, AssertionError) as error:
        if checkpoint is None or not _MISMATCH.search(str(error)):
            raise
        raise misfit(checkpoint, [one_line(error)[:300]], hint) from error


def require_fit(model: Any, checkpoint: str) -> None:
    """Makes sure that a restored model's variables have the shapes that its config gives them.

    A variable whose value comes from a checkpoint while it is made, as it does in the API, takes
    whatever shape the checkpoint has, and nobody objects.

    Args:
        model: a Keras model whose variables are built and restored.
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
    """The error for a checkpoint of another model than the config's; details say where."""
    return OdapiError(
        f"The checkpoint {checkpoint} does not fit the model of this config:",
        details=map(str, details),
        hint=hint,
    )
