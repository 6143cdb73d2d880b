"""Keras's own ImageNet weights, through its own download. Needs TensorFlow."""

from typing import Any

from odapi_ssd.errors import OdapiError
from odapi_ssd.weights.h5_file import LayerArrays
from odapi_ssd.weights.keras_networks import KerasNetwork
from odapi_ssd.weights.mapping import StoredArray

__all__ = ["download"]

# The input that widths of MobileNets were published for; it decides the file, not the weights.
_MOBILENET_INPUT = (224, 224, 3)


def download(network: KerasNetwork, width: float) -> LayerArrays:
    """The layers of a network with its ImageNet weights, kept by Keras in `~/.keras/models`.

    Args:
        network: which.
        width: of a network that comes in several, as a config has it: 1.4 in float32 is
            1.39999998.
    Raises:
        OdapiError: they cannot be fetched, or there are none for this width.
    """
    import tensorflow as tf

    options: dict[str, Any] = {"weights": "imagenet", "include_top": network.needs_top}
    if network.widths:
        options.update(alpha=_published_width(network, width), input_shape=_MOBILENET_INPUT)
    try:
        model = getattr(tf.keras.applications, network.application)(**options)
    except Exception as error:  # Keras raises no narrower one when a download fails
        raise OdapiError(
            f"Keras's weights of {network.application} cannot be had: {error}",
            hint="fetch the file where there is a network, and give it with --weights.",
        ) from error
    return {
        layer.name: {
            f"{layer.name}/{number}": StoredArray(tuple(variable.shape), variable.numpy)
            for number, variable in enumerate(layer.weights)
        }
        for layer in model.layers
        if layer.weights
    }


def _published_width(network: KerasNetwork, width: float) -> float:
    rounded = round(width, 4)
    if rounded not in network.widths:
        raise OdapiError(
            f"Keras has no weights of a {network.application} with the width {rounded:g}.",
            hint="take a model.ssd.feature_extractor.depth_multiplier of "
            f"{', '.join(f'{known:g}' for known in network.widths)}, or give your own file with "
            "--weights.",
        )
    return rounded
