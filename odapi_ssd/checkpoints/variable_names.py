"""The names by which patterns such as `freeze_variables` find a model's variables."""

from typing import Any

import tensorflow as tf

from odapi_ssd.checkpoints.objects import trackable_children, walk_breadth_first

__all__ = ["variable_names"]

_BACKBONE = "model/_feature_extractor/classification_backbone"


def variable_names(model: Any) -> dict[Any, tuple[str, ...]]:
    """All names of each variable of a built model.

    Args:
        model: a `DetectionModel` of the API.
    Returns:
        Names by `variable.ref()`, in the order of `model.variables`: Keras' name without `:0`; the
        path that `tf.train.list_variables` of a run's checkpoint shows; for the variables of the
        classification network also their path below
        `model/_feature_extractor/classification_backbone`. Checkpoints may show another path for
        these: in EfficientDet and Faster R-CNN a different object is nearer to the model.
    """
    below_model = _variable_paths(tf.train.Checkpoint(model=model), "")
    backbone = _classification_backbone(model)
    below_backbone = {} if backbone is None else _variable_paths(backbone, f"{_BACKBONE}/")
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


def _variable_paths(root: Any, prefix: str) -> dict[Any, str]:
    """The path of each variable below a trackable object, by `variable.ref()`.

    Args:
        root: the object.
        prefix: its own path, which every path starts with.
    """
    return {
        child.ref(): prefix + path
        for path, child in walk_breadth_first(root, trackable_children)
        if isinstance(child, tf.Variable)
    }
