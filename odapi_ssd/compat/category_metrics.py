"""COCO's metrics per category, for `eval_config.include_metrics_per_category`.

The API reads them from the attribute `category_stats`, which its authors' own pycocotools has and
PyPI's has never had. All twelve follow from the precisions and recalls that pycocotools keeps,
averaged as in its `COCOeval.summarize`, but over one category instead of all. A category without
objects has -1 throughout; the API's averages over super-categories include these values.
"""

import types
from typing import Any

from odapi_ssd.compat.after_import import after_import

SYMPTOM = "ValueError: Category stats do not exist (include_metrics_per_category)"
AFFECTS = "pycocotools from PyPI, all versions, with COCO's metrics"
UNTIL = "pycocotools or the API computes category_stats"

# Each metric's name in `COCOeval.eval`, IoU (None: 0.50 to 0.95), object size, and number of
# detections per image (index into `params.maxDets`), in the order of `COCOeval.stats`.
_METRICS = (
    ("precision", None, "all", 2),
    ("precision", 0.5, "all", 2),
    ("precision", 0.75, "all", 2),
    ("precision", None, "small", 2),
    ("precision", None, "medium", 2),
    ("precision", None, "large", 2),
    ("recall", None, "all", 0),
    ("recall", None, "all", 1),
    ("recall", None, "all", 2),
    ("recall", None, "small", 2),
    ("recall", None, "medium", 2),
    ("recall", None, "large", 2),
)


def apply() -> bool:
    """Makes the API's `COCOEvalWrapper` set the attribute, unless pycocotools does."""
    after_import("object_detection.metrics.coco_tools", _add_category_stats)
    return True


def _add_category_stats(coco_tools: types.ModuleType) -> None:
    wrapper_class = coco_tools.COCOEvalWrapper
    summarize_all = wrapper_class.summarize

    def summarize(self: Any) -> None:
        vars(self).pop("category_stats", None)
        summarize_all(self)
        # The API evaluates keypoints one category at a time.
        if self.params.iouType != "keypoints" and not hasattr(self, "category_stats"):
            self.category_stats = _category_stats(self)

    wrapper_class.summarize = summarize


def _category_stats(evaluation: Any) -> Any:
    """The twelve metrics of each category: float64 [12, num_categories]; -1 without objects."""
    import numpy as np

    return np.array([_metric_per_category(evaluation, *metric) for metric in _METRICS])


def _metric_per_category(
    evaluation: Any, name: str, iou: float | None, size: str, detections_idx: int
) -> list[float]:
    import numpy as np

    params = evaluation.params
    # precision [IoU, recall, category, size, detections]; recall has no recall axis
    values = evaluation.eval[name][..., params.areaRngLbl.index(size), detections_idx]
    if iou is not None:
        values = values[np.isclose(params.iouThrs, iou)]
    by_category = np.moveaxis(values, -1, 0).reshape(values.shape[-1], -1)
    valid = [row[row > -1] for row in by_category]
    return [row.mean() if row.size else -1.0 for row in valid]
