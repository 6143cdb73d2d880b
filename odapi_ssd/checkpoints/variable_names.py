"""The names by which patterns such as `freeze_variables` find a model's variables."""

import collections
from typing import Any

import tensorflow as tf

__all__ = ["variable_names"]

_BACKBONE = "model/_feature_extractor/classification_backbone"


def variable_names(model: Any) -> dict[Any, tuple[str, ...]]:
    """Every name of each variable of a built model.

    Args:
        model: a `DetectionModel` of the API.
    Returns:
        Names by `variable.ref()`, in the order of `model.variables`: Keras' name without `:0`; the
        path that `tf.train.list_variables` of a training's checkpoint shows; and for the variables
        of the classification network their path below
        `model/_feature_extractor/classification_backbone`, which a checkpoint may show as another:
        in EfficientDet and Faster R-CNN some other object is nearer to the model.
    """
    below_model = _paths(tf.train.Checkpoint(model=model), "")
    backbone = _classification_backbone(model)
    below_backbone = {} if backbone is None else _paths(backbone, f"{_BACKBONE}/")
    names = {}
    for variable in model.variables:
        reference = variable.ref()
        paths = [paths[reference] for paths in (below_model, below_backbone) if reference in paths]
        # Once each, in this order.
        names[reference] = tuple(dict.fromkeys([variable.name.removesuffix(":0"), *paths]))
    return names


def _classification_backbone(model: Any) -> Any:
    """The network that a checkpoint of type "classification" restores; None if there is none."""
    try:
        return model.restore_from_objects("classification")["feature_extractor"]
    except (AttributeError, NotImplementedError):
        return None


def _paths(root: Any, prefix: str) -> dict[Any, str]:
    """The path of each variable below an object, the shortest one, as checkpoints name it.

    Args:
        root: a trackable object.
        prefix: is put before each path.
    Returns:
        Paths by `variable.ref()`.
    """
    paths = {}
    seen = {id(root): root}  # Keeping the objects keeps their ids from being given again.
    pending = collections.deque([(root, prefix)])
    while pending:
        parent, path = pending.popleft()
        for name, child in tf.train.TrackableView.children(parent).items():
            if id(child) in seen:
                continue
            seen[id(child)] = child
            if isinstance(child, tf.Variable):
                paths[child.ref()] = path + name
            pending.append((child, f"{path}{name}/"))
    return paths
