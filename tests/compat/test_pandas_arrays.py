"""Arrays from pandas in the evaluation of Open Images."""

import numpy as np
import pytest

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]


@pytest.mark.parametrize("key", ["groundtruth_image_classes", "groundtruth_labeled_classes"])
def test_the_evaluator_leaves_them_unchanged(key):
    import pandas as pd
    from object_detection.utils import object_detection_evaluation

    evaluator = object_detection_evaluation.OpenImagesChallengeEvaluator(
        [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    )
    verified = pd.Series([2, 1]).to_numpy()
    evaluator.add_single_ground_truth_image_info(
        "a",
        {
            "groundtruth_boxes": np.array([[10, 10, 30, 50]], np.float32),
            "groundtruth_classes": np.array([1]),
            key: verified,
        },
    )
    np.testing.assert_array_equal(verified, [2, 1])
    # 0-based there
    np.testing.assert_array_equal(evaluator._evaluatable_labels["a"], [0, 1])
