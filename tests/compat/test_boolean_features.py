"""Booleans in int64 features."""

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


def test_booleans_in_features():
    from object_detection.utils import dataset_util

    of_many = dataset_util.int64_list_feature([True, np.bool_(False), 3, np.int32(4)])
    assert list(of_many.int64_list.value) == [1, 0, 3, 4]
    assert list(dataset_util.int64_feature(True).int64_list.value) == [1]
    assert list(dataset_util.int64_list_feature(None).int64_list.value) == []
    with pytest.raises(TypeError):
        dataset_util.int64_list_feature([1.5])
