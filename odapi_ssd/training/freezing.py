"""Freezing variables by a config's `freeze_variables` and `update_trainable_variables`.

Each is a list of regular expressions, which are searched in the names of `variable_names`. A
variable that both match is frozen.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from odapi_ssd.checkpoints.variable_names import variable_names
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of

__all__ = ["FrozenVariables", "freeze", "wants_freezing"]

_NUM_EXAMPLES = 5
_Names = Mapping[Any, tuple[str, ...]]


@dataclass(frozen=True)
class FrozenVariables:
    """The variables of a model that are not trained.

    Attributes:
        references: `variable.ref()` of each.
        summary: how many variables and weights that is, in a line for the user.
    """

    references: frozenset[Any] = frozenset()
    summary: str = ""


def wants_freezing(train_config: Any) -> bool:
    """Whether a `TrainConfig` freezes anything."""
    return bool(train_config.freeze_variables or train_config.update_trainable_variables)


def freeze(model: Any, train_config: Any) -> FrozenVariables:
    """Freezes the variables of a model that its config names.

    A layer all of whose variables are frozen is no longer trainable. A batch norm layer whose gamma
    and beta are frozen, or one of whose statistics `freeze_variables` names, normalizes with its
    moving statistics from now on and no longer updates them.

    Args:
        model: a `DetectionModel` of the API with its variables made and its training step not yet
            traced.
        train_config: a `TrainConfig` whose patterns are valid regular expressions.
    Returns:
        The frozen variables, whose gradients must not be applied.
    Raises:
        OdapiError: a pattern matches no variable, or nothing is left to train.
    """
    names = variable_names(model)
    _require_matches(train_config, names)
    named = _matching(train_config.freeze_variables, names)
    frozen = named
    if train_config.update_trainable_variables:
        frozen = named | (names.keys() - _matching(train_config.update_trainable_variables, names))
    trainable = list(model.trainable_variables)
    newly_frozen = [variable for variable in trainable if variable.ref() in frozen]
    if len(newly_frozen) == len(trainable):
        raise OdapiError(
            "train_config freezes every variable, so there is nothing to train.",
            hint="name fewer in freeze_variables, or more in update_trainable_variables.",
        )
    num_normalizers = _freeze_layers(model, frozen, named)
    summary = _summarize(newly_frozen, trainable, num_normalizers)
    return FrozenVariables(frozenset(frozen), summary)


def _matching(patterns: Collection[str], names: _Names) -> set[Any]:
    """References of the variables one of whose names one of the patterns matches."""
    searches = [re.compile(pattern).search for pattern in patterns]
    return {
        reference
        for reference, its_names in names.items()
        if any(search(name) for search in searches for name in its_names)
    }


def _require_matches(train_config: Any, names: _Names) -> None:
    unmatched = [
        f"{field}: {pattern!r}"
        for field in ("freeze_variables", "update_trainable_variables")
        for pattern in getattr(train_config, field)
        if not _matching([pattern], names)
    ]
    if not unmatched:
        return
    all_names = list(names.values())
    spread_out = all_names[:: len(all_names) // _NUM_EXAMPLES + 1]
    examples = [" or ".join(its_names) for its_names in spread_out]
    raise OdapiError(
        f"Patterns of train_config match none of the model's {len(names)} variables:",
        details=unmatched,
        hint="write regular expressions that are found in the variables' names, such as\n    "
        + "\n    ".join(examples),
    )


def _freeze_layers(model: Any, frozen: Collection[Any], named: Collection[Any]) -> int:
    """Freezes the layers of frozen variables.

    Args:
        model: the model.
        frozen: references of all frozen variables.
        named: references of those that `freeze_variables` names.
    Returns:
        The number of batch norm layers that keep their moving statistics.
    """
    layers = [one for one in model.submodules if isinstance(one, tf.keras.layers.Layer)]
    # Before the first change: a layer that is not trainable has no trainable weights to look at.
    frozen_layers = [layer for layer in layers if _are_all_in(layer.trainable_weights, frozen)]
    normalizers = [layer for layer in layers if _keeps_statistics(layer, frozen, named)]
    for layer in frozen_layers:
        layer.trainable = False
    for layer in normalizers:
        _use_moving_statistics(layer)
    return len(normalizers)


def _are_all_in(variables: Collection[Any], references: Collection[Any]) -> bool:
    """Whether all variables are among the references; false without variables."""
    return bool(variables) and all(variable.ref() in references for variable in variables)


def _keeps_statistics(layer: Any, frozen: Collection[Any], named: Collection[Any]) -> bool:
    if not hasattr(layer, "moving_mean"):
        return False
    if any(variable.ref() in named for variable in layer.non_trainable_weights):
        return True
    # Without gamma and beta a layer has nothing but its statistics.
    return _are_all_in(layer.trainable_weights or layer.weights, frozen)


def _use_moving_statistics(layer: Any) -> None:
    """Makes a batch norm layer run as in inference, in training too.

    Keras' own layer does so if it is not trainable. The one of TF1, from which the API's is
    derived, then leaves its moving statistics alone, but still normalizes with those of each batch.
    """
    call = layer.call

    @tf.autograph.experimental.do_not_convert
    def call_as_in_inference(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        return call(inputs, *args, **{**kwargs, "training": False})

    layer.call = call_as_in_inference


def _summarize(newly_frozen: list[Any], trainable: list[Any], num_normalizers: int) -> str:
    num_weights, num_frozen = (
        sum(variable.shape.num_elements() for variable in variables)
        for variables in (trainable, newly_frozen)
    )
    text = (
        f"Frozen: {len(newly_frozen)} of {count_of(len(trainable), 'variable')} "
        f"({num_frozen:,} of {num_weights:,} weights)"
    )
    if num_normalizers:
        text += "; " + count_of(
            num_normalizers,
            "batch norm layer keeps its statistics",
            "batch norm layers keep their statistics",
        )
    return text
