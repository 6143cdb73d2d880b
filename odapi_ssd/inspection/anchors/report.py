"""Report on a config's anchors: plots, recall on the boxes of records, JSON.

A box is matched if its IoU with an anchor reaches the matcher's threshold; an unmatched box is
learned only if the matcher forces its best anchor on it. Boxes are as the records hold them and the
resizer scales them, before augmentation.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import odapi_ssd
from odapi_ssd.check.numbers import require_valid_numbers
from odapi_ssd.data.images import read_image
from odapi_ssd.errors import OdapiError
from odapi_ssd.inspection.anchors.geometry import AnchorGeometry
from odapi_ssd.inspection.anchors.plots import plot_anchors, plot_box_sizes, plot_shape_matches
from odapi_ssd.inspection.anchors.recall import (
    BoxMatches,
    ShapeRow,
    SplitRecall,
    match_boxes,
    recall_of,
    shape_rows,
)
from odapi_ssd.inspection.anchors.record_boxes import RecordBoxes, find_record_files, read_boxes
from odapi_ssd.inspection.json_text import json_text
from odapi_ssd.messages import count_of
from odapi_ssd.outputs.folder import OutputTarget
from odapi_ssd.progress import SILENT, Progress
from odapi_ssd.ssd.anchors import AnchorSpec

__all__ = ["AnchorReport", "read_matcher", "report_anchors"]

_JSON = "anchors.json"
_ANCHORS, _SIZES, _MATCHES = "anchors.png", "box_sizes.png", "anchor_matches.png"
_FILES = (_JSON, _ANCHORS, _SIZES, _MATCHES)
_CANVAS_HW = (480, 640)  # drawn on where there is no image
_CANVAS_GRAY = 200
_DEFAULT_THRESHOLD = 0.5
_NUM_DECIMALS = 4


@dataclass(frozen=True)
class AnchorReport:
    """Findings of `report_anchors`, and the files that it wrote.

    Attributes:
        input_hw: the network's input for the image drawn; shapes are in pixels of it.
        num_anchors: for this input.
        threshold: the IoU from which an anchor matches a box.
        is_forced: whether the matcher gives a box its best anchor even below the threshold.
        shapes: every anchor shape, layer by layer.
        recall: on the records; None without records.
        warnings: what to know when reading the figures.
        files: plots and JSON.
    """

    input_hw: tuple[int, int]
    num_anchors: int
    threshold: float
    is_forced: bool
    shapes: tuple[ShapeRow, ...]
    recall: SplitRecall | None
    warnings: tuple[str, ...]
    files: tuple[Path, ...]


def report_anchors(
    config: Any,
    output_dir: Path,
    *,
    image_path: Path | None = None,
    split: str | None = None,
    overwrite: bool = False,
    progress: Progress = SILENT,
) -> AnchorReport:
    """Draws a config's anchors and counts the boxes that they match; writes all files or none.

    Args:
        config: a `pipeline_pb2.TrainEvalPipelineConfig` with an SSD.
        output_dir: gets `anchors.png` and `anchors.json`, and, if there are records,
            `box_sizes.png` and `anchor_matches.png`; made if it is missing.
        image_path: the image to draw on; None for the records' first image, or a plain canvas.
        split: "train" or "val", whose records must exist; None for the training records, if they
            exist.
        overwrite: replace files of these names also if no earlier report wrote them.
        progress: advances by each image of the records.
    Raises:
        OdapiError: the config's model is not an SSD or has a number out of range, its anchors
            cannot be generated, the image or the records cannot be read, or files are in the way.
    """
    target = OutputTarget("output_dir", Path(output_dir), "anchors", overwrite)
    target.require_replaceable(_FILES)
    encoded = read_image(image_path).encoded if image_path is not None else None
    odapi_ssd.register()
    require_valid_numbers(config.model, "model")
    geometry = AnchorGeometry(config)
    threshold, is_forced, warnings = read_matcher(config.model.ssd.matcher)
    _check_geometry(geometry, warnings)
    files = find_record_files(config, split, warnings)
    boxes = read_boxes(files, progress) if files else None
    if encoded is None and boxes is not None:
        encoded = boxes.first_encoded
    pixels, placement = geometry.resize(_decode(encoded, str(image_path or "the first record")))
    spec = geometry.spec_px(placement.input_hw)
    matches = None
    if boxes is not None:
        _warn_of_boxes(boxes, geometry, warnings)
        matches = match_boxes(geometry, boxes, split or "train", threshold)
    report = AnchorReport(
        input_hw=placement.input_hw,
        num_anchors=spec.num_anchors,
        threshold=threshold,
        is_forced=is_forced,
        shapes=shape_rows(spec, matches),
        recall=recall_of(matches) if matches is not None else None,
        warnings=tuple(warnings),
        files=(),
    )
    with target.opened(progress.warning) as outputs:
        plot_anchors(outputs.staging / _ANCHORS, pixels, placement, spec)
        if matches is not None:
            _plot_matches(outputs.staging, spec, report, matches)
        (outputs.staging / _JSON).write_text(_to_json(report, matches), encoding="utf-8")
        names = sorted(path.name for path in outputs.staging.iterdir())
        outputs.publish(stale_names=set(_FILES) - set(names))
    return replace(report, files=tuple(output_dir / name for name in names))


def _check_geometry(geometry: AnchorGeometry, warnings: list[str]) -> None:
    """Refuses anchors that do not fit the model, before all records are read."""
    if geometry.are_anchors_in_pixels:
        warnings.append(
            "the anchor generator gives pixels (normalize_coordinates: false), but SSD matches "
            "normalized boxes: in training hardly any would match. Shown as if normalized"
        )
    if not geometry.input_varies:
        geometry.spec_px(geometry.place(_CANVAS_HW).input_hw)


def read_matcher(matcher: Any) -> tuple[float, bool, list[str]]:
    """The IoU threshold, whether best anchors are forced on boxes, and warnings."""
    if matcher.HasField("argmax_matcher"):
        argmax = matcher.argmax_matcher
        if not argmax.ignore_thresholds:
            return argmax.matched_threshold, argmax.force_match_for_each_row, []
        problem = "the argmax_matcher ignores its thresholds"
    else:
        problem = "the config has no argmax_matcher, and thus no matched_threshold"
    return _DEFAULT_THRESHOLD, True, [f"{problem}; boxes count as matched from IoU 0.5"]


def _decode(encoded: bytes | None, source: str) -> np.ndarray:
    """uint8 [H, W, 3], as the API decodes it; a plain canvas for None."""
    import tensorflow as tf

    if encoded is None:
        return np.full((*_CANVAS_HW, 3), _CANVAS_GRAY, np.uint8)
    try:
        decoded: np.ndarray = tf.io.decode_image(encoded, 3, expand_animations=False).numpy()
    except tf.errors.OpError as error:
        raise OdapiError(f"The image of {source} cannot be decoded: {error.message}") from error
    return decoded


def _warn_of_boxes(boxes: RecordBoxes, geometry: AnchorGeometry, warnings: list[str]) -> None:
    if boxes.num_left_out:
        warnings.append(
            f"{count_of(boxes.num_left_out, 'box has', 'boxes have')} zero area and "
            "cannot be matched"
        )
    is_outside = (boxes.boxes_yxyx < -1e-6) | (boxes.boxes_yxyx > 1 + 1e-6)
    num_outside = int(is_outside.any(axis=1).sum())
    if num_outside:
        warnings.append(
            f"{count_of(num_outside, 'box reaches', 'boxes reach')} beyond the image; "
            "`odapi-ssd check` names some"
        )
    if not len(boxes.boxes_yxyx):
        warnings.append("no record has an object")
    if geometry.input_varies:
        warnings.append(
            "the input's size varies from image to image: anchors are shown in pixels for the "
            "image drawn, and each box is matched in the input of its own image"
        )


def _plot_matches(
    folder: Path, spec: AnchorSpec, report: AnchorReport, matches: BoxMatches
) -> None:
    boxes = matches.boxes_yxyx_px
    sizes_hw = boxes[:, 2:] - boxes[:, :2]
    plot_box_sizes(folder / _SIZES, sizes_hw, matches.is_matched, spec, report.threshold)
    plot_shape_matches(
        folder / _MATCHES,
        spec,
        [row.num_matched or 0 for row in report.shapes],
        [row.num_best or 0 for row in report.shapes],
        len(boxes),
    )


def _to_json(report: AnchorReport, matches: BoxMatches | None) -> str:
    content: dict[str, Any] = {
        "input_hw": report.input_hw,
        "num_anchors": report.num_anchors,
        "matched_threshold": report.threshold,
        "force_match_for_each_row": report.is_forced,
        "warnings": report.warnings,
        "shapes": [asdict(row) for row in report.shapes],
    }
    if report.recall is not None and matches is not None:
        content |= {
            "split": report.recall.split,
            "num_images": report.recall.num_images,
            "by_size": [asdict(row) for row in report.recall.by_size],
            "unmatched": _list_unmatched(matches, report.shapes),
        }
    return json_text(content, _NUM_DECIMALS)


def _list_unmatched(matches: BoxMatches, shapes: tuple[ShapeRow, ...]) -> list[dict[str, Any]]:
    """The boxes that no anchor matches, in the order of the records."""
    entries = []
    boxes, overlaps = matches.boxes, matches.overlaps
    for box_idx in np.flatnonzero(~matches.is_matched):
        image_idx = boxes.image_idx[box_idx]
        height, width = boxes.image_hws[image_idx]
        box_px = boxes.boxes_yxyx[box_idx] * [height, width, height, width]
        in_input = matches.boxes_yxyx_px[box_idx]
        nearest = shapes[overlaps.best_shape_idx[box_idx]]
        entry = {
            "image": boxes.image_names[image_idx],
            "class_name": boxes.class_names[box_idx],
            "box_yxyx_px": tuple(box_px),
            "size_hw_input_px": tuple(in_input[2:] - in_input[:2]),
            "best_iou": float(overlaps.best_iou[box_idx]),
            "best_iou_at_best_position": float(overlaps.best_position_iou[box_idx]),
            "nearest_shape": {"layer_idx": nearest.layer_idx, "size_hw_px": nearest.size_hw_px},
        }
        entries.append(entry)
    return entries
