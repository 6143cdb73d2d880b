"""Imports Keras's weights into the classification network of a feature extractor.

`odapi_ssd.register()` must have been called.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from odapi_ssd.config.files import load_config
from odapi_ssd.errors import OdapiError
from odapi_ssd.extractors.registry import EXTRACTORS
from odapi_ssd.plugin.building import build_classification_network
from odapi_ssd.progress import Progress
from odapi_ssd.weights.backbone_rules import network_rules
from odapi_ssd.weights.mapping import map_weights
from odapi_ssd.weights.models import (
    ADJUSTMENT,
    FilledModel,
    assign,
    flat,
    input_adjustment,
    layer_variables,
)
from odapi_ssd.weights.readers.keras_download import download
from odapi_ssd.weights.readers.keras_h5 import LayerArrays, opened_h5
from odapi_ssd.weights.sources.keras import KerasNetwork, find_network

__all__ = ["import_backbone"]

# For a network that is built without a config; values that do not reach the checkpoint are
# arbitrary. With gamma and beta in each batch normalization, any config's network can restore it.
_HYPERPARAMS = """
    regularizer { l2_regularizer { weight: 0 } }
    initializer { truncated_normal_initializer {} }
"""
_BATCH_NORM = "batch_norm { scale: true center: true }"

_OTHER_WIDTH_HINT = (
    "for weights of another width give a --pipeline_config_path whose "
    "model.ssd.feature_extractor.depth_multiplier is that width."
)


def import_backbone(
    name: str, weights: str | None, config_path: str | None, progress: Progress
) -> FilledModel:
    """Fills one of our classification networks with Keras's weights.

    Args:
        name: of the backbone, in the registry of extractors.
        weights: the weight file; None for Keras's own download.
        config_path: the pipeline config whose network it is for; None for the extractor's usual
            network.
        progress: gets the phases.
    Raises:
        OdapiError: Keras has no such network, or weights or config cannot be read or do not fit.
    """
    network = find_network(name)
    config = None if config_path is None else load_config(config_path)
    progress.phase(f"Building {network.application}")
    backbone = _build(name, network, config, config_path)
    layers = {layer.name: layer_variables(layer) for layer in backbone.layers if layer.weights}
    shapes = {
        layer: {variable: tuple(value.shape) for variable, value in variables.items()}
        for layer, variables in layers.items()
        if layer != ADJUSTMENT
    }
    origin = weights or f"Keras's download of {network.application}"
    progress.phase(f"Reading {origin}")
    with _layer_arrays(network, weights, config) as file_layers:
        rules, values = network_rules(network, shapes, file_layers, origin)
        stored = {name: array for arrays in file_layers.values() for name, array in arrays.items()}
        hint = _OTHER_WIDTH_HINT if network.widths else None
        mapped = map_weights(rules, stored, origin, f"Keras's {network.application}", hint)
    if network.channel_means is not None:
        values.update(input_adjustment(network.channel_means))
    assign(flat(layers), {**values, **mapped.values})
    return FilledModel({"feature_extractor": backbone}, mapped)


def _layer_arrays(
    network: KerasNetwork, weights: str | None, config: Any
) -> contextlib.AbstractContextManager[LayerArrays]:
    if weights is not None:
        return opened_h5(Path(weights))
    options: dict[str, Any] = {"include_top": network.needs_top}
    if network.widths:
        width = 1.0 if config is None else config.model.ssd.feature_extractor.depth_multiplier
        options["width"] = network.published_width(width)
    return contextlib.nullcontext(download(network.application, **options))


def _build(name: str, network: KerasNetwork, config: Any, config_path: str | None) -> Any:
    """The classification network of an extractor, with its variables.

    Raises:
        OdapiError: the config's model has another network, or one that no weights fit.
    """
    types = EXTRACTORS.types_of(name)
    if config is None:
        extractor = _usual_extractor(EXTRACTORS[types[0]].load_class(), network)
        extractor.build(None)
        return extractor.classification_backbone
    _require_network(config, (*types, *network.api_types), network, config_path)
    return build_classification_network(config.model, source=str(config_path))


def _usual_extractor(extractor_class: Any, network: KerasNetwork) -> Any:
    from google.protobuf import text_format
    from object_detection.builders import hyperparams_builder
    from object_detection.protos import hyperparams_pb2

    text = _HYPERPARAMS + (_BATCH_NORM if network.has_batch_norm else "")
    message = text_format.Parse(text, hyperparams_pb2.Hyperparams())
    return extractor_class(
        is_training=False,
        depth_multiplier=1.0,
        min_depth=0,
        pad_to_multiple=1,
        conv_hyperparams=hyperparams_builder.KerasLayerHyperparams(message),
        freeze_batchnorm=False,
        inplace_batchnorm_update=False,
        override_base_feature_extractor_hyperparams=True,
    )


def _require_network(
    config: Any, types: Sequence[str], network: KerasNetwork, config_path: str | None
) -> None:
    if config.model.WhichOneof("model") != "ssd":
        raise OdapiError(
            f"{config_path}: the model is not an SSD.",
            hint=f"give a config with one of the feature extractors {', '.join(types)}.",
        )
    extractor = config.model.ssd.feature_extractor
    if extractor.type not in types:
        raise OdapiError(
            f"{config_path}: model.ssd.feature_extractor.type is {extractor.type!r}, whose network "
            f"is not Keras's {network.application}; {' or '.join(types)} was expected.",
            hint="give the --backbone of the config, or another config.",
        )
    has_batch_norm = (
        extractor.override_base_feature_extractor_hyperparams
        and extractor.conv_hyperparams.HasField("batch_norm")
    )
    if has_batch_norm and not network.has_batch_norm:
        raise OdapiError(
            f"{config_path}: its {network.application} has batch normalization, which no published "
            "weights have.",
            hint="remove model.ssd.feature_extractor.conv_hyperparams.batch_norm.",
        )
