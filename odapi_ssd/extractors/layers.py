"""Layers of the feature extractors, with the hyperparameters of a pipeline config."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from object_detection.core import freezable_batch_norm

__all__ = ["InputAdjustment", "L2Normalization", "LayerMaker", "sub_model"]

# The weights of a layer that get the config's regularizer and initializer.
_WEIGHTS = {
    tf.keras.layers.Conv2D: ("kernel",),
    tf.keras.layers.DepthwiseConv2D: ("depthwise",),
    tf.keras.layers.SeparableConv2D: ("depthwise", "pointwise"),
}


@dataclass(frozen=True)
class LayerMaker:
    """Makes the layers of one feature extractor.

    Attributes:
        hyperparams: the API's `KerasLayerHyperparams` of the config's `conv_hyperparams`.
        trains_batch_norm: whether batch normalization uses, and learns, the statistics of the
            batch in training; if not, it is frozen.
        overrides_network: `override_base_feature_extractor_hyperparams`: whether the config's
            regularizer, initializer and batch normalization replace the network's own.
    """

    hyperparams: Any
    trains_batch_norm: bool
    overrides_network: bool

    @property
    def normalizes_network(self) -> bool:
        """Whether the network gets the config's batch normalization."""
        return self.overrides_network and self.hyperparams.use_batch_norm()

    def convolution(
        self, name: str, filters: int, kernel: int, *, padding: int = 0, separable: bool = False,
        **options: Any,
    ) -> list[Any]:  # fmt: skip
        """A convolution with its padding, batch normalization and activation.

        Args:
            name: of the convolution; the names of the other layers begin with it.
            filters: number of filters.
            kernel: side of the kernel.
            padding: zeros to add on each of the four sides.
            separable: whether it is a depthwise and a pointwise convolution.
            **options: other options of `Conv2D`, such as strides.
        Returns:
            The layers in their order.
        """
        layers = []
        if padding:
            layers.append(tf.keras.layers.ZeroPadding2D(padding, name=f"{name}_pad"))
        kind = tf.keras.layers.SeparableConv2D if separable else tf.keras.layers.Conv2D
        options.update(self._weight_options(kind), use_bias=self.hyperparams.use_bias())
        layers.append(kind(filters, kernel, name=name, **options))
        if self.hyperparams.use_batch_norm():
            layers.append(self.batch_norm(f"{name}_bn"))
        return [*layers, self.hyperparams.build_activation_layer(name=f"{name}_activation")]

    def batch_norm(self, name: str) -> Any:
        """Batch normalization as in the config."""
        return self.hyperparams.build_batch_norm(training=self.trains_batch_norm, name=name)

    def adapt(self, network: Any, replace: Callable[[Any], Any] = lambda layer: None) -> Any:
        """A copy of a Keras network with the config's hyperparameters.

        Batch normalization becomes one that can be frozen. Activation functions stay, as they are
        part of the architecture.

        Args:
            network: a functional `tf.keras.Model`; not changed.
            replace: returns the replacement of a layer, or None to copy it.
        """

        def make(layer: Any) -> Any:
            replacement = replace(layer)
            return self.like(layer) if replacement is None else replacement

        return tf.keras.models.clone_model(network, clone_function=make)

    def like(self, layer: Any, **changes: Any) -> Any:
        """A copy of a network's layer with the config's hyperparameters.

        Args:
            layer: not changed.
            **changes: options of the layer to change, such as its name.
        """
        options = {**layer.get_config(), **changes}
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            if self.normalizes_network:
                return self.batch_norm(options["name"])
            training = self.trains_batch_norm
            return freezable_batch_norm.FreezableBatchNorm(training=training, **options)
        if self.overrides_network:
            options.update(self._weight_options(type(layer)))
        return type(layer).from_config(options)

    def normalized(self, convolution: Any) -> Any:
        """A copy of a network's convolution with batch normalization before its activation."""
        name = convolution.name
        activation = convolution.activation
        convolution = type(convolution).from_config(
            {
                **self.like(convolution).get_config(),
                "name": f"{name}_conv",
                "activation": None,
                "use_bias": self.hyperparams.use_bias(),
            }
        )
        batch_norm = self.batch_norm(f"{name}_bn")
        activate = tf.keras.layers.Activation(activation, name=f"{name}_activation")
        return tf.keras.Sequential([convolution, batch_norm, activate], name=name)

    def _weight_options(self, kind: type) -> dict[str, Any]:
        params = self.hyperparams.params()
        return {
            f"{weight}_{what}": params[f"kernel_{what}"]
            for weight in _WEIGHTS.get(kind, ())
            for what in ("regularizer", "initializer")
        }


def sub_model(network: tf.keras.Model, layer_names: Sequence[str]) -> tf.keras.Model:
    """The part of a network up to some of its layers; its outputs are the outputs of these."""
    outputs = [network.get_layer(name).output for name in layer_names]
    return tf.keras.Model(network.inputs, outputs, name=network.name)


class L2Normalization(tf.keras.layers.Layer):
    """L2-normalizes the features of each cell and scales each channel by a learned factor.

    Liu, Rabinovich & Berg, "ParseNet" (arXiv:1506.04579), section 3.3. SSD applies it to conv4_3,
    whose features are larger than those of the later maps, with an initial scale of 20
    (arXiv:1512.02325, section 3.1).
    """

    def __init__(self, initial_scale: float = 20.0, **options: Any) -> None:
        super().__init__(**options)
        self._initial_scale = initial_scale

    def build(self, input_shape: Any) -> None:
        """Makes the scale of each channel."""
        initializer = tf.keras.initializers.Constant(self._initial_scale)
        self.scale = self.add_weight("scale", shape=input_shape[-1:], initializer=initializer)
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        """Float [B, H, W, C] to the same shape; a cell whose features are all 0 stays 0."""
        return tf.math.l2_normalize(inputs, axis=-1) * self.scale

    def get_config(self) -> dict[str, Any]:
        """The options of the layer."""
        return {**super().get_config(), "initial_scale": self._initial_scale}


class InputAdjustment(tf.keras.layers.Layer):
    """(inputs + offset) · factor for each channel, for the preprocessing of imported weights.

    Published weights of one network were trained on images that were normalized differently. These
    two variables are stored in the checkpoint with the weights that need them and are not trained,
    so the model's own preprocessing stays the same. They cannot be folded into the first
    convolution, as that pads with zeros. Without imported weights they change nothing.
    """

    def build(self, input_shape: Any) -> None:
        """Makes the two variables, which change nothing at first."""
        channels = input_shape[-1:]
        self.offset = self.add_weight("offset", channels, initializer="zeros", trainable=False)
        self.factor = self.add_weight("factor", channels, initializer="ones", trainable=False)
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        """Float [B, H, W, C] to the same shape."""
        return (inputs + self.offset) * self.factor
