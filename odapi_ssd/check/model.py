"""Checks the model of a config: extractor type, the parts around it, anchors for the input size.

Every part but the network itself is built through the API's own builders, which takes milliseconds;
what they refuse is reported with the field's path.
"""

from collections.abc import Callable
from typing import Any

from odapi_ssd.check.extractor import check_extractor
from odapi_ssd.check.findings import Findings
from odapi_ssd.config.field_names import suggest
from odapi_ssd.messages import one_line
from odapi_ssd.plugin.feature_maps import feature_grids, input_size, min_input_side

__all__ = ["check_model", "feature_extractor_types", "model_settings", "num_classes_of"]

# From here on mining drops next to nothing more than with 1; the API's samples have 0.99.
_NEARLY_NO_SUPPRESSION = 0.9


def model_settings(config: Any) -> tuple[str, Any] | None:
    """The meta-architecture's field name and message; None if the config has no model."""
    kind = config.model.WhichOneof("model")
    return (kind, getattr(config.model, kind)) if kind else None


def num_classes_of(config: Any) -> int | None:
    """The model's number of classes; None if the config has no model or it has no such field."""
    settings = model_settings(config)
    return getattr(settings[1], "num_classes", None) if settings else None


def feature_extractor_types(kind: str) -> list[str]:
    """The types that the API knows for `ssd`, `faster_rcnn` or `center_net`, plugin included."""
    from object_detection.builders import model_builder

    return sorted(
        {
            "ssd": model_builder.SSD_KERAS_FEATURE_EXTRACTOR_CLASS_MAP,
            "faster_rcnn": model_builder.FASTER_RCNN_KERAS_FEATURE_EXTRACTOR_CLASS_MAP,
            "center_net": model_builder.CENTER_NET_EXTRACTOR_FUNCTION_MAP,
        }.get(kind, {})
    )


def check_model(config: Any, findings: Findings) -> None:
    """Checks `config.model`; `odapi_ssd.register()` must have been called."""
    settings = model_settings(config)
    if settings is None:
        findings.problem("model", "is not set", "start from a template, see `odapi-ssd configure`")
        return
    kind, model = settings
    path = f"model.{kind}"
    if kind == "experimental_model":
        findings.fact("model", f"experimental ({model.name}), not checked")
        return
    if model.num_classes < 1:
        findings.problem(
            f"{path}.num_classes", f"is {model.num_classes}", "set it to the label map's highest id"
        )
    is_known = _check_type(kind, model, path, findings)
    _try_builder("image_resizer", model, path, findings)
    size = input_size(model.image_resizer)
    findings.fact("input size", f"{size[0]}x{size[1]}" if size else "varies")
    findings.fact("classes", model.num_classes)
    if kind == "ssd":
        extractor = model.feature_extractor
        can_be_built = is_known and check_extractor(
            extractor, f"{path}.feature_extractor", findings
        )
        _check_ssd(model, path, size if can_be_built else None, findings)


def _check_type(kind: str, model: Any, path: str, findings: Findings) -> bool:
    name = model.feature_extractor.type
    findings.fact("model", f"{kind}, {name or 'no feature extractor'}")
    known = feature_extractor_types(kind)
    if name in known:
        return True
    near = suggest(name, known)
    findings.problem(
        f"{path}.feature_extractor.type",
        f"is {name!r}, which is no feature extractor for {kind} in TensorFlow 2",
        near if near.startswith("valid:") else f"{near}; valid: {', '.join(known)}",
    )
    return False


def _check_ssd(model: Any, path: str, size: tuple[int, int] | None, findings: Findings) -> None:
    for part in ("box_coder", "matcher", "similarity_calculator", "post_processing", "loss"):
        _try_builder(part, model, path, findings)
    if model.box_predictor.WhichOneof("box_predictor_oneof") is None:
        findings.problem(f"{path}.box_predictor", "is not set", "see the templates in pipelines/")
    _check_score_converter(model, path, findings)
    _check_mining(model, path, findings)
    _check_background(model, path, findings)
    _check_anchors(model, path, size, findings)


def _check_score_converter(model: Any, path: str, findings: Findings) -> None:
    loss = model.loss.classification_loss.WhichOneof("classification_loss") or ""
    expected = {"softmax": "SOFTMAX", "sigmoid": "SIGMOID"}
    wanted = next((value for key, value in expected.items() if key in loss), None)
    field = model.post_processing.DESCRIPTOR.fields_by_name["score_converter"]
    converter = field.enum_type.values_by_number[model.post_processing.score_converter].name
    if wanted is not None and converter != wanted:
        findings.warning(
            f"{path}.post_processing.score_converter",
            f"is {converter}, but the model is trained with {loss}: scores would be no "
            "probabilities",
            f"set it to {wanted}",
        )


def _check_background(model: Any, path: str, findings: Findings) -> None:
    loss = model.loss.classification_loss.WhichOneof("classification_loss") or ""
    if "softmax" in loss and model.encode_background_as_zeros:
        findings.warning(
            f"{path}.encode_background_as_zeros",
            f"is true, but with {loss} the background is a class: anchors without an object would "
            "have no loss",
            "set it to false",
        )


def _check_mining(model: Any, path: str, findings: Findings) -> None:
    if not model.loss.HasField("hard_example_miner"):
        return
    iou_threshold = model.loss.hard_example_miner.iou_threshold
    if _NEARLY_NO_SUPPRESSION <= iou_threshold < 1:
        findings.warning(
            f"{path}.loss.hard_example_miner.iou_threshold",
            f"is {iou_threshold:g}: mining suppresses predictions that are all but the same, for "
            "which it compares all of an image with each other; the paper's mining suppresses "
            "none, and takes a small part of the time",
            "set it to 1.0",
        )


def _check_anchors(model: Any, path: str, size: tuple[int, int] | None, findings: Findings) -> None:
    generator = _try_builder("anchor_generator", model, path, findings)
    if generator is None:
        return
    per_cell = list(generator.num_anchors_per_location())
    predictor = model.box_predictor.WhichOneof("box_predictor_oneof") or ""
    if predictor.startswith("weight_shared") and len(set(per_cell)) > 1:
        findings.problem(
            f"{path}.anchor_generator",
            f"gives {per_cell} anchors per cell, but a predictor with shared weights needs the "
            "same number on every feature map",
            "use a multiscale_anchor_generator, or reduce_boxes_in_lowest_layer: false",
        )
    if size is None:
        return
    grids = _grids_or_problem(model, path, size, findings)
    if grids is None:
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
    _check_overlap(model, path, size, grids, findings)


def _check_overlap(
    model: Any,
    path: str,
    size: tuple[int, int],
    grids: list[tuple[int, int]],
    findings: Findings,
) -> None:
    """Strides in pixels are for one size of the input; with another, anchors leave the image.

    That a center lies outside is nothing: the paper's own are, in the last row of 10.
    """
    from odapi_ssd.plugin.anchor_config import proto_to_spec

    try:
        spec = proto_to_spec(model.anchor_generator, grids, size)
    except ValueError as error:
        findings.problem(f"{path}.anchor_generator", f"does not fit: {error}", "")
        return
    boxes_yxyx = spec.normalized(size).boxes_yxyx()
    is_outside = (boxes_yxyx[:, :2] >= 1).any(axis=1) | (boxes_yxyx[:, 2:] <= 0).any(axis=1)
    num_outside = int(is_outside.sum())
    if num_outside:
        height, width = size
        findings.warning(
            f"{path}.anchor_generator",
            f"puts {num_outside:,} of {len(boxes_yxyx):,} anchors beyond the image: its strides "
            f"are not for an input of {height}x{width}",
            "take a template for this size, or scale strides, offsets and sizes with it",
        )


def _grids_or_problem(
    model: Any, path: str, size: tuple[int, int], findings: Findings
) -> list[tuple[int, int]] | None:
    least = min_input_side(model.feature_extractor)
    if min(size) < least:
        findings.problem(
            f"{path}.image_resizer",
            f"makes images of {size[0]}x{size[1]}; {model.feature_extractor.type} takes no side "
            f"under {least} pixels",
            "make them larger",
        )
        return None
    try:
        return feature_grids(model.feature_extractor, size)
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
    from odapi_ssd.plugin.feature_maps import pyramid_levels

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


def _try_builder(part: str, model: Any, path: str, findings: Findings) -> Any:
    """Builds one part as the API would; None if it refuses, which is reported."""
    try:
        return _builder(part)(getattr(model, part))
    except Exception as error:  # whatever the API raises for a part that it cannot build
        findings.problem(
            f"{path}.{part}",
            f"cannot be built: {one_line(error)}",
            "compare with the templates in pipelines/",
        )
        return None


def _builder(part: str) -> Callable[[Any], Any]:
    from object_detection.builders import (
        anchor_generator_builder,
        box_coder_builder,
        image_resizer_builder,
        losses_builder,
        matcher_builder,
        post_processing_builder,
        region_similarity_calculator_builder,
    )

    builders: dict[str, Callable[[Any], Any]] = {
        "anchor_generator": anchor_generator_builder.build,
        "box_coder": box_coder_builder.build,
        "image_resizer": image_resizer_builder.build,
        "loss": losses_builder.build,
        "matcher": matcher_builder.build,
        "post_processing": post_processing_builder.build,
        "similarity_calculator": region_similarity_calculator_builder.build,
    }
    return builders[part]
