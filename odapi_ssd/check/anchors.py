"""Checks an SSD's anchor generator against the feature maps and the input size."""

from typing import Any

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.model_parts import build_part
from odapi_ssd.plugin.anchor_config import proto_to_spec
from odapi_ssd.plugin.feature_maps import feature_grids, pyramid_levels

__all__ = ["check_anchors"]

# More than ten times those of the largest EfficientDet, of 1,536 pixels.
_MAX_ANCHORS = 5_000_000


def check_anchors(
    model: Any, path: str, input_hw: tuple[int, int] | None, findings: Findings
) -> None:
    """Checks the anchor generator of an `ssd_pb2.Ssd`.

    Args:
        model: the message; not changed.
        path: its path in the config, for messages.
        input_hw: height and width of the network's input; None if they vary, or if the feature
            extractor cannot be built, so that its feature maps are unknown.
        findings: collects problems, warnings and facts.
    """
    generator = build_part("anchor_generator", model, path, findings)
    if generator is None:
        return
    per_cell = list(generator.num_anchors_per_location())
    _check_shared_weights(model, path, per_cell, findings)
    grids = _grids_or_problem(model, path, input_hw, findings) if input_hw is not None else None
    if input_hw is None or grids is None:
        return
    if len(grids) != len(per_cell):
        findings.problem(
            f"{path}.anchor_generator",
            f"makes anchors for {len(per_cell)} feature maps, but the feature extractor gives "
            f"{len(grids)}",
            _remedy_for_count(model, len(grids)),
        )
        return
    _check_levels(model, path, findings)
    total = sum(h * w * count for (h, w), count in zip(grids, per_cell, strict=True))
    shown = ", ".join(f"{h}x{w}" for h, w in grids)
    findings.fact("anchors", f"{total:,} on feature maps of {shown}")
    if total > _MAX_ANCHORS:
        findings.problem(
            f"{path}.anchor_generator",
            f"makes {total:,} anchors, more than {_MAX_ANCHORS:,}: no machine holds what a model "
            "predicts for them",
            "give it fewer scales and aspect ratios, or make the image_resizer's size smaller",
        )
        return
    _check_places(model, path, input_hw, grids, findings)


def _check_shared_weights(model: Any, path: str, per_cell: list[int], findings: Findings) -> None:
    predictor = model.box_predictor.WhichOneof("box_predictor_oneof") or ""
    if predictor.startswith("weight_shared") and len(set(per_cell)) > 1:
        findings.problem(
            f"{path}.anchor_generator",
            f"gives {per_cell} anchors per cell, but a predictor with shared weights needs the "
            "same number on every feature map",
            "use a multiscale_anchor_generator, or reduce_boxes_in_lowest_layer: false",
        )


def _check_places(
    model: Any,
    path: str,
    input_hw: tuple[int, int],
    grids: list[tuple[int, int]],
    findings: Findings,
) -> None:
    """Warns of anchors outside the image: strides in pixels are for one input size only.

    A center outside is normal: of SSD300's 10x10 map, those of the last row and column are.
    """
    try:
        spec = proto_to_spec(model.anchor_generator, grids, input_hw)
    except ValueError as error:
        findings.problem(f"{path}.anchor_generator", f"does not fit: {error}")
        return
    boxes_yxyx = spec.normalized(input_hw).boxes_yxyx()
    is_outside = (boxes_yxyx[:, :2] >= 1).any(axis=1) | (boxes_yxyx[:, 2:] <= 0).any(axis=1)
    num_outside = int(is_outside.sum())
    if num_outside:
        height, width = input_hw
        findings.warning(
            f"{path}.anchor_generator",
            f"puts {num_outside:,} of {len(boxes_yxyx):,} anchors beyond the image: its strides "
            f"are not for an input of {height}x{width}",
            "take a template for this size, or scale strides, offsets and sizes with it",
        )


def _grids_or_problem(
    model: Any, path: str, input_hw: tuple[int, int], findings: Findings
) -> list[tuple[int, int]] | None:
    try:
        return feature_grids(model.feature_extractor, input_hw)
    except ValueError as error:
        findings.problem(f"{path}.image_resizer", f"does not fit: {error}", "change the size")
        return None


def _remedy_for_count(model: Any, num_maps: int) -> str:
    if model.anchor_generator.HasField("ssd_anchor_generator"):
        return f"set ssd_anchor_generator.num_layers (and its lists) to {num_maps}"
    if model.anchor_generator.HasField("flexible_grid_anchor_generator"):
        return f"give it one anchor_grid for each, {num_maps} in all"
    return "give it the min_level and max_level of the feature extractor's pyramid"


def _check_levels(model: Any, path: str, findings: Findings) -> None:
    levels = pyramid_levels(model.feature_extractor)
    anchors = model.anchor_generator
    if levels is None or not anchors.HasField("multiscale_anchor_generator"):
        return
    multiscale = anchors.multiscale_anchor_generator
    if (multiscale.min_level, multiscale.max_level) != levels:
        findings.problem(
            f"{path}.anchor_generator.multiscale_anchor_generator",
            f"has levels {multiscale.min_level} to {multiscale.max_level}, the feature pyramid "
            f"{levels[0]} to {levels[1]}",
            "make them the same",
        )
