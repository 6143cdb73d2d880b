"""SavedModels of a few operations that look like exported detectors, for tests of `detect`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any


def save_model(folder: Path, function: Callable[..., Any], *specs: Any) -> Path:
    """Saves a function of tensors as a SavedModel; returns its folder."""
    import tensorflow as tf

    module = tf.Module()
    module.call = tf.function(function, input_signature=specs)
    tf.saved_model.save(module, str(folder), signatures=module.call)
    return folder


def save_toy_detector(folder: Path) -> tuple[Path, Path]:
    """A detector that finds a "thing" in the left half of every image, with score 0.9.

    It fails, as a model without memory does, on images of 7 pixels' width.

    Returns:
        Its SavedModel and its label map.
    """
    import tensorflow as tf

    def detect(image: Any) -> dict[str, Any]:
        width = tf.shape(image)[2]
        with tf.control_dependencies(
            [tf.debugging.assert_none_equal(width, 7, message="too wide")]
        ):
            score = tf.identity([[0.9]])
        return {
            "detection_boxes": tf.constant([[[0.0, 0.0, 1.0, 0.5]]]),
            "detection_scores": score,
            "detection_classes": tf.constant([[1.0]]),
            "num_detections": tf.constant([1.0]),
        }

    label_map = folder / "label_map.pbtxt"
    label_map.parent.mkdir(parents=True, exist_ok=True)
    label_map.write_text("item { id: 1 name: 'thing' }")
    spec = tf.TensorSpec([1, None, None, 3], tf.uint8)
    return save_model(folder / "saved_model", detect, spec), label_map
