"""Downloads Keras's own ImageNet weights, with Keras's own code. Needs TensorFlow."""

import os
import shlex
from pathlib import Path
from typing import Any

from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import one_line
from odapi_ssd.weights.mapping import StoredArray
from odapi_ssd.weights.readers.keras_h5 import LayerArrays, unreadable

__all__ = ["download"]

# The input that the MobileNets' widths were published for; it selects the file, not the weights.
_MOBILENET_INPUT = (224, 224, 3)


def download(application: str, *, include_top: bool, width: float | None = None) -> LayerArrays:
    """The layers of a network with its ImageNet weights, cached by Keras in `~/.keras/models`.

    Args:
        application: the network's name in `tf.keras.applications`.
        include_top: whether the classifier is needed too.
        width: of a MobileNet, which Keras calls `alpha`; None for a network of one width.
    Raises:
        OdapiError: they cannot be downloaded, or what was downloaded is damaged or something else.
    """
    import tensorflow as tf

    options: dict[str, Any] = {"weights": "imagenet", "include_top": include_top}
    if width is not None:
        options.update(alpha=width, input_shape=_MOBILENET_INPUT)
    try:
        model = getattr(tf.keras.applications, application)(**options)
    except Exception as error:  # Keras raises no narrower one when a download fails
        raise _failure(application, error) from error
    return {
        layer.name: {
            f"{layer.name}/{number}": StoredArray(tuple(variable.shape), variable.numpy)
            for number, variable in enumerate(layer.weights)
        }
        for layer in model.layers
        if layer.weights
    }


def _failure(application: str, error: Exception) -> OdapiError:
    """Keras keeps what it has downloaded, and compares only some files with a checksum."""
    folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
    damaged = [
        (path, refusal)
        for path in sorted(folder.glob("*.h5"))
        if (refusal := unreadable(path)) is not None
    ]
    if damaged:
        remove = shlex.join(["rm", *(str(path) for path, _ in damaged)])
        return OdapiError(
            f"Keras's weights of {application} cannot be read; its downloads include damaged ones:",
            details=[refusal.problem for _, refusal in damaged],
            hint=f"remove them and run it again: {remove}",
        )
    return OdapiError(
        f"Keras's weights of {application} cannot be downloaded: {one_line(error)}",
        hint="download the file where there is a network, and give it with --weights.",
    )
