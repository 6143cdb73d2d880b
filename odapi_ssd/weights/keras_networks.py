"""The classification networks of `tf.keras.applications`, and the rules for their weights.

VGG-16's fully connected layers become SSD's convolutions by decimation (Liu et al., "SSD",
arXiv:1512.02325, section 3.1; Chen et al., "DeepLab", arXiv:1412.7062, section 3.1): fc6 is a
convolution of 7×7, of whose filters every fourth and of whose taps every third are kept; fc7 is one
of 1×1. The other networks are taken as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some
from odapi_ssd.weights.h5_file import LayerArrays
from odapi_ssd.weights.mapping import Array, Rule, unchanged

__all__ = [
    "ADJUSTMENT",
    "NETWORKS",
    "VGG16_MEANS",
    "KerasNetwork",
    "LayerShapes",
    "decimate_fc6",
    "decimate_fc7",
    "network_rules",
]

# Layers in the network's order; each the shapes of its variables, by their own names.
LayerShapes = Mapping[str, Mapping[str, tuple[int, ...]]]

# Our VGG-16's first layer, which no file has.
ADJUSTMENT = "input_adjustment"
# Red, green, blue, 0 to 255: what Keras subtracts for VGG-16, whose weights came from Caffe.
VGG16_MEANS = (123.68, 116.779, 103.939)


def decimate_fc6(kernel: Array) -> Array:
    """fc6 [7·7·512, 4096] as conv6 [3, 3, 512, 1024]: taps 0, 3 and 6, every fourth filter."""
    return kernel.reshape(7, 7, 512, 4096)[::3, ::3, :, ::4]


def decimate_fc7(kernel: Array) -> Array:
    """fc7 [4096, 4096] as conv7 [1, 1, 1024, 1024]: every fourth of both."""
    return kernel[None, None, ::4, ::4]


def _every_fourth(bias: Array) -> Array:
    return bias[::4]


def _reverse_colors(kernel: Array) -> Array:
    """For red, green, blue what was for blue, green, red."""
    return kernel[:, :, ::-1]


@dataclass(frozen=True)
class KerasNetwork:
    """A network of `tf.keras.applications`.

    Attributes:
        application: its name there.
        sources: the file's name of those of our layers that it calls otherwise.
        changes: the shape in the file, and what to do with it, of our variables that differ.
        needs_top: whether the classifier is needed too.
        widths: those that Keras has weights of (`alpha`); none for a network of one width.
        has_batch_norm: whether it has batch normalization.
        is_numbered: whether Keras numbers its layers by a counter of the process, so that they are
            told by their order, not by their names.
        api_types: feature extractors of the API itself that hold it under the same names, and
            prepare images as it wants them.
    """

    application: str
    sources: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, tuple[tuple[int, ...], Callable[[Array], Array]]] = field(
        default_factory=dict
    )
    needs_top: bool = False
    widths: tuple[float, ...] = ()
    has_batch_norm: bool = True
    is_numbered: bool = False
    api_types: tuple[str, ...] = ()


NETWORKS = {
    "vgg16": KerasNetwork(
        "VGG16",
        sources={"conv6": "fc1", "conv7": "fc2"},
        changes={
            "block1_conv1/kernel": ((3, 3, 3, 64), _reverse_colors),
            "conv6/kernel": ((7 * 7 * 512, 4096), decimate_fc6),
            "conv6/bias": ((4096,), _every_fourth),
            "conv7/kernel": ((4096, 4096), decimate_fc7),
            "conv7/bias": ((4096,), _every_fourth),
        },
        needs_top=True,
        has_batch_norm=False,
    ),
    "resnet50_v1": KerasNetwork("ResNet50"),
    "resnet101_v1": KerasNetwork("ResNet101"),
    "resnet50_v2": KerasNetwork("ResNet50V2"),
    "resnet101_v2": KerasNetwork("ResNet101V2"),
    "mobilenet_v1": KerasNetwork(
        "MobileNet",
        widths=(0.25, 0.5, 0.75, 1.0),
        api_types=("ssd_mobilenet_v1_keras", "ssd_mobilenet_v1_fpn_keras"),
    ),
    "mobilenet_v2": KerasNetwork(
        "MobileNetV2",
        widths=(0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
        api_types=("ssd_mobilenet_v2_keras", "ssd_mobilenet_v2_fpn_keras"),
    ),
    "inception_resnet_v2": KerasNetwork("InceptionResNetV2", is_numbered=True),
}


def network_rules(
    network: KerasNetwork, layers: LayerShapes, file_layers: LayerArrays, origin: str
) -> tuple[list[Rule], dict[str, Array]]:
    """What a classification network's variables are made of.

    Args:
        network: which one it is.
        layers: our network's layers that have variables.
        file_layers: the file's layers.
        origin: the file, for messages.
    Returns:
        The rules; and the values of variables that a file may lack: scales of batch normalization,
        1, where the file's has none.
    Raises:
        OdapiError: layers are missing, or have another number of arrays; all of them are named.
    """
    ours = [layer for layer in layers if layer != ADJUSTMENT]
    names = {layer: network.sources.get(layer, layer) for layer in ours}
    if network.is_numbered:
        names = dict(zip(ours, file_layers, strict=False))
    _require_layers(network, ours, names, file_layers, origin)
    rules, filled, misfits = [], {}, []
    for layer, name in names.items():
        variables, arrays = list(layers[layer].items()), list(file_layers[name])
        if variables[0][0] == "gamma" and len(arrays) == len(variables) - 1:
            scale, shape = variables.pop(0)
            filled[f"{layer}/{scale}"] = np.ones(shape, np.float32)
        if len(variables) != len(arrays):
            misfits.append(
                f"{name}: {count_of(len(arrays), 'array')} in the file, "
                f"{count_of(len(variables), 'variable')} in the model "
                f"({', '.join(variable for variable, _ in variables)})"
            )
            continue
        for (variable, shape), array in zip(variables, arrays, strict=True):
            target = f"{layer}/{variable}"
            file_shape, convert = network.changes.get(target, (shape, unchanged))
            rules.append(Rule(target, array, file_shape, convert))
    if misfits:
        raise OdapiError(
            f"{origin} does not fit this {network.application}:",
            details=misfits,
            hint="leave batch_norm's scale and center true in the config.",
        )
    return rules, filled


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
    if missing and set(missing) <= set(network.sources.values()):
        hint = (
            "give the weights with the classifier (include_top=True; Keras's own file without "
            "_notop in its name): the fully connected layers become convolutions."
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
