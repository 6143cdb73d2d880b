"""A config's anchors, and how many ground-truth boxes they catch, as pictures, figures and JSON.

A box is caught if an anchor overlaps it by the matcher's threshold (IoU); one that is not can be
learned only where the matcher forces its best anchor on it. Boxes are as the records hold them and
the resizer scales them: what augmentation does to them in training is not looked at.
"""

import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import odapi_ssd
from odapi_ssd.atomic_output import publish, staging_folder, write_text
from odapi_ssd.data.images import read_image
from odapi_ssd.errors import OdapiError
from odapi_ssd.inspection.anchors.counts import (
    BoxCounts,
    CoveredBoxes,
    ShapeRow,
    count_boxes,
    cover_records,
    shape_rows,
)
from odapi_ssd.inspection.anchors.geometry import AnchorGeometry
from odapi_ssd.inspection.anchors.plots import draw_anchors, draw_box_sizes, draw_catches
from odapi_ssd.inspection.anchors.record_boxes import RecordBoxes, find_record_files, read_boxes
from odapi_ssd.messages import count_of
from odapi_ssd.progress import SILENT, Progress
from odapi_ssd.ssd.anchors import AnchorSpec

__all__ = ["AnchorReport", "report_anchors"]

_JSON = "anchors.json"
_ANCHORS, _SIZES, _CATCHES = "anchors.png", "box_sizes.png", "anchor_catches.png"
_PLAIN_HW = (480, 640)  # of the canvas where there is no image
_PLAIN_GRAY = 200
_DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True)
class AnchorReport:
    """What `report_anchors` found and wrote.

    Attributes:
        input_hw: the network's input for the image drawn; shapes are in pixels of it.
        num_anchors: at this input.
        threshold: the IoU from which a box is caught.
        is_forced: whether the matcher gives a box its best anchor even below the threshold.
        shapes: every anchor shape, layer by layer.
        counts: None without records.
        warnings: what the reader of the figures should know.
        files: what was written.
    """

    input_hw: tuple[int, int]
    num_anchors: int
    threshold: float
    is_forced: bool
    shapes: tuple[ShapeRow, ...]
    counts: BoxCounts | None
    warnings: tuple[str, ...]
    files: tuple[Path, ...]


def report_anchors(
    config: Any,
    output_dir: Path,
    *,
    image_path: Path | None = None,
    split: str | None = None,
    progress: Progress = SILENT,
) -> AnchorReport:
    """Draws a config's anchors and counts what they catch; writes all files or none.

    Args:
        config: a `pipeline_pb2.TrainEvalPipelineConfig` with an SSD.
        output_dir: gets `anchors.png` and `anchors.json`, and, if there are records,
            `box_sizes.png` and `anchor_catches.png`; made if it is missing.
        image_path: what to draw on; None for the records' first image, or a plain canvas.
        split: "train" or "val", whose records must be there; None for those of training, if they
            are there.
        progress: advances by each image of the records.
    Raises:
        OdapiError: the config has no SSD or one whose anchors cannot be made, or the image or the
            records cannot be read.
    """
    encoded = read_image(image_path).encoded if image_path is not None else None
    odapi_ssd.register()
    geometry = AnchorGeometry(config)
    threshold, is_forced, warnings = _read_matcher(config.model.ssd.matcher)
    if geometry.are_anchors_in_pixels:
        warnings.append(
            "the anchor generator gives pixels (normalize_coordinates: false), but SSD matches in "
            "shares of the image: in training hardly any would match. Shown as if normalized"
        )
    if not geometry.input_varies:  # say what is wrong with the model before all records are read
        geometry.spec_px(geometry.place(_PLAIN_HW).input_hw)
    files = find_record_files(config, split, warnings)
    boxes = read_boxes(files, progress) if files else None
    if encoded is None and boxes is not None:
        encoded = boxes.first_encoded
    pixels, placement = geometry.resize(_decode(encoded, str(image_path or "the first record")))
    spec = geometry.spec_px(placement.input_hw)
    covered = None
    if boxes is not None:
        _warn_of_boxes(boxes, geometry, warnings)
        covered = cover_records(geometry, boxes, split or "train", threshold)
    report = AnchorReport(
        input_hw=placement.input_hw,
        num_anchors=spec.num_anchors,
        threshold=threshold,
        is_forced=is_forced,
        shapes=shape_rows(spec, covered),
        counts=count_boxes(covered, threshold) if covered is not None else None,
        warnings=tuple(warnings),
        files=(),
    )
    with staging_folder(output_dir) as staging:
        draw_anchors(staging / _ANCHORS, pixels, placement, spec)
        if covered is not None:
            _draw_counts(staging, spec, report, covered)
        write_text(staging / _JSON, _to_json(report, covered))
        names = sorted(path.name for path in staging.iterdir())
        publish(staging, output_dir, stale_names={_SIZES, _CATCHES} - set(names))
    return replace(report, files=tuple(output_dir / name for name in names))


def _read_matcher(matcher: Any) -> tuple[float, bool, list[str]]:
    """Threshold, whether matches are forced, and what to say about it."""
    if matcher.HasField("argmax_matcher"):
        argmax = matcher.argmax_matcher
        if not argmax.ignore_thresholds:
            return argmax.matched_threshold, argmax.force_match_for_each_row, []
        problem = "the argmax_matcher ignores its thresholds"
    else:
        problem = "the config has no argmax_matcher, and thus no matched_threshold"
    return _DEFAULT_THRESHOLD, True, [f"{problem}; boxes count as caught from IoU 0.5"]


def _decode(encoded: bytes | None, source: str) -> np.ndarray:
    """uint8 [H, W, 3], as the API decodes it; a plain canvas for None."""
    import tensorflow as tf

    if encoded is None:
        return np.full((*_PLAIN_HW, 3), _PLAIN_GRAY, np.uint8)
    try:
        decoded: np.ndarray = tf.io.decode_image(encoded, 3, expand_animations=False).numpy()
    except tf.errors.OpError as error:
        raise OdapiError(f"The image of {source} cannot be decoded: {error.message}") from error
    return decoded


def _warn_of_boxes(boxes: RecordBoxes, geometry: AnchorGeometry, warnings: list[str]) -> None:
    if boxes.num_left_out:
        warnings.append(
            f"{count_of(boxes.num_left_out, 'box has', 'boxes have')} no area, and no part in this"
        )
    is_outside = (boxes.boxes_yxyx < -1e-6) | (boxes.boxes_yxyx > 1 + 1e-6)
    num_outside = int(is_outside.any(axis=1).sum())
    if num_outside:
        warnings.append(
            f"{count_of(num_outside, 'box reaches', 'boxes reach')} over its image's edge; "
            "`odapi-ssd check` names some"
        )
    if not len(boxes.boxes_yxyx):
        warnings.append("no record has an object")
    if geometry.input_varies:
        warnings.append(
            "the input's size varies from image to image: anchors are shown in pixels for the "
            "image drawn, and boxes are counted each in the input of its own image"
        )


def _draw_counts(
    folder: Path, spec: AnchorSpec, report: AnchorReport, covered: CoveredBoxes
) -> None:
    boxes = covered.boxes_yxyx_px
    sizes_hw = boxes[:, 2:] - boxes[:, :2]
    draw_box_sizes(folder / _SIZES, sizes_hw, covered.is_caught, spec, report.threshold)
    draw_catches(
        folder / _CATCHES,
        spec,
        [row.num_caught or 0 for row in report.shapes],
        [row.num_best or 0 for row in report.shapes],
        len(boxes),
    )


def _to_json(report: AnchorReport, covered: CoveredBoxes | None) -> str:
    content: dict[str, Any] = {
        "input_hw": report.input_hw,
        "num_anchors": report.num_anchors,
        "matched_threshold": report.threshold,
        "force_match_for_each_row": report.is_forced,
        "warnings": report.warnings,
        "shapes": [asdict(row) for row in report.shapes],
    }
    if report.counts is not None and covered is not None:
        content |= {
            "split": report.counts.split,
            "num_images": report.counts.num_images,
            "by_size": [asdict(row) for row in report.counts.by_size],
            "not_caught": _list_not_caught(covered, report.shapes),
        }
    return json.dumps(_rounded(content), indent=2, ensure_ascii=False) + "\n"


def _list_not_caught(covered: CoveredBoxes, shapes: tuple[ShapeRow, ...]) -> list[dict[str, Any]]:
    """The boxes that no anchor catches, in the order of the records."""
    entries = []
    boxes, coverage = covered.boxes, covered.coverage
    for box_idx in np.flatnonzero(~covered.is_caught):
        image_idx = boxes.image_idx[box_idx]
        height, width = boxes.image_hws[image_idx]
        box_px = boxes.boxes_yxyx[box_idx] * [height, width, height, width]
        in_input = covered.boxes_yxyx_px[box_idx]
        nearest = shapes[coverage.best_shape_idx[box_idx]]
        entry = {
            "image": boxes.image_names[image_idx],
            "class_name": boxes.class_names[box_idx],
            "box_yxyx_px": tuple(box_px),
            "size_hw_input_px": tuple(in_input[2:] - in_input[:2]),
            "best_iou": float(coverage.best_iou[box_idx]),
            "best_iou_if_centerd": float(coverage.centerd_iou[box_idx]),
            "nearest_shape": {"layer_idx": nearest.layer_idx, "size_hw_px": nearest.size_hw_px},
        }
        entries.append(entry)
    return entries


def _rounded(value: Any) -> Any:
    """A value for JSON: numbers with four decimals at most, None for those that are not finite."""
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    if isinstance(value, float):
        return round(float(value), 4) if math.isfinite(value) else None
    return value
