"""What a checkpoint holds, and which `fine_tune_checkpoint_type` takes it over."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from odapi_ssd.checkpoints.objects import object_graph
from odapi_ssd.checkpoints.paths import ignore_warning, resolve_checkpoint
from odapi_ssd.checkpoints.verification import verify_checkpoint
from odapi_ssd.compat import import_tensorflow
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import list_some

__all__ = [
    "KIND_OF_ROOT",
    "ROOT_OF_TYPE",
    "CheckpointContents",
    "read_contents",
    "require_detector",
    "require_weights",
]

# The object that each fine_tune_checkpoint_type restores: `restore_from_objects` of every
# meta-architecture has it under this name.
ROOT_OF_TYPE = {"classification": "feature_extractor", "detection": "model", "full": "model"}
KIND_OF_ROOT = {"feature_extractor": "a classification network", "model": "a detector"}


@dataclass(frozen=True)
class CheckpointContents:
    """The objects in a checkpoint.

    Attributes:
        prefix: the checkpoint.
        is_tf1: it is of TensorFlow 1, which stores variables by name, and no objects.
        roots: the names of its objects, those of `tf.train.Checkpoint(…)`: a run has "model",
            "optimizer" and "step". Names of variables do not show them: a variable below several
            objects is stored under the shortest path.
        has_model_weights: a variable is stored below "model". A run that was stopped before its
            first step leaves a checkpoint without any.
    """

    prefix: str
    is_tf1: bool
    roots: frozenset[str]
    has_model_weights: bool


def read_contents(prefix: str, go_on_with: str = "") -> CheckpointContents:
    """Reads a checkpoint, all of it: a damaged one is found here and not while it is restored.

    Args:
        prefix: the checkpoint.
        go_on_with: as for `verify_checkpoint`.
    Raises:
        OdapiError: as `verify_checkpoint`.
    """
    verify_checkpoint(prefix, go_on_with)
    reader = import_tensorflow().train.load_checkpoint(prefix)
    graph = object_graph(reader)
    variables = reader.get_variable_to_shape_map()
    roots = () if graph is None else (child.local_name for child in graph.nodes[0].children)
    return CheckpointContents(
        prefix,
        is_tf1=graph is None,
        roots=frozenset(roots),
        has_model_weights=any(name.startswith("model/") for name in variables),
    )


def require_weights(prefix: str, go_on_with: str = "") -> CheckpointContents:
    """The contents of a checkpoint that a model can start from.

    Args:
        prefix: the checkpoint.
        go_on_with: as for `verify_checkpoint`.
    Raises:
        OdapiError: it is damaged, is of TensorFlow 1, or was saved before its model had weights.
    """
    contents = read_contents(prefix, go_on_with)
    if contents.is_tf1:
        raise OdapiError(
            f"{prefix} is a checkpoint of TensorFlow 1, which TF2 models cannot load.",
            hint="take one from the TF2 model zoo.",
        )
    if "model" in contents.roots and not contents.has_model_weights:
        raise OdapiError(
            f"The checkpoint {prefix} holds no weights, only the state before the first step.",
            hint="take a later one of that run; `odapi-ssd train` goes on with it.",
        )
    return contents


def require_detector(
    path: str | os.PathLike[str],
    warn: Callable[[str], object] = ignore_warning,
    go_on_with: str = "",
) -> str:
    """The prefix of a detector's checkpoint.

    Args:
        path: as for `resolve_checkpoint`.
        warn: as for `resolve_checkpoint`.
        go_on_with: as for `verify_checkpoint`.
    Raises:
        OdapiError: there is no checkpoint, it is damaged, or it holds no detector with weights.
    """
    contents = require_weights(resolve_checkpoint(path, warn, go_on_with), go_on_with)
    if "model" not in contents.roots:
        raise OdapiError(
            f"The checkpoint {contents.prefix} holds no detector (model), but "
            f"{list_some(sorted(contents.roots)) or 'nothing'}.",
            hint="give a checkpoint of a training run, of an export or of the TF2 model zoo.",
        )
    return contents.prefix
