"""Keras 2's `ResNet` builder for the API's ResNet-18 and ResNet-34, which CenterNet uses.

The API imports it from the package `keras`, which is Keras 3 today: its module of that name has no
such public builder, and its layers cannot be used in a Keras 2 model.
"""

import types

from odapi_ssd.compat.after_import import after_import

SYMPTOM = "AttributeError: module 'keras.applications.resnet' has no attribute 'ResNet'"
AFFECTS = "keras 3, which TensorFlow 2.16 and newer install, with tf_keras behind tf.keras"
UNTIL = "the API builds these networks with tf.keras"


def apply() -> bool:
    """Replaces the `keras` module in the API's `resnet_v1` by that of tf_keras."""
    from importlib import metadata

    try:
        is_keras_2 = int(metadata.version("keras").split(".")[0]) < 3
    except metadata.PackageNotFoundError:
        is_keras_2 = False
    if is_keras_2:
        return False
    after_import("object_detection.models.keras_models.resnet_v1", _use_tf_keras)
    return True


def _use_tf_keras(resnet_v1: types.ModuleType) -> None:
    from tf_keras.src.applications import resnet

    resnet_v1.resnet = resnet  # type: ignore[attr-defined]
