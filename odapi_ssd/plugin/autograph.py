"""Building the API's graphs without AutoGraph, which takes longer than the building itself.

The API is written for graphs and hardly needs AutoGraph: only where Python's `if`, loops or `range`
depend on a tensor.
"""

from collections.abc import Callable
from typing import TypeVar

import tensorflow as tf

__all__ = ["build_without_autograph"]

_Built = TypeVar("_Built")


def build_without_autograph(build: Callable[[], _Built]) -> _Built:
    """Calls a function that builds graphs (of a dataset, say), with AutoGraph only if it needs it.

    Args:
        build: must have no effects besides its result, as it is called again if it needs AutoGraph.
    """
    try:
        return tf.autograph.experimental.do_not_convert(build)()
    except TypeError:
        # What TensorFlow and Python raise for a tensor where a truth value or a number is needed.
        return build()
