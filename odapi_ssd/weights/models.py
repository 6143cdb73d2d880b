"""The models that weights go into: builds them, names their variables, saves checkpoints.

`odapi_ssd.register()` must have been called.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from odapi_ssd.errors import OdapiError
from odapi_ssd.extractors.registry import EXTRACTORS
from odapi_ssd.plugin.building import build_classification_network, build_model
from odapi_ssd.weights import ssd300
from odapi_ssd.weights.keras_networks import ADJUSTMENT, KerasNetwork
from odapi_ssd.weights.keras_rules import LayerShapes
from odapi_ssd.weights.mapping import Array, shape_text

__all__ = [
    "adjustment",
    "assign",
    "backbone_variables",
    "build_backbone",
    "build_detector",
    "detector_variables",
    "flat",
    "save_checkpoint",
    "shapes_of",
]

# For a network that is built without a config; what does not end in a checkpoint does not matter.
# A scale in each batch normalization makes a checkpoint that any config's network is content with.
_HYPERPARAMS = """
    regularizer { l2_regularizer { weight: 0 } }
    initializer { truncated_normal_initializer {} }
"""
_BATCH_NORM = "batch_norm { scale: true center: true }"

Variables = dict[str, Any]


def build_backbone(name: str, network: KerasNetwork, config: Any, config_path: str | None) -> Any:
    """The classification network of a feature extractor, which a checkpoint restores.

    Args:
        name: of the backbone, in the registry of extractors.
        network: what Keras says of it.
        config: the pipeline config whose network it is; None for the extractor's usual one.
        config_path: of the config, for messages.
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


def backbone_variables(backbone: Any) -> dict[str, Variables]:
    """The variables of each layer that has some, by their own names; in the network's order."""
    return {layer.name: _variables(layer) for layer in backbone.layers if layer.weights}


def shapes_of(layers: Mapping[str, Variables]) -> LayerShapes:
    """The shapes of each layer's variables."""
    return {
        layer: {name: tuple(variable.shape) for name, variable in variables.items()}
        for layer, variables in layers.items()
    }


def flat(layers: Mapping[str, Variables]) -> Variables:
    """All layers' variables, by `layer/name`."""
    return {
        f"{layer}/{name}": variable
        for layer, variables in layers.items()
        for name, variable in variables.items()
    }


def build_detector(config: Any, config_path: str | None) -> Any:
    """The model of a config, run once, so that it has its variables."""
    import tensorflow as tf

    model = build_model(config.model, source=str(config_path))
    side = ssd300.INPUT_SIDE
    model.predict(*model.preprocess(tf.zeros((1, side, side, 3))))
    return model


def detector_variables(model: Any) -> Variables:
    """All variables of an SSD300 on VGG-16, by the names of `ssd300`."""
    extractor, predictor = model._feature_extractor, model._box_predictor
    layers = [
        *extractor.classification_backbone.layers,
        *(layer for added in extractor.added_maps for layer in added.layers),
        extractor.conv4_3_norm,
    ]
    named = {layer.name: layer for layer in layers if layer.weights}
    predictors = predictor._prediction_heads
    for number, head in enumerate(predictors["box_encodings"]):
        named[f"boxes_{number}"] = head._box_encoder_layers[-1]
    for number, head in enumerate(predictors["class_predictions_with_background"]):
        named[f"classes_{number}"] = head._class_predictor_layers[-1]
    return flat({name: _variables(layer) for name, layer in named.items()})


def adjustment(
    means: tuple[float, float, float], factors: tuple[float, float, float]
) -> dict[str, Array]:
    """The values of `InputAdjustment` that prepare images as some VGG-16 had them.

    Args:
        means: what it subtracts from red, green, blue, 0 to 255.
        factors: what it multiplies the differences with.
    """
    from odapi_ssd.extractors.vgg16 import CHANNEL_MEANS

    offset = np.subtract(CHANNEL_MEANS, means)
    return {
        f"{ADJUSTMENT}/offset": offset.astype(np.float32),
        f"{ADJUSTMENT}/factor": np.array(factors, np.float32),
    }


def assign(variables: Mapping[str, Any], values: Mapping[str, Array]) -> None:
    """Gives every variable its value.

    Raises:
        OdapiError: variables and values have other shapes; all of them are named.
        ValueError: a variable has no value, or a value no variable.
    """
    if variables.keys() != values.keys():
        odd = sorted(variables.keys() ^ values.keys())
        raise ValueError(f"variables and values are not the same: {odd}")
    misfits = [
        f"{name}: {shape_text(values[name].shape)} from the file, "
        f"{shape_text(variable.shape)} in the model"
        for name, variable in variables.items()
        if tuple(variable.shape) != values[name].shape
    ]
    if misfits:
        raise OdapiError("The weights do not fit the model:", details=misfits)
    for name, variable in variables.items():
        variable.assign(values[name])


def save_checkpoint(folder: Path, **objects: Any) -> None:
    """Saves `ckpt-0` as the API's downloads have it, with the file that names it the newest."""
    import tensorflow as tf

    manager = tf.train.CheckpointManager(tf.train.Checkpoint(**objects), str(folder), max_to_keep=1)
    manager.save(checkpoint_number=0)


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
    config: Any, types: tuple[str, ...], network: KerasNetwork, config_path: str | None
) -> None:
    if config.model.WhichOneof("model") != "ssd":
        raise OdapiError(f"{config_path}: the model is no SSD.", hint=f"one of {', '.join(types)}.")
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


def _variables(layer: Any) -> Variables:
    """A layer's variables by their own names: `kernel`, `gamma`."""
    return {
        str(variable.name).rpartition("/")[2].partition(":")[0]: variable
        for variable in layer.weights
    }
