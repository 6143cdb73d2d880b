"""Builds models from their configs; every failure is one message that names the config.

`odapi_ssd.register()` must have been called.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import one_line

__all__ = ["build_classification_network", "build_model"]


def build_model(
    model_config: Any,
    *,
    is_training: bool = False,
    add_summaries: bool = True,
    source: str = "the config",
) -> Any:
    """The model of a config, built by the API.

    Args:
        model_config: a `model_pb2.DetectionModel`; not changed.
        is_training: whether the model is to be trained.
        add_summaries: whether a model that is trained records summaries of its own.
        source: the config's path, or whatever names it in the error message.
    Returns:
        An `object_detection.core.model.DetectionModel`. Most models have no variables before the
        first call.
    Raises:
        OdapiError: the model cannot be built.
    """
    with _failures_explained(source):
        from object_detection.builders import model_builder

        return model_builder.build(model_config, is_training, add_summaries)


def build_classification_network(model_config: Any, *, source: str = "the config") -> Any:
    """The network of a config's feature extractor, with its variables.

    Args:
        model_config: a `model_pb2.DetectionModel` of an SSD; not changed.
        source: as for `build_model`.
    Returns:
        A `tf.keras.Model`, which is what a checkpoint of type "classification" restores.
    Raises:
        OdapiError: the model cannot be built.
    """
    extractor = build_model(model_config, source=source)._feature_extractor
    with _failures_explained(source):
        extractor.build(None)
    return extractor.classification_backbone


@contextmanager
def _failures_explained(source: str) -> Iterator[None]:
    try:
        yield
    except OdapiError:
        raise
    except Exception as error:  # the API and Keras raise any type for a config they cannot build
        raise OdapiError(
            f"The model of {source} cannot be built: {one_line(error)}",
            hint="run `odapi-ssd check`, which checks every field of the config.",
        ) from error
