"""SSD300 on MobileNets: six maps, 38 to 1 cells a side at 300 pixels.

Howard et al., "MobileNets" (arXiv:1704.04861), and Sandler et al., "MobileNetV2"
(arXiv:1801.04381). Both networks are Keras's, cut after their last layer of stride 16; the maps of
strides 32 and more are added as on VGG-16.
"""

from typing import Any

import tensorflow as tf

from odapi_ssd.extractors.base import AddedMap, FeatureExtractor
from odapi_ssd.extractors.geometry import same_size
from odapi_ssd.extractors.layers import sub_model

__all__ = ["SSD300MobileNetV1", "SSD300MobileNetV2"]


class _MobileNet(FeatureExtractor):
    INPUT_SIDE = 300
    HAS_WIDTHS = True
    ADDED_MAPS = (
        AddedMap(256, 512, stride=2, padding=1),
        AddedMap(128, 256, stride=2, padding=1),
        AddedMap(128, 256),
        AddedMap(128, 256),
    )
    # The Keras layers whose outputs are the maps of strides 8 and 16.
    MAP_LAYERS: tuple[str, str]

    @staticmethod
    def network_sides(side: int) -> tuple[int, ...]:
        return same_size(side, 3), same_size(side, 4)

    def preprocess(self, resized_inputs: Any) -> Any:
        return resized_inputs / 127.5 - 1.0

    def make_network(self) -> tf.keras.Model:
        network = self._maker.adapt(self._make_keras_network(), self._replace)
        return sub_model(network, self.MAP_LAYERS)

    def _make_keras_network(self) -> tf.keras.Model:
        raise NotImplementedError

    def _replace(self, layer: Any) -> Any:
        """Makes layers of stride 2 round odd sides up (75 to 38), which Keras's padding does not.

        On even sides nothing changes: "same" padding adds a row and a column at the end, as the
        padding layer does that it replaces.
        """
        if isinstance(layer, tf.keras.layers.ZeroPadding2D):
            return tf.keras.layers.Activation("linear", name=layer.name)
        if isinstance(layer, tf.keras.layers.DepthwiseConv2D) and layer.padding == "valid":
            return self._maker.like(layer, padding="same")
        return None


class SSD300MobileNetV1(_MobileNet):
    """Maps of MobileNetV1's fifth and eleventh separable convolutions."""

    NETWORK = "MobileNetV1"
    MAP_LAYERS = ("conv_pw_5_relu", "conv_pw_11_relu")

    def _make_keras_network(self) -> tf.keras.Model:
        return tf.keras.applications.MobileNet(
            input_shape=(None, None, 3),
            alpha=self._depth_multiplier,
            include_top=False,
            weights=None,
        )


class SSD300MobileNetV2(_MobileNet):
    """Maps of MobileNetV2's expansions at the end of strides 8 and 16.

    The paper's SSDLite is attached there (section 6.2): the outputs of the blocks are narrow and
    linear, their expansions in the next block are wide and activated.
    """

    NETWORK = "MobileNetV2"
    MAP_LAYERS = ("block_6_expand_relu", "block_13_expand_relu")

    def _make_keras_network(self) -> tf.keras.Model:
        return tf.keras.applications.MobileNetV2(
            input_shape=(None, None, 3),
            alpha=self._depth_multiplier,
            include_top=False,
            weights=None,
        )
