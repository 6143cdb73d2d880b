"""The backbones that `tf.keras.applications` has published weights for. Imports nothing heavy.

VGG-16's fully connected layers become SSD's convolutions by decimation (Liu et al., "SSD",
arXiv:1512.02325, section 3.1; Chen et al., "DeepLab", arXiv:1412.7062, section 3.1): fc6, as a 7×7
convolution, keeps every fourth filter and every third tap in each direction; fc7 is a 1×1
convolution. The weights of other networks are used unchanged.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from odapi_ssd.errors import OdapiError, OptionError

if TYPE_CHECKING:
    from odapi_ssd.weights.mapping import Array

__all__ = [
    "NETWORKS",
    "KerasNetwork",
    "decimate_fc6",
    "decimate_fc7",
    "find_network",
]


def decimate_fc6(kernel: "Array") -> "Array":
    """fc6 [7·7·512, 4096] as conv6 [3, 3, 512, 1024]: taps 0, 3 and 6, every fourth filter."""
    return kernel.reshape(7, 7, 512, 4096)[::3, ::3, :, ::4]


def decimate_fc7(kernel: "Array") -> "Array":
    """fc7 [4096, 4096] as conv7 [1, 1, 1024, 1024]: every fourth input and every fourth filter."""
    return kernel[None, None, ::4, ::4]


def _every_fourth(bias: "Array") -> "Array":
    return bias[::4]


def _bgr_to_rgb(kernel: "Array") -> "Array":
    """The first convolution's kernel with its input channels in the order of ours."""
    return kernel[:, :, ::-1]


@dataclass(frozen=True)
class KerasNetwork:
    """A network of `tf.keras.applications`.

    Attributes:
        application: its name there.
        layer_names: the file's names of our layers, where they differ.
        conversions: for our variables that differ from the file's array: its shape, and a function.
        needs_top: whether the classifier is needed too.
        widths: the widths that Keras has weights for (`alpha`); none for a network of one width.
        has_batch_norm: whether it has batch normalization.
        is_numbered: whether Keras numbers its layers with a counter of the process, so that they
            are matched by order, not by name.
        channel_means: red, green and blue, 0 to 255, as Keras subtracts them, where our extractor
            subtracts others; None if both prepare images alike.
        api_types: the API's own feature extractors with the same layer names and preprocessing.
    """

    application: str
    layer_names: Mapping[str, str] = field(default_factory=dict)
    conversions: Mapping[str, tuple[tuple[int, ...], Callable[["Array"], "Array"]]] = field(
        default_factory=dict
    )
    needs_top: bool = False
    widths: tuple[float, ...] = ()
    has_batch_norm: bool = True
    is_numbered: bool = False
    channel_means: tuple[float, float, float] | None = None
    api_types: tuple[str, ...] = ()

    def published_width(self, width: float) -> float:
        """A width as Keras's weights have it: a config's 1.4 is 1.39999998, as float32.

        Raises:
            OdapiError: Keras has no weights for it.
        """
        rounded = round(width, 4)
        if rounded not in self.widths:
            raise OdapiError(
                f"Keras has no weights of a {self.application} with the width {rounded:g}.",
                hint="set model.ssd.feature_extractor.depth_multiplier to one of "
                f"{', '.join(f'{known:g}' for known in self.widths)}, or give your own file with "
                "--weights.",
            )
        return rounded


# By the names of backbones in `odapi_ssd.extractors.registry`.
NETWORKS = {
    "vgg16": KerasNetwork(
        "VGG16",
        layer_names={"conv6": "fc1", "conv7": "fc2"},
        conversions={
            "block1_conv1/kernel": ((3, 3, 3, 64), _bgr_to_rgb),
            "conv6/kernel": ((7 * 7 * 512, 4096), decimate_fc6),
            "conv6/bias": ((4096,), _every_fourth),
            "conv7/kernel": ((4096, 4096), decimate_fc7),
            "conv7/bias": ((4096,), _every_fourth),
        },
        needs_top=True,
        has_batch_norm=False,
        channel_means=(123.68, 116.779, 103.939),
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


def find_network(name: str) -> KerasNetwork:
    """The network of Keras for one of our backbones.

    Raises:
        OptionError: Keras has none; the message lists those that it has.
    """
    if name not in NETWORKS:
        known = ", ".join(NETWORKS)
        raise OptionError(
            "backbone", f"is {name!r}, which Keras has no weights for; one of {known} was expected."
        )
    return NETWORKS[name]
