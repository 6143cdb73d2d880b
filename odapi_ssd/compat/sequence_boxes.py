"""Boxes of video frames, which the API compares with an empty list to make sequence examples."""

import types
from collections.abc import Iterable
from typing import Any

from odapi_ssd.compat.after_import import after_import

SYMPTOM = "ValueError: operands could not be broadcast together with shapes (2,4) (0,)"
AFFECTS = "NumPy 1.25 and newer, in dataset_tools/seq_example_util"
UNTIL = "seq_example_util checks the size of the boxes instead"


def apply() -> bool:
    """Passes lists to `boxes_to_box_components`: they can be compared with an empty list."""
    import numpy as np

    try:
        _ = np.zeros((2, 4)) != []
    except ValueError:
        after_import("object_detection.dataset_tools.seq_example_util", _pass_lists)
        return True
    return False


def _pass_lists(seq_example_util: types.ModuleType) -> None:
    import numpy as np

    split = seq_example_util.boxes_to_box_components

    def boxes_to_box_components(bboxes: Iterable[Any]) -> Any:
        return split([np.asarray(boxes).tolist() for boxes in bboxes])

    seq_example_util.boxes_to_box_components = boxes_to_box_components
