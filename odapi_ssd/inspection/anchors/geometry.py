"""A config's anchors in pixels of the network's input, and the place of images in that input.

The API's own resizer places the images, so that padding and rounding are those of training. Sizes
of feature maps are known for the API's extractors and this project's; for any other extractor the
model is built and run once. `odapi_ssd.register()` must have been called.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import one_line
from odapi_ssd.plugin.anchor_config import proto_to_spec
from odapi_ssd.plugin.building import build_model
from odapi_ssd.plugin.feature_maps import feature_grids, input_size
from odapi_ssd.ssd.anchors import AnchorSpec

__all__ = ["AnchorGeometry", "Placement"]


@dataclass(frozen=True)
class Placement:
    """The place of a resized image in the network's input.

    Attributes:
        content_hw: height and width of the resized image, which is at the top left.
        input_hw: height and width of the input, padding included.
    """

    content_hw: tuple[int, int]
    input_hw: tuple[int, int]


class AnchorGeometry:
    """Input sizes, feature maps and anchors of one SSD config.

    Attributes:
        input_varies: whether the input's size depends on the image.
    """

    def __init__(self, config: Any):
        """Takes the model of a config.

        Args:
            config: a `pipeline_pb2.TrainEvalPipelineConfig`; not changed.
        Raises:
            OdapiError: the model is not an SSD, or its image_resizer or anchor_generator cannot be
                built.
        """
        kind = config.model.WhichOneof("model")
        if kind != "ssd":
            raise OdapiError(
                f"The config's model is {kind or 'not set'}; only an SSD (model.ssd) has anchors "
                "that can be shown here.",
                hint="give the config of an SSD or EfficientDet, such as those in pipelines/.",
            )
        self._model = config.model
        self._ssd = config.model.ssd
        self.input_varies = input_size(self._ssd.image_resizer) is None
        self._resizer = self._build_resizer()
        self._placements: dict[tuple[int, int], Placement] = {}
        self._specs: dict[tuple[int, int], AnchorSpec] = {}
        self._built_model: Any = None
        if self._ssd.anchor_generator.WhichOneof("anchor_generator_oneof") is None:
            raise OdapiError(
                "model.ssd.anchor_generator is not set, or of a kind that the API does not know.",
                hint="compare with the templates in pipelines/.",
            )

    def resize(self, image_rgb: np.ndarray) -> tuple[np.ndarray, Placement]:
        """Resizes an image, uint8 [H, W, 3], as the API does for training.

        Returns:
            uint8 [input H, input W, 3], padding included; and where the image lies in it.
        """
        import tensorflow as tf

        resized, true_shape = self._resizer(tf.constant(image_rgb, tf.float32))
        pixels = np.clip(np.rint(resized.numpy()), 0, 255).astype(np.uint8)
        if pixels.shape[2] == 1:  # convert_to_grayscale
            pixels = np.repeat(pixels, 3, axis=2)
        height, width = (int(side) for side in np.asarray(true_shape)[:2])
        return pixels, Placement((height, width), (pixels.shape[0], pixels.shape[1]))

    def place(self, image_hw: tuple[int, int]) -> Placement:
        """The place of an image of this size."""
        if self._ssd.image_resizer.HasField("fixed_shape_resizer"):
            fixed = self._ssd.image_resizer.fixed_shape_resizer
            return Placement((fixed.height, fixed.width), (fixed.height, fixed.width))
        if image_hw not in self._placements:
            _, self._placements[image_hw] = self.resize(np.zeros((*image_hw, 3), np.uint8))
        return self._placements[image_hw]

    def spec_px(self, input_hw: tuple[int, int]) -> AnchorSpec:
        """The anchors for an input of this size, in pixels of it.

        Raises:
            OdapiError: the extractor does not take this size, or the anchor generator does not fit
                its feature maps.
        """
        if input_hw not in self._specs:
            self._specs[input_hw] = self._make_spec(input_hw)
        return self._specs[input_hw]

    @property
    def are_anchors_in_pixels(self) -> bool:
        """Whether the generator leaves its anchors in pixels; SSD's boxes are normalized."""
        generator = self._ssd.anchor_generator
        message = getattr(generator, generator.WhichOneof("anchor_generator_oneof"))
        normalizes = getattr(message, "normalize_coordinates", None)
        return generator.HasField("grid_anchor_generator") or normalizes is False

    def _build_resizer(self) -> Any:
        from object_detection.builders import image_resizer_builder

        try:
            return image_resizer_builder.build(self._ssd.image_resizer)
        except ValueError as error:
            raise OdapiError(
                f"model.ssd.image_resizer cannot be built: {error}",
                hint="compare with the templates in pipelines/.",
            ) from error

    def _make_spec(self, input_hw: tuple[int, int]) -> AnchorSpec:
        grids_hw = self._grids(input_hw)
        try:
            spec = proto_to_spec(self._ssd.anchor_generator, grids_hw, input_hw)
        except ValueError as error:
            raise OdapiError(
                f"model.ssd.anchor_generator makes no anchors for feature maps of "
                f"{', '.join(f'{h}x{w}' for h, w in grids_hw)}: {error}",
                hint="`odapi-ssd check` looks at the whole config.",
            ) from error
        if spec.units == "pixels":
            return spec
        layers = tuple(layer.scaled(input_hw) for layer in spec.layers)
        return replace(spec, layers=layers, units="pixels")

    def _grids(self, input_hw: tuple[int, int]) -> list[tuple[int, int]]:
        try:
            grids_hw = feature_grids(self._ssd.feature_extractor, input_hw)
        except ValueError as error:
            raise OdapiError(
                f"model.ssd.feature_extractor and image_resizer do not go together: {error}."
            ) from error
        return grids_hw or self._grids_of_built_model(input_hw)

    def _grids_of_built_model(self, input_hw: tuple[int, int]) -> list[tuple[int, int]]:
        import tensorflow as tf

        if self._built_model is None:
            self._built_model = build_model(self._model)
        images, true_shapes = tf.zeros([1, *input_hw, 3]), tf.constant([[*input_hw, 3]])
        try:
            feature_maps = self._built_model.predict(images, true_shapes)["feature_maps"]
        except Exception as error:  # whatever the API raises for a model that does not fit
            raise OdapiError(
                f"The model cannot run on an input of {input_hw[0]}x{input_hw[1]}, so the sizes of "
                f"its feature maps are unknown: {one_line(error)}",
                hint="`odapi-ssd check` looks at the whole config.",
            ) from error
        return [(int(one.shape[1]), int(one.shape[2])) for one in feature_maps]
