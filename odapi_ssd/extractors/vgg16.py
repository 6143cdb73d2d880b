"""SSD300 and SSD512 on VGG-16: Liu et al., "SSD" (arXiv:1512.02325), section 3; its Caffe models.

Simonyan & Zisserman's network D (arXiv:1409.1556) without its classifier: the poolings round up
(75 becomes 38), the fifth has stride 1, and its two fully connected layers are convolutions, the
first one dilated. The L2 normalization of conv4_3 belongs to the detector, not to the network.

The paper's network has no batch normalization. A config with `batch_norm` in `conv_hyperparams` and
`override_base_feature_extractor_hyperparams: true` adds it after every convolution, which makes it
possible to train from random weights; published weights do not fit that network.
"""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from odapi_ssd.extractors.base import AddedMap, FeatureExtractor
from odapi_ssd.extractors.geometry import same_size
from odapi_ssd.extractors.layers import InputAdjustment, L2Normalization

__all__ = ["CHANNEL_MEANS", "SSD300VGG16", "SSD512VGG16"]

# Red, green, blue, as the Caffe models of SSD have them; they are not divided by anything.
CHANNEL_MEANS = (123.0, 117.0, 104.0)


class _VGG16(FeatureExtractor):
    NETWORK = "VGG16"

    @staticmethod
    def network_sides(side: int) -> tuple[int, ...]:
        return same_size(side, 3), same_size(side, 4)

    def preprocess(self, resized_inputs: Any) -> Any:
        return resized_inputs - CHANNEL_MEANS

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.conv4_3_norm = L2Normalization(name="conv4_3_norm")

    def normalize_maps(self, maps: Sequence[Any]) -> list[Any]:
        conv4_3, *others = maps
        return [self.conv4_3_norm(conv4_3), *others]

    def make_network(self) -> tf.keras.Model:
        inputs = tf.keras.Input((None, None, 3), name="images")
        adjusted = InputAdjustment(name="input_adjustment")(inputs)
        keras_network = tf.keras.applications.VGG16(
            include_top=False, weights=None, input_tensor=adjusted
        )
        network = self._maker.adapt(keras_network, self._replace)
        features = network.output
        for convolution in (
            tf.keras.layers.Conv2D(
                1024, 3, padding="same", dilation_rate=6, activation="relu", name="conv6"
            ),
            tf.keras.layers.Conv2D(1024, 1, activation="relu", name="conv7"),
        ):
            features = (self._replace(convolution) or self._maker.like(convolution))(features)
        conv4_3 = network.get_layer("block4_pool").input
        return tf.keras.Model(network.inputs, [conv4_3, features], name="vgg16")

    def _replace(self, layer: Any) -> Any:
        if layer.name == "block5_pool":
            return tf.keras.layers.MaxPooling2D(3, strides=1, padding="same", name=layer.name)
        if isinstance(layer, tf.keras.layers.MaxPooling2D):
            return tf.keras.layers.MaxPooling2D(2, padding="same", name=layer.name)
        if isinstance(layer, tf.keras.layers.Conv2D) and self._maker.normalizes_network:
            return self._maker.normalized(layer)
        return None


class SSD300VGG16(_VGG16):
    """SSD300: six maps, 38 to 1 cells a side at 300 pixels."""

    INPUT_SIDE = 300
    ADDED_MAPS = (
        AddedMap(256, 512, stride=2, padding=1),
        AddedMap(128, 256, stride=2, padding=1),
        AddedMap(128, 256),
        AddedMap(128, 256),
    )


class SSD512VGG16(_VGG16):
    """SSD512: seven maps, 64 to 1 cells a side at 512 pixels."""

    INPUT_SIDE = 512
    ADDED_MAPS = (
        AddedMap(256, 512, stride=2, padding=1),
        AddedMap(128, 256, stride=2, padding=1),
        AddedMap(128, 256, stride=2, padding=1),
        AddedMap(128, 256, stride=2, padding=1),
        AddedMap(128, 256, kernel=4, padding=1),
    )
