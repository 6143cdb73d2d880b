"""A placeholder for `tensorflow.compat.v1.estimator`; the API's TF2 path only needs its modes."""

import types
from typing import Any

SYMPTOM = "ImportError: cannot import name 'estimator' from 'tensorflow.compat.v1'"
AFFECTS = "TensorFlow 2.16 and newer"
UNTIL = "the API no longer imports its TF1 half (model_lib) in the TF2 path"


def apply() -> bool:
    """Adds the placeholder if TensorFlow has no estimators."""
    import tensorflow.compat.v1 as tf1

    if hasattr(tf1, "estimator"):
        return False
    tf1.estimator = _Estimator("tensorflow.compat.v1.estimator")  # type: ignore[attr-defined]
    return True


class _ModeKeys:
    """The values of `tf.estimator.ModeKeys`."""

    TRAIN = "train"
    EVAL = "eval"
    PREDICT = "infer"


class _Estimator(types.ModuleType):
    ModeKeys = _ModeKeys

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"tf.estimator.{name} is not available: TensorFlow removed estimators in 2.16, and "
            "with them the API's TF1 programs (model_main, export_inference_graph). Use "
            "model_main_tf2 and exporter_main_v2."
        )
