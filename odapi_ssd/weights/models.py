"""Models that are filled with weights: their variables by name, and values into them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.mapping import Array, MappedWeights, shape_text

__all__ = [
    "ADJUSTMENT",
    "FilledModel",
    "Variables",
    "assign",
    "flat",
    "input_adjustment",
    "layer_variables",
]

# VGG-16's first layer in `extractors.vgg16`, which no other program has.
ADJUSTMENT = "input_adjustment"

Variables = dict[str, Any]


@dataclass(frozen=True)
class FilledModel:
    """A model with imported weights.

    Attributes:
        saved: the objects of its checkpoint, by the names that the API restores.
        mapped: its values, and the arrays of the file that they came from.
        config: a whole detector's pipeline config; None for a network.
        notes: what the user should know, a sentence each.
    """

    saved: Mapping[str, Any]
    mapped: MappedWeights
    config: Any = None
    notes: Sequence[str] = ()


def layer_variables(layer: Any) -> Variables:
    """A layer's variables by their own names: `kernel`, `gamma`."""
    return {
        str(variable.name).rpartition("/")[2].partition(":")[0]: variable
        for variable in layer.weights
    }


def flat(layers: Mapping[str, Variables]) -> Variables:
    """All layers' variables, by `layer/name`."""
    return {
        f"{layer}/{name}": variable
        for layer, variables in layers.items()
        for name, variable in variables.items()
    }


def assign(variables: Mapping[str, Any], values: Mapping[str, Array]) -> None:
    """Assigns each variable its value.

    Raises:
        OdapiError: shapes differ; all such variables are named.
        ValueError: a variable has no value, or a value no variable.
    """
    if variables.keys() != values.keys():
        unpaired = sorted(variables.keys() ^ values.keys())
        raise ValueError(f"variables without a value, or values without a variable: {unpaired}")
    mismatches = [
        f"{name}: {shape_text(values[name].shape)} from the file, "
        f"{shape_text(variable.shape)} in the model"
        for name, variable in variables.items()
        if tuple(variable.shape) != values[name].shape
    ]
    if mismatches:
        raise OdapiError("The weights do not fit the model:", details=mismatches)
    for name, variable in variables.items():
        variable.assign(values[name])


def input_adjustment(
    means: tuple[float, float, float], factors: tuple[float, float, float] = (1.0, 1.0, 1.0)
) -> dict[str, Array]:
    """The values of VGG-16's `InputAdjustment` that normalize images as its weights expect.

    Args:
        means: subtracted from red, green and blue, 0 to 255.
        factors: multiplied with the differences.
    """
    from odapi_ssd.extractors.vgg16 import CHANNEL_MEANS

    offset = np.subtract(CHANNEL_MEANS, means)
    return {
        f"{ADJUSTMENT}/offset": offset.astype(np.float32),
        f"{ADJUSTMENT}/factor": np.array(factors, np.float32),
    }
