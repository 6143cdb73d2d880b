"""The backbones of which `tf.keras.applications` has published weights. Imports nothing heavy.

VGG-16's fully connected layers become SSD's convolutions by decimation (Liu et al., "SSD",
arXiv:1512.02325, section 3.1; Chen et al., "DeepLab", arXiv:1412.7062, section 3.1): fc6 is a
convolution of 7×7, of whose filters every fourth and of whose taps every third are kept; fc7 is one
of 1×1. The other networks are taken as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from odapi_ssd.weights.mapping import Array

__all__ = [
    "ADJUSTMENT",
    "NETWORKS",
    "VGG16_MEANS",
    "KerasNetwork",
    "decimate_fc6",
    "decimate_fc7",
]

# Our VGG-16's first layer, which no file has.
ADJUSTMENT = "input_adjustment"
# Red, green, blue, 0 to 255: what Keras subtracts for VGG-16, whose weights came from Caffe.
VGG16_MEANS = (123.68, 116.779, 103.939)


def decimate_fc6(kernel: "Array") -> "Array":
    """fc6 [7·7·512, 4096] as conv6 [3, 3, 512, 1024]: taps 0, 3 and 6, every fourth filter."""
    return kernel.reshape(7, 7, 512, 4096)[::3, ::3, :, ::4]


def decimate_fc7(kernel: "Array") -> "Array":
    """fc7 [4096, 4096] as conv7 [1, 1, 1024, 1024]: every fourth of both."""
    return kernel[None, None, ::4, ::4]


def _every_fourth(bias: "Array") -> "Array":
    return bias[::4]


def _reverse_colors(kernel: "Array") -> "Array":
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
    changes: Mapping[str, tuple[tuple[int, ...], Callable[["Array"], "Array"]]] = field(
        default_factory=dict
    )
    needs_top: bool = False
    widths: tuple[float, ...] = ()
    has_batch_norm: bool = True
    is_numbered: bool = False
    api_types: tuple[str, ...] = ()


# By the names of backbones in `odapi_ssd.extractors.registry`.
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
