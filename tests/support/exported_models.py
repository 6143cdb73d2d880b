"""Detections of one image in two ways that must agree: the SavedModel alone, and the checkpoint."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

_KEYS = ("detection_boxes", "detection_scores", "detection_classes")

# As in production: TensorFlow and the SavedModel, nothing of this project or of the API.
_PLAIN_TENSORFLOW = f"""
import json, sys
import numpy as np, tensorflow as tf
from PIL import Image
detect = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
found = detect(tf.constant(np.asarray(Image.open(sys.argv[2]).convert("RGB"))[None]))
assert not any(name.split(".")[0] in ("odapi_ssd", "object_detection") for name in sys.modules)
count = int(found["num_detections"][0])
print(json.dumps({{name: found[name][0, :count].numpy().tolist() for name in {_KEYS!r}}}))
"""

Detections = Mapping[str, np.ndarray]


def detect_in_plain_tensorflow(saved_model_dir: Path, image_path: Path) -> Detections:
    """Loads the SavedModel in a process of its own, which imports nothing of this project."""
    completed = subprocess.run(
        [sys.executable, "-c", _PLAIN_TENSORFLOW, saved_model_dir, image_path],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name: np.array(values) for name, values in json.loads(completed.stdout).items()}


def detect_with_checkpoint(config_path: Path, model_dir: Path, image_path: Path) -> Detections:
    """Builds the config's model and restores the newest checkpoint; class ids from 1."""
    import odapi_ssd

    odapi_ssd.register()
    import tensorflow as tf
    from object_detection.builders import model_builder

    from odapi_ssd.config.files import load_config

    model = model_builder.build(load_config(config_path).model, is_training=False)
    with Image.open(image_path) as image:
        pixels = tf.constant(np.asarray(image.convert("RGB"), np.float32)[None])
    tf.keras.backend.set_learning_phase(False)

    @tf.function
    def detect():
        images, true_shapes = model.preprocess(pixels)
        return model.postprocess(model.predict(images, true_shapes), true_shapes)

    detect()
    checkpoint = tf.train.Checkpoint(model=model)
    status = checkpoint.restore(tf.train.latest_checkpoint(str(model_dir)))
    status.expect_partial().assert_existing_objects_matched()
    found = detect()
    count = int(found["num_detections"][0])
    detections = {name: found[name][0, :count].numpy() for name in _KEYS}
    detections["detection_classes"] = detections["detection_classes"] + 1
    return detections


def assert_same_detections(actual: Detections, expected: Detections) -> None:
    """Each has a partner of the same class, score and box; the order of equal scores is open."""
    rows_of = [
        np.column_stack(
            [found["detection_classes"], found["detection_scores"], found["detection_boxes"]]
        )
        for found in (actual, expected)
    ]
    assert len(rows_of[0]) == len(rows_of[1]) > 0
    distances = np.abs(rows_of[0][:, None] - rows_of[1][None]).max(axis=-1)
    partners = distances.argmin(axis=1)
    assert sorted(partners) == list(range(len(partners))), "some have no partner of their own"
    assert distances.min(axis=1).max() < 1e-4
