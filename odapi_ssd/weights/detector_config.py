"""The pipeline config of an imported detector: made from a template, or a user's, checked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from odapi_ssd.config.files import load_config
from odapi_ssd.config.templates import find_template
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of
from odapi_ssd.plugin.anchor_config import proto_to_spec
from odapi_ssd.plugin.anchor_config_writer import spec_to_proto
from odapi_ssd.ssd.anchors import AnchorSpec
from odapi_ssd.weights import ssd300
from odapi_ssd.weights.detector_source import DetectorSource

__all__ = ["DetectorConfig", "cell_order", "config_of_template", "fitting_config"]

_INPUT_HW = (ssd300.INPUT_SIDE, ssd300.INPUT_SIDE)
# Anchors closer than this, in pixels, are the same: templates write sizes with six digits.
_SAME_PX = 0.01


@dataclass(frozen=True)
class DetectorConfig:
    """A config whose model takes a source's weights.

    Attributes:
        config: the pipeline config.
        cell_orders: for each feature map, the source's index of each box of the config's cells.
        notes: what the user should know, a sentence each.
    """

    config: Any
    cell_orders: Sequence[Sequence[int]]
    notes: tuple[str, ...] = ()


def config_of_template(source: DetectorSource, num_classes: int) -> DetectorConfig:
    """The source's template with the weights' number of classes and the source's own anchors."""
    config = load_config(find_template(source.template))
    ssd = config.model.ssd
    notes = []
    if num_classes != ssd.num_classes:
        notes.append(
            f"The template {source.template} is for {ssd.num_classes} classes, the weights for "
            f"{num_classes}: give the config their data and label map, with `odapi-ssd configure`."
        )
    ssd.num_classes = num_classes
    ssd.anchor_generator.CopyFrom(spec_to_proto(source.anchors, _INPUT_HW))
    orders = [range(len(layer.box_sizes_hw)) for layer in source.anchors.layers]
    return DetectorConfig(config, orders, tuple(notes))


def fitting_config(
    config: Any, source: DetectorSource, num_classes: int, origin: str
) -> DetectorConfig:
    """A user's config, checked to have the model that the weights are for.

    Args:
        config: a pipeline config; not changed.
        source: the program that the weights come from.
        num_classes: of the weights, without background.
        origin: the config's path, for messages.
    Raises:
        OdapiError: it is another model; all differences are named.
    """
    ssd = config.model.ssd
    is_ssd = config.model.WhichOneof("model") == "ssd"
    fields = _model_fields(ssd) if is_ssd else {"": "absent"}
    expected = {**_EXPECTED, "num_classes": num_classes}
    differences = [
        f"model.ssd{path and '.'}{path} is {value}, not {expected.get(path, 'present')}"
        for path, value in fields.items()
        if value != expected.get(path)
    ]
    if differences:
        raise OdapiError(
            f"{origin}: the weights of {source.title} do not fit its model:",
            details=differences,
            hint=f"leave --pipeline_config_path out: {source.template} is made to fit.",
        )
    spec = _anchors(ssd.anchor_generator, source, origin)
    orders = [
        cell_order(theirs.box_sizes_hw, ours.box_sizes_hw)
        for theirs, ours in zip(source.anchors.layers, spec.layers, strict=True)
    ]
    return DetectorConfig(config, orders, tuple(_notes(ssd, source, spec, orders)))


def cell_order(
    source_sizes_hw: Sequence[tuple[float, float]], target_sizes_hw: Sequence[tuple[float, float]]
) -> list[int]:
    """The permutation that brings the source's boxes of a cell into the target's order.

    Boxes correspond by the rank of their aspect ratio and, within a ratio, of their area: the sizes
    themselves may differ.

    Args:
        source_sizes_hw: heights and widths of the source's boxes.
        target_sizes_hw: as many of the target's.
    Returns:
        For each box of the target, the index of the source's.
    """
    ranked = [
        sorted(range(len(sizes_hw)), key=lambda idx: _ratio_and_area(*sizes_hw[idx]))
        for sizes_hw in (source_sizes_hw, target_sizes_hw)
    ]
    source_idx = dict(zip(ranked[1], ranked[0], strict=True))
    return [source_idx[idx] for idx in range(len(target_sizes_hw))]


def _ratio_and_area(height: float, width: float) -> tuple[float, float]:
    return round(math.log(width / height), 2), height * width


def _model_fields(ssd: Any) -> dict[str, object]:
    """The fields that decide on the variables and on the computation, anchors aside."""
    extractor, resizer = ssd.feature_extractor, ssd.image_resizer.fixed_shape_resizer
    hyperparams = extractor.conv_hyperparams
    predictor = ssd.box_predictor.convolutional_box_predictor
    coder = ssd.box_coder.faster_rcnn_box_coder
    num_layers_before = predictor.num_layers_before_predictor
    if predictor.min_depth == predictor.max_depth == 0:  # the API adds no layers without channels
        num_layers_before = 0
    return {
        "num_classes": ssd.num_classes,
        "add_background_class": ssd.add_background_class,
        "image_resizer.fixed_shape_resizer": f"{resizer.height}x{resizer.width}",
        "feature_extractor.type": extractor.type,
        "feature_extractor.num_layers": extractor.num_layers,
        "feature_extractor.use_depthwise": extractor.use_depthwise,
        "feature_extractor.conv_hyperparams.activation": type(hyperparams).Activation.Name(
            hyperparams.activation
        ),
        "feature_extractor.conv_hyperparams.batch_norm": (
            "present" if hyperparams.HasField("batch_norm") else "absent"
        ),
        "box_predictor": ssd.box_predictor.WhichOneof("box_predictor_oneof"),
        f"{_PREDICTOR}.kernel_size": predictor.kernel_size,
        f"{_PREDICTOR}.use_depthwise": predictor.use_depthwise,
        f"{_PREDICTOR}.num_layers_before_predictor": num_layers_before,
        "box_coder.faster_rcnn_box_coder": (
            f"{coder.y_scale:g}, {coder.x_scale:g}, {coder.height_scale:g}, {coder.width_scale:g}"
        ),
    }


_PREDICTOR = "box_predictor.convolutional_box_predictor"
_EXPECTED: dict[str, object] = {
    "add_background_class": True,
    "image_resizer.fixed_shape_resizer": "300x300",
    "feature_extractor.type": "ssd300_vgg16_keras",
    "feature_extractor.num_layers": 6,
    "feature_extractor.use_depthwise": False,
    "feature_extractor.conv_hyperparams.activation": "RELU",
    "feature_extractor.conv_hyperparams.batch_norm": "absent",
    "box_predictor": "convolutional_box_predictor",
    f"{_PREDICTOR}.kernel_size": 3,
    f"{_PREDICTOR}.use_depthwise": False,
    f"{_PREDICTOR}.num_layers_before_predictor": 0,
    # Variances of 0.1, 0.1, 0.2, 0.2 in the sources.
    "box_coder.faster_rcnn_box_coder": "10, 10, 5, 5",
}


def _anchors(anchor_generator: Any, source: DetectorSource, origin: str) -> AnchorSpec:
    """A config's anchors, checked to be as many in each cell as the weights predict for."""
    grids_hw = [layer.grid_hw for layer in source.anchors.layers]
    try:
        spec = proto_to_spec(anchor_generator, grids_hw, _INPUT_HW).normalized(_INPUT_HW)
    except ValueError as error:
        raise OdapiError(f"{origin}: model.ssd.anchor_generator: {error}.") from None
    per_cell = tuple(len(layer.box_sizes_hw) for layer in spec.layers)
    if per_cell != ssd300.BOXES_PER_CELL:
        raise OdapiError(
            f"{origin}: model.ssd.anchor_generator makes {per_cell} boxes per cell of its feature "
            f"maps, not {ssd300.BOXES_PER_CELL}.",
            hint=f"take the anchors of {source.template}.",
        )
    return spec


def _notes(
    ssd: Any, source: DetectorSource, spec: AnchorSpec, orders: Sequence[Sequence[int]]
) -> list[str]:
    notes = []
    layers = [
        replace(layer, box_sizes_hw=tuple(layer.box_sizes_hw[idx] for idx in order))
        for layer, order in zip(source.anchors.layers, orders, strict=True)
    ]
    trained_yxyx = replace(source.anchors, layers=tuple(layers)).boxes_yxyx()
    distances_px = np.abs(spec.boxes_yxyx() - trained_yxyx).max(axis=1) * ssd300.INPUT_SIDE
    num_different = int((distances_px > _SAME_PX).sum())
    if num_different:
        notes.append(
            f"{count_of(num_different, 'anchor')} of {len(distances_px):,} in the config differ "
            f"from those of {source.title}, by up to {distances_px.max():.1f} pixels, and so will "
            "the boxes that are predicted from them."
        )
    converter = type(ssd.post_processing).ScoreConverter.Name(ssd.post_processing.score_converter)
    if converter != "SOFTMAX":
        notes.append(
            f"The config's score_converter is {converter}; the weights were trained for SOFTMAX."
        )
    return notes
