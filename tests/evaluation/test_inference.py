"""Every image of a split once, its ground truth without padding, and the right weights."""

import numpy as np
import pytest

from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.errors import OdapiError
from odapi_ssd.evaluation import inference

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_READER = "eval_input_reader[0]"


class TestSplitBatch:
    def test_ground_truth_loses_its_padding_and_is_turned_to_the_true_image(self):
        """A 60x100 image (height x width) in a 100x200 frame; one of three rows is real."""
        import tensorflow as tf

        features = {
            "image": tf.zeros([1, 100, 200, 3]),
            "true_image_shape": tf.constant([[60, 100, 3]]),
        }
        labels = {
            "num_groundtruth_boxes": tf.constant([1]),
            "groundtruth_boxes": tf.constant(
                [[[0.3, 0.1, 0.6, 0.5], [0, 0, 0, 0], [0, 0, 0, 0]]], tf.float32
            ),
            "groundtruth_classes": tf.constant([[[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]]),
            "groundtruth_difficult": tf.constant([[1, 0, 0]]),
        }
        detections = {
            "num_detections": tf.constant([2.0]),
            "detection_boxes": tf.zeros([1, 5, 4]),
            "detection_scores": tf.constant([[0.9, 0.8, 0.0, 0.0, 0.0]]),
            "detection_classes": tf.constant([[1.0, 0.0, 0.0, 0.0, 0.0]]),
        }
        ((truth, found),) = inference._split_batch(features, labels, detections)
        np.testing.assert_allclose(truth["groundtruth_boxes"], [[0.5, 0.2, 1.0, 1.0]], rtol=1e-6)
        assert truth["groundtruth_classes"].tolist() == [2]
        assert truth["groundtruth_difficult"].tolist() == [True]
        assert found["detection_classes"].tolist() == [2, 1]
        assert found["detection_scores"].shape == (2,)


class TestOnePassConfig:
    def test_each_image_comes_once_with_all_of_its_objects(self, tiny_config_path):
        overrides = ["num_epochs=3", "shuffle=true", "sample_1_of_n_examples=4",
                     "max_number_of_boxes=1", "drop_remainder=true"]  # fmt: skip
        config = load_config(tiny_config_path, [f"{_READER}.{one}" for one in overrides])
        given = config.SerializeToString()
        changed, num_images = inference.one_pass_config(config)
        reader = changed.eval_input_reader[0]
        assert (reader.num_epochs, reader.shuffle, reader.sample_1_of_n_examples) == (1, False, 1)
        assert not reader.drop_remainder
        assert reader.max_number_of_boxes > 1
        assert num_images > 1
        assert config.SerializeToString() == given

    def test_room_for_more_objects_is_kept(self, tiny_config_path):
        config = load_config(tiny_config_path, [f"{_READER}.max_number_of_boxes=77"])
        changed, _ = inference.one_pass_config(config)
        assert changed.eval_input_reader[0].max_number_of_boxes == 77

    def test_no_images_is_an_error(self, tiny_config_path, tmp_path):
        empty = tmp_path / "val.record-00000-of-00001"
        empty.touch()
        field = f"{_READER}.tf_record_input_reader.input_path"
        config = load_config(tiny_config_path, [f"{field}={empty}"])
        with pytest.raises(OdapiError, match="no images to evaluate"):
            inference.one_pass_config(config)


@pytest.mark.slow
def test_moving_averages_are_evaluated_where_the_config_wants_them(tiny_config_path, tmp_path):
    from odapi_ssd.training.run import TrainOptions, train

    overrides = [
        "train_config.optimizer.use_moving_average=true",
        "train_config.optimizer.moving_average_decay=0.9",
        "eval_config.use_moving_averages=true",
    ]
    config = load_config(tiny_config_path, overrides)
    config_path, model_dir = tmp_path / "ema.config", tmp_path / "model"
    save_config(config, config_path)
    train(TrainOptions(str(config_path), str(model_dir), num_train_steps=3))

    import tensorflow as tf

    config, num_images = inference.one_pass_config(config)
    detector = inference.CheckpointDetector(config, tf.train.latest_checkpoint(str(model_dir)))
    assert len(list(detector.run())) == num_images
    assert detector.step == 3
    evaluated = {v.name: v.numpy() for v in detector._model.trainable_variables}
    reader = tf.train.load_checkpoint(str(model_dir))
    averages = [
        reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if ".OPTIMIZER_SLOT/optimizer/average/" in name
    ]
    assert len(averages) == len(evaluated)
    for name, value in evaluated.items():
        assert any(np.array_equal(value, average) for average in averages), name
