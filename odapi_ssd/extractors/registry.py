"""The registry of feature extractors: names in configs, backbones, classes. No TensorFlow.

A backbone is added by one line in `EXTRACTORS`. Training, `odapi-ssd check` and `odapi-ssd anchors`
know it from there; `import-weights` offers it once `odapi_ssd.weights.sources.keras` has an entry
under its backbone name. Extractors of other packages are registered by `EXTRACTORS.add(…)` before
the call of `odapi_ssd.register()`.
"""

import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["EXTRACTORS", "ExtractorRegistry", "RegisteredExtractor"]


@dataclass(frozen=True)
class RegisteredExtractor:
    """A feature extractor and its names.

    Attributes:
        type: `model.ssd.feature_extractor.type` in a pipeline config.
        backbone: the classification network; extractors of other input sizes may share it.
        class_path: `module:Class` of a `base.FeatureExtractor`, which the API's model builder calls
            with the fields of the config. A module that begins with a dot is one of this package.
    """

    type: str
    backbone: str
    class_path: str

    def load_class(self) -> Any:
        """The class; imports TensorFlow and the API.

        `odapi_ssd.register()` must have been called.
        """
        module, _, name = self.class_path.partition(":")
        return getattr(importlib.import_module(module, package=__package__), name)


class ExtractorRegistry(Mapping[str, RegisteredExtractor]):
    """Feature extractors by type, sorted."""

    def __init__(self, extractors: Iterable[RegisteredExtractor] = ()):
        self._by_type: dict[str, RegisteredExtractor] = {}
        for extractor in extractors:
            self.add(extractor)

    def add(self, extractor: RegisteredExtractor) -> None:
        """Registers an extractor.

        Raises:
            ValueError: its type is taken.
        """
        known = self._by_type.get(extractor.type)
        if known is not None:
            raise ValueError(
                f"feature extractor {extractor.type!r} is already registered, as {known.class_path}"
            )
        self._by_type[extractor.type] = extractor

    def types_of(self, backbone: str) -> list[str]:
        """The types of the extractors on a backbone, sorted.

        Raises:
            KeyError: there is none; the message lists the known backbones.
        """
        types = [name for name, extractor in self.items() if extractor.backbone == backbone]
        if not types:
            known = sorted({extractor.backbone for extractor in self.values()})
            raise KeyError(f"unknown backbone {backbone!r}; known: {', '.join(known)}")
        return types

    def __getitem__(self, type_name: str) -> RegisteredExtractor:
        if type_name not in self._by_type:
            raise KeyError(f"unknown feature extractor {type_name!r}; known: {', '.join(self)}")
        return self._by_type[type_name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._by_type))

    def __len__(self) -> int:
        return len(self._by_type)


EXTRACTORS = ExtractorRegistry(
    RegisteredExtractor(*names)
    for names in (
        ("ssd300_vgg16_keras", "vgg16", ".vgg16:SSD300VGG16"),
        ("ssd512_vgg16_keras", "vgg16", ".vgg16:SSD512VGG16"),
        ("ssd300_mobilenet_v1_keras", "mobilenet_v1", ".mobilenet:SSD300MobileNetV1"),
        ("ssd300_mobilenet_v2_keras", "mobilenet_v2", ".mobilenet:SSD300MobileNetV2"),
        ("ssd300_resnet50_v1_keras", "resnet50_v1", ".resnet:SSD300ResNet50V1"),
        ("ssd300_resnet101_v1_keras", "resnet101_v1", ".resnet:SSD300ResNet101V1"),
        ("ssd300_resnet50_v2_keras", "resnet50_v2", ".resnet:SSD300ResNet50V2"),
        ("ssd300_resnet101_v2_keras", "resnet101_v2", ".resnet:SSD300ResNet101V2"),
        ("ssd299_inception_v4_keras", "inception_v4", ".inception_v4:SSD299InceptionV4"),
        ("ssd299_inception_resnet_v2_keras", "inception_resnet_v2",
         ".inception_resnet_v2:SSD299InceptionResNetV2"),
    )
)  # fmt: skip
