"""Feature extractors of SSD beyond the API's own, by their names in a pipeline config."""

from typing import Any

__all__ = ["feature_extractor_classes"]


def feature_extractor_classes() -> dict[str, Any]:
    """The class of each `feature_extractor.type`; imports TensorFlow and the API.

    `odapi_ssd.register()` hands them to the API's model builder; until it has been called, the API
    cannot be imported.
    """
    from odapi_ssd.extractors import mobilenet, vgg16

    return {
        "ssd300_mobilenet_v1_keras": mobilenet.SSD300MobileNetV1,
        "ssd300_mobilenet_v2_keras": mobilenet.SSD300MobileNetV2,
        "ssd300_vgg16_keras": vgg16.SSD300VGG16,
        "ssd512_vgg16_keras": vgg16.SSD512VGG16,
    }
