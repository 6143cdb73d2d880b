"""Booleans in the int64 features of an example.

The API's converters compute COCO's `iscrowd` and visibility flags by comparisons, and pass the
resulting booleans on unconverted.
"""

import types
from collections.abc import Iterable
from typing import Any

from odapi_ssd.compat.after_import import after_import

SYMPTOM = "TypeError: Field tensorflow.Int64List.value: Expected an int, got a boolean"
AFFECTS = "protobuf 6 and newer, in create_coco_tf_record and other code that passes a bool"
UNTIL = "the API's converters pass numbers"


def apply() -> bool:
    """Makes `dataset_util` convert booleans to 0 and 1 where protobuf does not."""
    import numpy as np
    import tensorflow as tf

    try:
        tf.train.Int64List(value=[np.True_])  # protobuf 6 warns of Python's own True and takes it.
    except TypeError:
        after_import("object_detection.utils.dataset_util", _convert_booleans)
        return True
    return False


def _convert_booleans(dataset_util: types.ModuleType) -> None:
    import numpy as np

    booleans = (bool, np.bool_)
    feature_of, list_feature_of = dataset_util.int64_feature, dataset_util.int64_list_feature

    def int64_feature(value: Any) -> Any:
        return feature_of(int(value) if isinstance(value, booleans) else value)

    def int64_list_feature(value: Iterable[Any] | None) -> Any:
        try:
            return list_feature_of(value)
        except TypeError:
            numbers = [int(v) if isinstance(v, booleans) else v for v in value or ()]
            return list_feature_of(numbers)

    dataset_util.int64_feature = int64_feature
    dataset_util.int64_list_feature = int64_list_feature
