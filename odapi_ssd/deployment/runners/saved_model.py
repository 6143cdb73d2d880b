"""Runs a SavedModel that the API's exporter wrote, with TensorFlow alone."""

from pathlib import Path
from typing import Any

import numpy as np

from odapi_ssd.deployment.detections import ModelOutput
from odapi_ssd.errors import OdapiError

__all__ = ["SavedModelRunner"]

_OUTPUTS = ("detection_boxes", "detection_scores", "detection_classes", "num_detections")
_FOLDER_HINT = "give the folder saved_model/ inside what `odapi-ssd export` wrote."
_EXPORT_HINT = "export it with --input_type image_tensor."


class SavedModelRunner:
    """A SavedModel with one input, which takes images or encoded images."""

    def __init__(self, saved_model_dir: Path):
        """Loads a SavedModel.

        Args:
            saved_model_dir: the folder that holds `saved_model.pb`.
        Raises:
            OdapiError: it is not the SavedModel of a detector, or takes more than an image.
        """
        from odapi_ssd.compat import import_tensorflow

        self._tf = import_tensorflow()
        # The loaded object owns the weights: it must live as long as its signature.
        self._model = self._load(saved_model_dir)
        self._signature = self._model.signatures["serving_default"]
        inputs = list(self._signature.structured_input_signature[1].values())
        if len(inputs) != 1:
            names = ", ".join(spec.name for spec in inputs)
            raise OdapiError(
                f"The SavedModel {saved_model_dir} takes more than an image: {names}.",
                hint=_EXPORT_HINT,
            )
        self._input = inputs[0]

    def __call__(self, image_rgb: np.ndarray) -> ModelOutput:
        """Runs the model on one image.

        Args:
            image_rgb: uint8 [H, W, 3].
        Raises:
            OdapiError: the model was exported for another kind of input.
        """
        outputs = self._run(image_rgb)
        count = int(outputs["num_detections"][0])
        return ModelOutput(
            boxes_yxyx=outputs["detection_boxes"][0, :count].numpy(),
            scores=outputs["detection_scores"][0, :count].numpy(),
            class_ids=outputs["detection_classes"][0, :count].numpy().astype(int),
        )

    def _load(self, saved_model_dir: Path) -> Any:
        if not (saved_model_dir / "saved_model.pb").is_file():
            raise OdapiError(
                f"{saved_model_dir} is not a SavedModel: it has no saved_model.pb.",
                hint=_FOLDER_HINT,
            )
        try:
            model = self._tf.saved_model.load(str(saved_model_dir))
        except Exception as error:  # whatever TensorFlow raises on damaged files
            raise OdapiError(
                f"The SavedModel {saved_model_dir} cannot be loaded: {error}", hint=_FOLDER_HINT
            ) from error
        signature = getattr(model, "signatures", {}).get("serving_default")
        outputs = signature.structured_outputs if signature else {}
        missing = [name for name in _OUTPUTS if name not in outputs]
        if missing:
            raise OdapiError(
                f"The SavedModel {saved_model_dir} is not a detector: its signature "
                f"serving_default does not give {', '.join(missing)}.",
                hint=_FOLDER_HINT,
            )
        return model

    def _run(self, image_rgb: np.ndarray) -> Any:
        if self._input.dtype != self._tf.string:
            image = self._tf.cast(image_rgb[None], self._input.dtype)
            return self._signature(**{self._input.name: image})
        try:
            # An encoded image or a serialized tf.Example: their signatures are the same.
            image = self._tf.io.encode_png(image_rgb)[None]
            return self._signature(**{self._input.name: image})
        except (self._tf.errors.InvalidArgumentError, UnicodeDecodeError) as error:
            raise OdapiError("The SavedModel does not take images.", hint=_EXPORT_HINT) from error
