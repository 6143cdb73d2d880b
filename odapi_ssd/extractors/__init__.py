"""Feature extractors of SSD beyond the API's own, by their names in a pipeline config."""

from typing import Any

__all__ = ["feature_extractor_classes"]


def feature_extractor_classes() -> dict[str, Any]:
    """The class of each `feature_extractor.type`; imports TensorFlow and the API.

    `odapi_ssd.register()` hands them to the API's model builder; until it has been called, the API
    cannot be imported.
    """
    from odapi_ssd.extractors import inception_resnet_v2, inception_v4, mobilenet, resnet, vgg16

    return {
        "ssd299_inception_resnet_v2_keras": inception_resnet_v2.SSD299InceptionResNetV2,
        "ssd299_inception_v4_keras": inception_v4.SSD299InceptionV4,
        "ssd300_mobilenet_v1_keras": mobilenet.SSD300MobileNetV1,
        "ssd300_mobilenet_v2_keras": mobilenet.SSD300MobileNetV2,
        "ssd300_resnet101_v1_keras": resnet.SSD300ResNet101V1,
        "ssd300_resnet101_v2_keras": resnet.SSD300ResNet101V2,
        "ssd300_resnet50_v1_keras": resnet.SSD300ResNet50V1,
        "ssd300_resnet50_v2_keras": resnet.SSD300ResNet50V2,
        "ssd300_vgg16_keras": vgg16.SSD300VGG16,
        "ssd512_vgg16_keras": vgg16.SSD512VGG16,
    }
