"""Read-only arrays from pandas, which the API's Open Images evaluation modifies in place."""

import types
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from odapi_ssd.compat.after_import import after_import

SYMPTOM = "ValueError: output array is read-only, in metrics/oid_challenge_evaluation"
AFFECTS = "pandas 3 and newer, whose to_numpy() gives read-only views"
UNTIL = "OpenImagesChallengeEvaluator no longer subtracts in place"

_MODIFIED = ("groundtruth_image_classes", "groundtruth_labeled_classes")


def apply() -> bool:
    """Makes the evaluator work on copies of the arrays that it modifies."""
    try:
        is_needed = int(metadata.version("pandas").split(".")[0]) >= 3
    except metadata.PackageNotFoundError:
        is_needed = False
    if is_needed:
        after_import("object_detection.utils.object_detection_evaluation", _pass_copies)
    return is_needed


def _pass_copies(object_detection_evaluation: types.ModuleType) -> None:
    import numpy as np

    evaluator_class = object_detection_evaluation.OpenImagesChallengeEvaluator
    add = evaluator_class.add_single_ground_truth_image_info

    def add_single_ground_truth_image_info(
        self: Any, image_id: Any, groundtruth_dict: Mapping[str, Any]
    ) -> None:
        present = [key for key in _MODIFIED if key in groundtruth_dict]
        copies = {key: np.array(groundtruth_dict[key]) for key in present}
        add(self, image_id, {**groundtruth_dict, **copies})

    evaluator_class.add_single_ground_truth_image_info = add_single_ground_truth_image_info
