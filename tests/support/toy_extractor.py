"""A feature extractor as somebody might add one: two small maps of two convolutions."""

import tensorflow as tf

from odapi_ssd.extractors.base import AddedMap, FeatureExtractor
from odapi_ssd.extractors.geometry import conv_size, same_size


class SSD64Toy(FeatureExtractor):
    """A padded convolution of stride 8, then one map that is added: 8 and 6 cells at 64 pixels."""

    NETWORK = "Toy"
    INPUT_SIDE = 64
    ADDED_MAPS = (AddedMap(16, 24),)

    @staticmethod
    def network_sides(side):
        return (conv_size(same_size(side, 2), 1, 2),)

    def preprocess(self, resized_inputs):
        return resized_inputs / 255.0

    def make_network(self):
        images = tf.keras.Input((None, None, 3))
        features = tf.keras.layers.Conv2D(4, 3, strides=4, padding="same", name="stem")(images)
        features = tf.keras.layers.Conv2D(6, 1, strides=2, name="top")(features)
        return self._maker.adapt(tf.keras.Model(images, features, name="toy"))
