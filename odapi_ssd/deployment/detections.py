"""Detections in one image: a model's output, turned into objects with names and pixels."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Detection", "ModelOutput", "output_to_detections"]


@dataclass(frozen=True)
class ModelOutput:
    """The N detections of an exported model in one image, in any order.

    Attributes:
        boxes_yxyx: float32 [N, 4], normalized to the image.
        scores: float32 [N], in 0..1.
        class_ids: int64 [N], as in the label map, from 1.
    """

    boxes_yxyx: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    class_ids: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Detection:
    """One detected object.

    Attributes:
        class_id: as in the label map, from 1.
        class_name: from the label map; `class <id>` if it does not have the id.
        score: in 0..1.
        box_yxyx_px: ymin, xmin, ymax, xmax in pixels of the image as it is shown (EXIF
            orientation applied), from its top left corner.
    """

    class_id: int
    class_name: str
    score: float
    box_yxyx_px: tuple[float, float, float, float]


def output_to_detections(
    output: ModelOutput,
    image_hw: tuple[int, int],
    class_names: Mapping[int, str],
    min_score: float = 0.0,
) -> list[Detection]:
    """Names the objects of a model's output and scales their boxes to pixels.

    Args:
        output: of one image.
        image_hw: the image's height and width.
        class_names: by class id.
        min_score: detections with a lower score are left out.
    Returns:
        Detections, the highest score first; coordinates have two decimals. What is NaN or infinite
        is no detection and left out.
    """
    height, width = image_hw
    boxes_yxyx_px = output.boxes_yxyx.astype(float) * [height, width, height, width]
    is_finite = np.isfinite(output.boxes_yxyx).all(axis=1) & np.isfinite(output.scores)
    order = np.argsort(-output.scores, kind="stable")
    detections = []
    for idx in order[(is_finite & (output.scores >= min_score))[order]]:
        class_id = int(output.class_ids[idx])
        ymin, xmin, ymax, xmax = (round(float(value), 2) for value in boxes_yxyx_px[idx])
        detections.append(
            Detection(
                class_id=class_id,
                class_name=class_names.get(class_id, f"class {class_id}"),
                score=float(output.scores[idx]),
                box_yxyx_px=(ymin, xmin, ymax, xmax),
            )
        )
    return detections
