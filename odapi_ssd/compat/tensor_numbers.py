"""`int()` and `float()` of an eager tensor with one element, whatever its rank.

Every tutorial of the API has `int(detections.pop('num_detections'))`, of a tensor of shape [1].
"""

from collections.abc import Callable
from typing import Any

SYMPTOM = "TypeError: only 0-dimensional arrays can be converted to Python scalars"
AFFECTS = "NumPy 2.4 and newer, where a tensor of shape [1] is converted"
UNTIL = "TensorFlow converts such tensors itself, or the API and its tutorials index them"


def apply() -> bool:
    """Lets eager tensors with one element be converted again; others are converted as before."""
    import warnings

    import numpy as np
    from tensorflow.python.framework import ops

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            int(np.zeros(1))
    except TypeError:
        eager_tensor_class = ops._EagerTensorBase
        eager_tensor_class.__int__ = _converts_one_element(int, eager_tensor_class.__int__)
        eager_tensor_class.__float__ = _converts_one_element(float, eager_tensor_class.__float__)
        return True
    return False


def _converts_one_element(kind: type, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def convert_one_element(tensor: Any) -> Any:
        if tensor.shape.rank and tensor.shape.num_elements() == 1:
            return kind(tensor.numpy().item())
        return convert(tensor)

    return convert_one_element
