"""Building the API's graphs without AutoGraph, whose rewriting takes longer than the building.

The API is written for graphs and hardly needs it: only where Python's `if`, loops or `range` meet a
tensor.
"""

from collections.abc import Callable
from typing import TypeVar

import tensorflow as tf

__all__ = ["build_plainly"]

_Built = TypeVar("_Built")


def build_plainly(build: Callable[[], _Built]) -> _Built:
    """Calls a function that builds graphs (of a dataset, say), with AutoGraph only if need be.

    Args:
        build: has no effects but what it returns, as it is called again if it needs AutoGraph.
    """
    try:
        return tf.autograph.experimental.do_not_convert(build)()
    except TypeError:
        # What TensorFlow and Python raise of a tensor in the place of a truth value or a number.
        return build()
