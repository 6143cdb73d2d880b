"""SSD299 on Inception-ResNet-v2: six maps, 71 to 2 cells a side at 299 pixels.

Szegedy, Ioffe, Vanhoucke & Alemi, "Inception-v4, Inception-ResNet and the Impact of Residual
Connections on Learning" (arXiv:1602.07261), section 3.2. The network is Keras's, which follows the
authors' published checkpoint; its layers are renamed after the parts of that checkpoint.
"""

from typing import Any

import tensorflow as tf

from odapi_ssd.extractors.base import AddedMap, FeatureExtractor
from odapi_ssd.extractors.geometry import conv_size
from odapi_ssd.extractors.layers import sub_model

__all__ = ["SSD299InceptionResNetV2"]

# The first layers in their order; each convolution is followed by its batch normalization and its
# activation.
_STEM = (
    *("conv2d_1a", "conv2d_2a", "conv2d_2b", "maxpool_3a"),
    *("conv2d_3b", "conv2d_4a", "maxpool_5a"),
)


class SSD299InceptionResNetV2(FeatureExtractor):
    """Maps of the stem's last convolution and pooling, and of both reductions."""

    NETWORK = "InceptionResNetV2"
    INPUT_SIDE = 299
    ADDED_MAPS = (
        AddedMap(256, 512, stride=2, padding=1),
        AddedMap(128, 256, stride=2, padding=1),
    )
    MAP_LAYERS = ("conv2d_4a_ac", "maxpool_5a", "mixed_6a", "mixed_7a")

    @staticmethod
    def network_sides(side: int) -> tuple[int, ...]:
        """Reduced by the layers that do not pad: the stem but conv2d_2b and 3b, the reductions."""
        for strides in (2, 1, 2, 1):
            side = conv_size(side, 3, strides)
        sides = [side]
        for _ in range(3):
            sides.append(conv_size(sides[-1], 3, 2))
        return tuple(sides)

    def preprocess(self, resized_inputs: Any) -> Any:
        """From 0..255 to -1..1."""
        return resized_inputs / 127.5 - 1.0

    def make_network(self) -> tf.keras.Model:
        """Keras's network up to its second reduction."""
        network = tf.keras.applications.InceptionResNetV2(
            include_top=False, weights=None, input_shape=(None, None, 3)
        )
        network = sub_model(network, ("mixed_7a",))
        names = _stable_names(network)
        network = self._maker.adapt(
            network, lambda layer: self._maker.like(layer, name=names.get(layer.name, layer.name))
        )
        return sub_model(network, self.MAP_LAYERS)


def _stable_names(network: tf.keras.Model) -> dict[str, str]:
    """Fixed names for the layers that Keras numbers, as it goes on counting in the next network.

    A number counts the layers of its kind within a block, as in `block35_1_conv2d_3`.
    """
    _, *layers = network.layers
    stem = [
        f"{part}{suffix}"
        for part in _STEM
        for suffix in (("", "_bn", "_ac") if part.startswith("conv2d") else ("",))
    ]
    names = {layer.name: name for layer, name in zip(layers, stem, strict=False)}
    in_block: list[str] = []
    # Keras lists layers by depth, and all paths pass through the last layer of each block.
    for name in (layer.name for layer in layers[len(stem) :]):
        is_numbered = not name.startswith(("mixed_", "block"))
        if is_numbered:
            in_block.append(name)
        elif name.startswith("mixed_") or name.endswith("_ac"):
            names.update(_numbered_within(name.removesuffix("_ac"), in_block))
            in_block = []
    return names


def _numbered_within(block: str, keras_names: list[str]) -> dict[str, str]:
    kinds: dict[str, list[str]] = {}
    for name in sorted(keras_names, key=lambda name: (len(name), name)):  # "_9" before "_10"
        kinds.setdefault(name.rstrip("_0123456789"), []).append(name)
    return {
        name: f"{block}_{kind}_{number}"
        for kind, names in kinds.items()
        for number, name in enumerate(names, start=1)
    }
