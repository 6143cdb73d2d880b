"""The mapping rules from a Keras weight file to the variables of a classification network."""

from collections.abc import Mapping, Sequence

import numpy as np

from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some
from odapi_ssd.weights.mapping import Array, Rule, unchanged
from odapi_ssd.weights.readers.keras_h5 import LayerArrays
from odapi_ssd.weights.sources.keras import KerasNetwork

__all__ = ["LayerShapes", "network_rules"]

# Layers in the network's order; each the shapes of its variables, by name.
LayerShapes = Mapping[str, Mapping[str, tuple[int, ...]]]


def network_rules(
    network: KerasNetwork, layers: LayerShapes, file_layers: LayerArrays, origin: str
) -> tuple[list[Rule], dict[str, Array]]:
    """The mapping rules for a classification network.

    Args:
        network: the network.
        layers: our layers that the file has too.
        file_layers: the file's layers.
        origin: the file, for messages.
    Returns:
        The rules; and the values of variables that the file lacks: 1 for the scales (gamma) of
        batch normalizations that have none there.
    Raises:
        OdapiError: layers are missing, or have another number of arrays; all of them are named.
    """
    names = {layer: network.layer_names.get(layer, layer) for layer in layers}
    if network.is_numbered:
        names = dict(zip(layers, file_layers, strict=False))
    _require_layers(network, list(layers), names, file_layers, origin)
    rules, ones, mismatches = [], {}, []
    for layer, name in names.items():
        variables, arrays = list(layers[layer].items()), list(file_layers[name])
        if variables[0][0] == "gamma" and len(arrays) == len(variables) - 1:
            scale, shape = variables.pop(0)
            ones[f"{layer}/{scale}"] = np.ones(shape, np.float32)
        if len(variables) != len(arrays):
            mismatches.append(
                f"{name}: {count_of(len(arrays), 'array')} in the file, "
                f"{count_of(len(variables), 'variable')} in the model "
                f"({', '.join(variable for variable, _ in variables)})"
            )
            continue
        for (variable, shape), array in zip(variables, arrays, strict=True):
            target = f"{layer}/{variable}"
            file_shape, convert = network.conversions.get(target, (shape, unchanged))
            rules.append(Rule(target, array, file_shape, convert))
    if mismatches:
        raise OdapiError(
            f"{origin} does not fit this {network.application}:",
            details=mismatches,
            hint="leave batch_norm's scale and center true in the config.",
        )
    return rules, ones


def _require_layers(
    network: KerasNetwork,
    ours: Sequence[str],
    names: Mapping[str, str],
    file_layers: LayerArrays,
    origin: str,
) -> None:
    missing = [name for name in names.values() if name not in file_layers]
    if not missing and len(names) == len(ours):
        return
    hint = "--backbone names the network that the weights are of."
    if missing and set(missing) <= set(network.layer_names.values()):
        hint = (
            "give the weights with the classifier (include_top=True; Keras's own file without "
            "_notop in its name): its fully connected layers become convolutions."
        )
    needed = count_of(len(ours), "layer that is needed", "layers that are needed")
    raise OdapiError(
        f"{origin} holds no weights of Keras's {network.application}: it lacks "
        f"{len(missing) or len(ours) - len(names)} of the {needed}.",
        details=[
            f"missing: {list_some(missing or ours[len(names) :])}",
            f"there are: {list_some(file_layers) or 'none'}",
        ],
        hint=hint,
    )
