"""Gradients between the API's training step and its optimizer: freezing, biases, clipping.

In TF1 the API left frozen variables out, multiplied the gradients of biases and then clipped the
rest. Its training step of TF2 only clips.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

__all__ = ["SelectiveOptimizer"]


@dataclass(frozen=True)
class SelectiveOptimizer:
    """An optimizer around another, for `model_lib_v2.eager_train_step`.

    Attributes:
        optimizer: applies the gradients that remain.
        frozen: `variable.ref()` of each variable that is not trained.
        bias_multiplier: multiplies the gradients of biases, which are the layers' variables of that
            name: not batch norm's beta. 0 leaves them alone, as in the config.
        clip_norm: the global norm of all gradients is scaled down to this; 0 for no limit.
    """

    optimizer: Any
    frozen: Collection[Any] = frozenset()
    bias_multiplier: float = 0.0
    clip_norm: float = 0.0

    def apply_gradients(self, gradients_and_variables: Iterable[tuple[Any, Any]]) -> Any:
        """Updates the variables by their gradients: dense, `tf.IndexedSlices` or None."""
        trained = [pair for pair in gradients_and_variables if pair[1].ref() not in self.frozen]
        gradients = [self._scale(*pair) for pair in trained]
        if self.clip_norm > 0:
            gradients, _ = tf.clip_by_global_norm(gradients, self.clip_norm)
        variables = [variable for _, variable in trained]
        return self.optimizer.apply_gradients(zip(gradients, variables, strict=True))

    def _scale(self, gradient: Any, variable: Any) -> Any:
        is_bias = variable.name.removesuffix(":0").rpartition("/")[2] == "bias"
        if gradient is None or not is_bias or not self.bias_multiplier:
            return gradient
        return tf.math.scalar_mul(self.bias_multiplier, gradient)
