"""Imports a whole detector: another program's SSD300 on VGG-16 into the API's model.

`odapi_ssd.register()` must have been called.
"""

from typing import Any

from odapi_ssd.config.files import load_config
from odapi_ssd.plugin.building import build_model
from odapi_ssd.progress import Progress
from odapi_ssd.weights import ssd300
from odapi_ssd.weights.detector_config import DetectorConfig, config_of_template, fitting_config
from odapi_ssd.weights.detector_source import DetectorSource, detector_rules, num_classes
from odapi_ssd.weights.mapping import map_weights
from odapi_ssd.weights.models import (
    FilledModel,
    Variables,
    assign,
    flat,
    input_adjustment,
    layer_variables,
)
from odapi_ssd.weights.sources import find_detector, require_detector_file

__all__ = ["import_detector"]


def import_detector(
    source_name: str, weights: str, config_path: str | None, progress: Progress
) -> FilledModel:
    """Fills an SSD300 with the weights of another program's.

    Args:
        source_name: the program, a key of `sources.DETECTORS`.
        weights: the weight file.
        config_path: the pipeline config whose model it is for; None for the source's template.
        progress: gets the phases.
    Raises:
        OdapiError: there is no such source, or weights or config cannot be read or do not fit.
    """
    import tensorflow as tf

    source = find_detector(source_name)
    progress.phase(f"Reading {weights}")
    stored = source.read(weights)
    require_detector_file(source, stored, weights)
    classes = num_classes(source, stored, weights)
    fitting = _fitting_config(source, classes, config_path)
    rules = detector_rules(source, stored, classes, fitting.cell_orders)
    mapped = map_weights(rules, stored, weights, source.title)
    progress.phase("Building the detector")
    model = _build(fitting.config, config_path or source.template)
    adjustment = input_adjustment(source.channel_means, source.channel_factors)
    assign(_variables(model), {**mapped.values, **adjustment})
    # `odapi-ssd evaluate` reports a checkpoint's step.
    step = tf.Variable(0, dtype=tf.int64)
    return FilledModel({"model": model, "step": step}, mapped, fitting.config, fitting.notes)


def _fitting_config(
    source: DetectorSource, classes: int, config_path: str | None
) -> DetectorConfig:
    if config_path is None:
        return config_of_template(source, classes)
    return fitting_config(load_config(config_path), source, classes, config_path)


def _build(config: Any, config_name: str) -> Any:
    """The model of a config, called once, which makes its variables."""
    import tensorflow as tf

    model = build_model(config.model, source=config_name)
    side = ssd300.INPUT_SIDE
    model.predict(*model.preprocess(tf.zeros((1, side, side, 3))))
    return model


def _variables(model: Any) -> Variables:
    """All variables of an SSD300 on VGG-16, by the names of `ssd300`."""
    extractor, predictor = model._feature_extractor, model._box_predictor
    layers = [
        *extractor.classification_backbone.layers,
        *(layer for added in extractor.added_maps for layer in added.layers),
        extractor.conv4_3_norm,
    ]
    named = {layer.name: layer for layer in layers if layer.weights}
    heads = predictor._prediction_heads
    for number, head in enumerate(heads["box_encodings"]):
        named[f"boxes_{number}"] = head._box_encoder_layers[-1]
    for number, head in enumerate(heads["class_predictions_with_background"]):
        named[f"classes_{number}"] = head._class_predictor_layers[-1]
    return flat({name: layer_variables(layer) for name, layer in named.items()})
