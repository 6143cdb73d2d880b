"""SSD299 on Inception-v4: six maps, 17 to 2 cells a side at 299 pixels.

Szegedy, Ioffe, Vanhoucke & Alemi, "Inception-v4, Inception-ResNet and the Impact of Residual
Connections on Learning" (arXiv:1602.07261), figures 3 to 9. Keras does not have this network. The
names of the layers, and the order of pairs such as 1×7 and 7×1, are those of the checkpoint that
the authors published with the slim library, where batch normalization has no scale either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from odapi_ssd.extractors.base import AddedMap, FeatureExtractor
from odapi_ssd.extractors.geometry import conv_size
from odapi_ssd.extractors.layers import sub_model

__all__ = ["SSD299InceptionV4"]


@dataclass(frozen=True)
class _Layer:
    """A layer of a branch.

    Attributes:
        name: kind, place in its block, height x width of the kernel: `Conv2d_0b_1x7`.
        filters: number of filters; 0 for a pooling.
    """

    name: str
    filters: int = 0
    strides: int = 1
    padding: str = "same"

    @property
    def kernel_hw(self) -> tuple[int, int]:
        height, width = self.name.rpartition("_")[2].split("x")
        return int(height), int(width)


def _conv(place: str, filters: int) -> _Layer:
    return _Layer(f"Conv2d_{place}", filters)


def _unpadded(place: str, filters: int) -> _Layer:
    return _Layer(f"Conv2d_{place}", filters, padding="valid")


def _halving(place: str, filters: int) -> _Layer:
    return _Layer(f"Conv2d_{place}", filters, strides=2, padding="valid")


_MAX_POOL = _Layer("MaxPool_3x3", strides=2, padding="valid")
_AVERAGE_POOL = _Layer("AvgPool_3x3")

# A branch is a sequence of layers; a tuple in it holds layers in parallel. A block is a tuple of
# branches in parallel, all of which have the same input.
_STEM = (_halving("1a_3x3", 32), _unpadded("2a_3x3", 32), _conv("2b_3x3", 64))
_MIXED_3A = ([_MAX_POOL], [_halving("0a_3x3", 96)])
_MIXED_4A = (
    [_conv("0a_1x1", 64), _unpadded("1a_3x3", 96)],
    [_conv("0a_1x1", 64), _conv("0b_1x7", 64), _conv("0c_7x1", 64), _unpadded("1a_3x3", 96)],
)
_MIXED_5A = ([_halving("1a_3x3", 192)], [_MAX_POOL])
_INCEPTION_A = (
    [_conv("0a_1x1", 96)],
    [_conv("0a_1x1", 64), _conv("0b_3x3", 96)],
    [_conv("0a_1x1", 64), _conv("0b_3x3", 96), _conv("0c_3x3", 96)],
    [_AVERAGE_POOL, _conv("0b_1x1", 96)],
)
_REDUCTION_A = (
    [_halving("1a_3x3", 384)],
    [_conv("0a_1x1", 192), _conv("0b_3x3", 224), _halving("1a_3x3", 256)],
    [_MAX_POOL],
)
_INCEPTION_B = (
    [_conv("0a_1x1", 384)],
    [_conv("0a_1x1", 192), _conv("0b_1x7", 224), _conv("0c_7x1", 256)],
    [
        *(_conv("0a_1x1", 192), _conv("0b_7x1", 192), _conv("0c_1x7", 224)),
        *(_conv("0d_7x1", 224), _conv("0e_1x7", 256)),
    ],
    [_AVERAGE_POOL, _conv("0b_1x1", 128)],
)
_REDUCTION_B = (
    [_conv("0a_1x1", 192), _halving("1a_3x3", 192)],
    [_conv("0a_1x1", 256), _conv("0b_1x7", 256), _conv("0c_7x1", 320), _halving("1a_3x3", 320)],
    [_MAX_POOL],
)
_INCEPTION_C = (
    [_conv("0a_1x1", 256)],
    [_conv("0a_1x1", 384), (_conv("0b_1x3", 256), _conv("0c_3x1", 256))],
    [
        *(_conv("0a_1x1", 384), _conv("0b_3x1", 448), _conv("0c_1x3", 512)),
        (_conv("0d_1x3", 256), _conv("0e_3x1", 256)),
    ],
    [_AVERAGE_POOL, _conv("0b_1x1", 256)],
)
_BLOCKS = {
    "Mixed_3a": _MIXED_3A,
    "Mixed_4a": _MIXED_4A,
    "Mixed_5a": _MIXED_5A,
    **{f"Mixed_5{letter}": _INCEPTION_A for letter in "bcde"},
    "Mixed_6a": _REDUCTION_A,
    **{f"Mixed_6{letter}": _INCEPTION_B for letter in "bcdefgh"},
    "Mixed_7a": _REDUCTION_B,
    **{f"Mixed_7{letter}": _INCEPTION_C for letter in "bcd"},
}


class SSD299InceptionV4(FeatureExtractor):
    """Maps of the third and the last block B, of the first and the last block C."""

    NETWORK = "InceptionV4"
    INPUT_SIDE = 299
    ADDED_MAPS = (
        AddedMap(256, 512, stride=2, padding=1),
        AddedMap(128, 256, stride=2, padding=1),
    )
    MAP_LAYERS = ("Mixed_6d", "Mixed_6h", "Mixed_7b", "Mixed_7d")

    @staticmethod
    def network_sides(side: int) -> tuple[int, ...]:
        """Reduced by the layers that do not pad: two convolutions, Mixed_3a, 4a, 5a, 6a and 7a."""
        for strides in (2, 1, 2, 1, 2, 2):
            side = conv_size(side, 3, strides)
        return (side,) * 2 + (conv_size(side, 3, 2),) * 2

    def preprocess(self, resized_inputs: Any) -> Any:
        """From 0..255 to -1..1."""
        return resized_inputs / 127.5 - 1.0

    def make_network(self) -> tf.keras.Model:
        """The stem and the blocks in sequence."""
        images = tf.keras.Input((None, None, 3), name="images")
        features = self._chain(images, _STEM, "")
        for name, branches in _BLOCKS.items():
            ends = [
                self._chain(features, branch, f"{name}/Branch_{number}/")
                for number, branch in enumerate(branches)
            ]
            features = tf.keras.layers.Concatenate(name=name)(ends)
        return sub_model(tf.keras.Model(images, features, name="inception_v4"), self.MAP_LAYERS)

    def _chain(self, features: Any, layers: Sequence[Any], prefix: str) -> Any:
        for layer in layers:
            if isinstance(layer, tuple):
                ends = [self._chain(features, [one], prefix) for one in layer]
                features = tf.keras.layers.Concatenate(name=f"{prefix}Concatenation")(ends)
            elif layer.filters:
                features = self._convolve(features, layer, f"{prefix}{layer.name}")
            else:
                features = _pool(features, layer, f"{prefix}{layer.name}")
        return features

    def _convolve(self, features: Any, layer: _Layer, name: str) -> Any:
        convolution = tf.keras.layers.Conv2D(
            layer.filters,
            layer.kernel_hw,
            strides=layer.strides,
            padding=layer.padding,
            use_bias=False,
            name=name,
        )
        batch_norm = tf.keras.layers.BatchNormalization(
            momentum=0.9997, epsilon=0.001, scale=False, name=f"{name}/BatchNorm"
        )
        features = self._maker.like(batch_norm)(self._maker.like(convolution)(features))
        return tf.keras.layers.Activation("relu", name=f"{name}/Relu")(features)


def _pool(features: Any, layer: _Layer, name: str) -> Any:
    is_average = layer is _AVERAGE_POOL
    kind = tf.keras.layers.AveragePooling2D if is_average else tf.keras.layers.MaxPooling2D
    options = {"strides": layer.strides, "padding": layer.padding, "name": name}
    return kind(layer.kernel_hw, **options)(features)
