"""SSD300 on ResNets: six maps, 19 to 1 cells a side at 300 pixels.

He et al., "Deep Residual Learning for Image Recognition" (arXiv:1512.03385), and "Identity Mappings
in Deep Residual Networks" (arXiv:1603.05027). The networks are Keras's, whose convolutions keep
their biases; the maps of strides 16, 32 and 32 are the network's, the smaller ones are added.
"""

from typing import Any, ClassVar

import tensorflow as tf

from odapi_ssd.extractors.base import AddedMap, FeatureExtractor
from odapi_ssd.extractors.geometry import same_size
from odapi_ssd.extractors.layers import sub_model

__all__ = ["SSD300ResNet50V1", "SSD300ResNet50V2", "SSD300ResNet101V1", "SSD300ResNet101V2"]

# Blue, green, red: the published weights of the first version came from Caffe.
_CHANNEL_MEANS_BGR = (103.939, 116.779, 123.68)


class _ResNet(FeatureExtractor):
    INPUT_SIDE = 300
    ADDED_MAPS = (
        AddedMap(256, 512, stride=2, padding=1),
        AddedMap(128, 256),
        AddedMap(128, 256),
    )
    # The Keras layers whose outputs are the maps.
    MAP_LAYERS: ClassVar[tuple[str, str, str]]

    @staticmethod
    def network_sides(side: int) -> tuple[int, ...]:
        return same_size(side, 4), same_size(side, 5), same_size(side, 5)

    def make_network(self) -> tf.keras.Model:
        make_keras_network = getattr(tf.keras.applications, self.NETWORK)
        network = make_keras_network(include_top=False, weights=None, input_shape=(None, None, 3))
        return sub_model(self._maker.adapt(network), self.MAP_LAYERS)


class _ResNetV1(_ResNet):
    def preprocess(self, resized_inputs: Any) -> Any:
        return resized_inputs[..., ::-1] - _CHANNEL_MEANS_BGR


class SSD300ResNet50V1(_ResNetV1):
    """ResNet-50: 19×19×1024, 10×10×2048 and 10×10×2048 from the network.

    In the slim library a block's last unit has the stride (block2 has 19 cells a side, block3 and
    block4 have 10), in Keras the next block's first unit. So the map of 19 cells is the end of the
    fourth stage here, and those of 10 cells are the first unit of the fifth stage, the first layer
    of that size, and its end.
    """

    NETWORK = "ResNet50"
    MAP_LAYERS = ("conv4_block6_out", "conv5_block1_out", "conv5_block3_out")


class SSD300ResNet101V1(_ResNetV1):
    """ResNet-101; the maps are those of `SSD300ResNet50V1`."""

    NETWORK = "ResNet101"
    MAP_LAYERS = ("conv4_block23_out", "conv5_block1_out", "conv5_block3_out")


class _ResNetV2(_ResNet):
    # A unit's output is a sum that only the next unit normalizes and activates.
    MAP_LAYERS = ("conv4_block1_preact_relu", "conv5_block1_preact_relu", "post_relu")

    def preprocess(self, resized_inputs: Any) -> Any:
        return resized_inputs / 127.5 - 1.0


class SSD300ResNet50V2(_ResNetV2):
    """ResNet-50 v2: 19×19×512, 10×10×1024 and 10×10×2048 from the network.

    They are the ends of its third, fourth and fifth stage, the slim library's block2, block3 and
    block4: in this network of Keras's, too, a stage's last unit has the stride. They are taken
    after the normalization and activation with which the next stage begins.
    """

    NETWORK = "ResNet50V2"


class SSD300ResNet101V2(_ResNetV2):
    """ResNet-101 v2; the maps are those of `SSD300ResNet50V2`."""

    NETWORK = "ResNet101V2"
