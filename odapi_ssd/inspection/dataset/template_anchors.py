"""A template's anchors over a dataset's boxes: which boxes they match, and which none ever could.

Imports TensorFlow, as some extractors know the sizes of their feature maps only with it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

import odapi_ssd
from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.inspection.anchors.geometry import AnchorGeometry
from odapi_ssd.inspection.anchors.recall import BoxMatches, SizeRow, match_boxes, recall_of
from odapi_ssd.inspection.anchors.record_boxes import RecordBoxes
from odapi_ssd.inspection.anchors.report import read_matcher
from odapi_ssd.inspection.dataset.statistics import DatasetStatistics
from odapi_ssd.ssd.anchors import AnchorSpec

__all__ = ["TemplateAnchors", "TemplateMatches"]

_USUAL_HW = (480, 640)


@dataclass(frozen=True)
class TemplateMatches:
    """The boxes of a dataset in a template's input, and the anchors there.

    Attributes:
        template: its name.
        input_hw: the network's input in pixels; for a template whose input varies, that of an
            image of 640×480.
        threshold: the IoU from which an anchor matches a box.
        spec: the anchors, in pixels of that input.
        sizes_hw_px: [N, 2], height and width of each box in pixels of its image's input.
        is_matched: [N], whether an anchor matches the box where it is.
        is_too_small: [N], whether none would even if it were centered on the box, which is smaller
            than all of them.
        by_size: a row for each of COCO's size classes and, last, for all boxes; none without boxes.
    """

    template: str
    input_hw: tuple[int, int]
    threshold: float
    spec: AnchorSpec
    sizes_hw_px: npt.NDArray[np.float64]
    is_matched: npt.NDArray[np.bool_]
    is_too_small: npt.NDArray[np.bool_]
    by_size: tuple[SizeRow, ...]


class TemplateAnchors:
    """The anchors of a template."""

    def __init__(self, name: str):
        """Reads the template.

        Args:
            name: a template's name, or the path of a pipeline config.

        Raises:
            OdapiError: there is no such template, or it is not an SSD's.
        """
        path = find_template(name)
        odapi_ssd.register()
        config = load_config(path)
        self.name = path.stem
        self._geometry = AnchorGeometry(config)
        self._threshold = read_matcher(config.model.ssd.matcher)[0]

    def match(self, statistics: DatasetStatistics) -> TemplateMatches:
        """Matches all boxes of a dataset.

        Raises:
            OdapiError: the template's anchors cannot be made.
        """
        input_hw = self._geometry.place(_USUAL_HW).input_hw
        spec = self._geometry.spec_px(input_hw)
        figures = (self.name, input_hw, self._threshold, spec)
        if not statistics.total.num_objects:
            none = np.zeros(0, bool)
            return TemplateMatches(*figures, np.zeros((0, 2)), none, none, ())
        matches = match_boxes(self._geometry, _as_record_boxes(statistics), "", self._threshold)
        boxes = matches.boxes_yxyx_px
        return TemplateMatches(
            *figures,
            sizes_hw_px=boxes[:, 2:] - boxes[:, :2],
            is_matched=matches.is_matched,
            is_too_small=_is_too_small(matches, spec),
            by_size=recall_of(matches).by_size,
        )


def _as_record_boxes(statistics: DatasetStatistics) -> RecordBoxes:
    """The boxes as records would hold them. Names are not asked for."""
    return RecordBoxes(
        image_names=statistics.keys,
        image_hws=[(int(height), int(width)) for height, width in statistics.image_hws],
        first_encoded=b"",
        boxes_yxyx=statistics.boxes_yxyx,
        image_idx=statistics.image_idx,
        class_names=[],
        num_left_out=0,
    )


def _is_too_small(matches: BoxMatches, spec: AnchorSpec) -> npt.NDArray[np.bool_]:
    boxes = matches.boxes_yxyx_px
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    least = min(height * width for layer in spec.layers for height, width in layer.box_sizes_hw)
    return ~matches.is_matched_at_best_position & (areas < least)
