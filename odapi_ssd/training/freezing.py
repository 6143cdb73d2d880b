"""Freezing variables, as `freeze_variables` and `update_trainable_variables` of a config say.

Each is a list of regular expressions that are searched in the names of `variable_names`. Where both
fit a variable, it is frozen.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from odapi_ssd.checkpoints.variable_names import variable_names
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of

__all__ = ["Frozen", "freeze", "wants_freezing"]

_NUM_EXAMPLES = 5
_Names = Mapping[Any, tuple[str, ...]]


@dataclass(frozen=True)
class Frozen:
    """What of a model is not trained.

    Attributes:
        variables: `variable.ref()` of each frozen variable.
        summary: how much that is, in a line for the user.
    """

    variables: frozenset[Any] = frozenset()
    summary: str = ""


def wants_freezing(train_config: Any) -> bool:
    """Whether a `TrainConfig` freezes anything."""
    return bool(train_config.freeze_variables or train_config.update_trainable_variables)


def freeze(model: Any, train_config: Any) -> Frozen:
    """Freezes the variables of a model that its config names.

    A layer without a variable to train is no longer trainable. A batch norm layer whose gamma and
    beta are frozen, or one of whose statistics `freeze_variables` names, normalizes with its moving
    statistics from now on and keeps them.

    Args:
        model: a `DetectionModel` of the API with its variables made and its training step not yet
            traced.
        train_config: a `TrainConfig` whose patterns are valid regular expressions.
    Returns:
        What is frozen; whoever applies gradients has to leave it out.
    Raises:
        OdapiError: a pattern fits no variable, or nothing is left to train.
    """
    names = variable_names(model)
    _require_fits(train_config, names)
    named = _fitting(train_config.freeze_variables, names)
    frozen = named
    if train_config.update_trainable_variables:
        frozen = named | (names.keys() - _fitting(train_config.update_trainable_variables, names))
    trainable = list(model.trainable_variables)
    stopped = [variable for variable in trainable if variable.ref() in frozen]
    if len(stopped) == len(trainable):
        raise OdapiError(
            "train_config freezes every variable, so there is nothing to train.",
            hint="name fewer in freeze_variables, or more in update_trainable_variables.",
        )
    num_normalizers = _freeze_layers(model, frozen, named)
    return Frozen(frozenset(frozen), _summarize(stopped, trainable, num_normalizers))


def _fitting(patterns: Collection[str], names: _Names) -> set[Any]:
    """References of the variables that one of the patterns fits."""
    searches = [re.compile(pattern).search for pattern in patterns]
    return {
        reference
        for reference, several in names.items()
        if any(search(name) for search in searches for name in several)
    }


def _require_fits(train_config: Any, names: _Names) -> None:
    lost = [
        f"{field}: {pattern!r}"
        for field in ("freeze_variables", "update_trainable_variables")
        for pattern in getattr(train_config, field)
        if not _fitting([pattern], names)
    ]
    if not lost:
        return
    several = list(names.values())
    examples = [" or ".join(one) for one in several[:: len(several) // _NUM_EXAMPLES + 1]]
    raise OdapiError(
        f"Patterns of train_config fit none of the model's {len(names)} variables:",
        details=lost,
        hint="write regular expressions that are found in the variables' names, such as\n    "
        + "\n    ".join(examples),
    )


def _freeze_layers(model: Any, frozen: Collection[Any], named: Collection[Any]) -> int:
    """Tells the layers what is frozen; returns how many keep their moving statistics."""
    layers = [one for one in model.submodules if isinstance(one, tf.keras.layers.Layer)]
    still = [layer for layer in layers if _are_all(layer.trainable_weights, frozen)]
    normalizers = [layer for layer in layers if _keeps_statistics(layer, frozen, named)]
    for layer in still:
        layer.trainable = False
    for layer in normalizers:
        _use_moving_statistics(layer)
    return len(normalizers)


def _are_all(variables: Collection[Any], references: Collection[Any]) -> bool:
    return bool(variables) and all(variable.ref() in references for variable in variables)


def _keeps_statistics(layer: Any, frozen: Collection[Any], named: Collection[Any]) -> bool:
    if not hasattr(layer, "moving_mean"):
        return False
    # One without gamma and beta goes by what is said of its statistics.
    decisive = layer.trainable_weights or layer.weights
    is_named = any(variable.ref() in named for variable in layer.non_trainable_weights)
    return is_named or _are_all(decisive, frozen)


def _use_moving_statistics(layer: Any) -> None:
    """Has a batch norm layer run as in inference, in training too.

    Keras' own layer does so where it is not trainable. That of TF1, which the API's is made of,
    then leaves its moving statistics alone, but goes on to normalize with those of each batch.
    """
    call = layer.call

    @tf.autograph.experimental.do_not_convert
    def call_as_in_inference(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        return call(inputs, *args, **{**kwargs, "training": False})

    layer.call = call_as_in_inference


def _summarize(stopped: list[Any], trainable: list[Any], num_normalizers: int) -> str:
    num_weights, num_frozen = (
        sum(variable.shape.num_elements() for variable in variables)
        for variables in (trainable, stopped)
    )
    text = (
        f"Frozen: {len(stopped)} of {count_of(len(trainable), 'variable')} "
        f"({num_frozen:,} of {num_weights:,} weights)"
    )
    if num_normalizers:
        text += "; " + count_of(
            num_normalizers,
            "batch norm layer keeps its statistics",
            "batch norm layers keep their statistics",
        )
    return text
