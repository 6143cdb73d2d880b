"""The runner of SavedModels: toy detectors of each input, and folders that it refuses."""

import numpy as np
import pytest

from odapi_ssd.deployment.runners.saved_model import _OUTPUTS, SavedModelRunner
from odapi_ssd.errors import OdapiError
from tests.support.toy_detector import save_model

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

IMAGE = np.full((2, 3, 3), 51, np.uint8)


def _two_of_three(mean):
    """Three detections, of which two count; the first one's score is the image's mean."""
    import tensorflow as tf

    return {
        "detection_boxes": tf.reshape(tf.range(12.0) / 16, [1, 3, 4]),
        "detection_scores": tf.stack([mean, 0.5, 0.0])[None],
        "detection_classes": tf.constant([[2.0, 1.0, 1.0]]),
        "num_detections": tf.constant([2.0]),
    }


def _assert_two(output):
    np.testing.assert_allclose(output.scores, [51, 0.5])
    np.testing.assert_allclose(output.boxes_yxyx, np.arange(8).reshape(2, 4) / 16)
    assert output.class_ids.tolist() == [2, 1]


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_images(tmp_path, dtype):
    import tensorflow as tf

    def detect(image):
        return _two_of_three(tf.reduce_mean(tf.cast(image, tf.float32)))

    folder = save_model(tmp_path / "m", detect, tf.TensorSpec([1, None, None, 3], dtype))
    _assert_two(SavedModelRunner(folder)(IMAGE))


def test_encoded_images(tmp_path):
    import tensorflow as tf

    def detect(encoded):
        return _two_of_three(tf.reduce_mean(tf.cast(tf.io.decode_png(encoded[0]), tf.float32)))

    folder = save_model(tmp_path / "m", detect, tf.TensorSpec([None], tf.string))
    _assert_two(SavedModelRunner(folder)(IMAGE))


def test_a_folder_of_another_kind(tmp_path):
    with pytest.raises(OdapiError, match=r"not a SavedModel: it has no saved_model\.pb"):
        SavedModelRunner(tmp_path)


def test_a_damaged_file(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"no protobuf")
    with pytest.raises(OdapiError, match="cannot be loaded"):
        SavedModelRunner(tmp_path)


def test_a_model_of_another_kind(tmp_path):
    import tensorflow as tf

    folder = save_model(tmp_path / "m", lambda x: {"x": x}, tf.TensorSpec([], tf.float32))
    with pytest.raises(OdapiError, match=r"not a detector: its signature .* give detection_b"):
        SavedModelRunner(folder)


def test_a_model_of_two_inputs(tmp_path):
    import tensorflow as tf

    spec = tf.TensorSpec([1, None, None, 3], tf.float32)
    boxes = tf.TensorSpec([1, None, 4], tf.float32, name="boxes")
    folder = save_model(
        tmp_path / "m", lambda image, boxes: _two_of_three(tf.reduce_mean(image)), spec, boxes
    )
    with pytest.raises(OdapiError, match=r"takes more than an image: .*boxes"):
        SavedModelRunner(folder)


def test_a_model_of_serialized_examples(tmp_path):
    import tensorflow as tf

    def detect(example):
        return dict.fromkeys(_OUTPUTS, tf.io.parse_tensor(example[0], tf.float32))

    runner = SavedModelRunner(save_model(tmp_path / "m", detect, tf.TensorSpec([None], tf.string)))
    with pytest.raises(OdapiError, match="does not take images"):
        runner(IMAGE)
