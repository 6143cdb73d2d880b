"""A checkpoint's model on every image of the evaluation split, through the API's own input."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from odapi_ssd.checkpoints.fit import explain_mismatch
from odapi_ssd.config.input_paths import match_input_path, open_record_file
from odapi_ssd.data.records import keys
from odapi_ssd.data.records.reader import read_examples
from odapi_ssd.errors import OdapiError
from odapi_ssd.plugin.building import build_model

__all__ = ["CheckpointDetector", "one_pass_config"]


def one_pass_config(config: Any) -> tuple[Any, int]:
    """A config whose evaluation input gives each image once, with all of its objects.

    Args:
        config: a `TrainEvalPipelineConfig` with an eval_input_reader; not changed.
    Returns:
        The changed copy, and the number of images.
    Raises:
        OdapiError: there are no images.
    """
    changed = type(config)()
    changed.CopyFrom(config)
    reader = changed.eval_input_reader[0]
    reader.num_epochs = 1
    reader.shuffle = False
    reader.sample_1_of_n_examples = 1
    reader.drop_remainder = False
    num_images, most_boxes = _count_images(reader.tf_record_input_reader.input_path)
    reader.max_number_of_boxes = max(reader.max_number_of_boxes, most_boxes)
    return changed, num_images


def _count_images(patterns: Sequence[str]) -> tuple[int, int]:
    """The number of images in the records, and of the objects in the one that has most."""
    num_objects = [
        len(record.floats(keys.XMIN))
        for pattern in patterns
        for path in match_input_path(pattern).paths
        for record in read_examples(path, open_file=open_record_file)
    ]
    if not num_objects:
        raise OdapiError(f"There are no images to evaluate in {', '.join(patterns)}.")
    return len(num_objects), max(num_objects)


class CheckpointDetector:
    """A checkpoint's model, run over the images of the first eval_input_reader."""

    def __init__(self, config: Any, checkpoint: str):
        """Builds the model; its weights are restored with the first image.

        Args:
            config: a `TrainEvalPipelineConfig`, from `one_pass_config`.
            checkpoint: the prefix.
        Raises:
            OdapiError: the model cannot be built.
        """
        import tensorflow as tf
        from object_detection.builders import optimizer_builder

        self._config = config
        self._model = build_model(config.model)
        self._global_step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._checkpoint = checkpoint
        self._optimizer = None  # has the moving averages, if they are to be evaluated
        if config.eval_config.use_moving_averages:
            self._optimizer, _ = optimizer_builder.build(
                config.train_config.optimizer, global_step=self._global_step
            )

    @property
    def step(self) -> int:
        """The training step of the checkpoint, once it is restored."""
        return int(self._global_step)

    def run(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yields ground truth and detections of one image after the other.

        Both are as `metrics.VocScorer` takes them, boxes normalized to the image without padding.

        Raises:
            OdapiError: the checkpoint does not fit the model.
        """
        import tensorflow as tf
        from object_detection import inputs
        from object_detection.meta_architectures import ssd_meta_arch

        from odapi_ssd.plugin.autograph import build_without_autograph

        dataset = build_without_autograph(
            lambda: inputs.eval_input(
                eval_config=self._config.eval_config,
                eval_input_config=self._config.eval_input_reader[0],
                model_config=self._config.model,
                model=self._model,
            )
        )
        is_ssd = isinstance(self._model, ssd_meta_arch.SSDMetaArch)

        @tf.function(reduce_retracing=True, autograph=not is_ssd)
        def detect(images: Any, true_shapes: Any, side_inputs: dict[str, Any]) -> Any:
            predictions = self._model.predict(images, true_shapes, **side_inputs)
            return self._model.postprocess(predictions, true_shapes)

        is_restored = False
        for features, labels in dataset:
            if not is_restored:
                self._restore(detect, features)
                is_restored = True
            side_inputs = self._model.get_side_inputs(features)
            detections = detect(features["image"], features["true_image_shape"], side_inputs)
            yield from _split_batch(features, labels, detections)

    def _restore(self, detect: Callable[..., Any], features: Mapping[str, Any]) -> None:
        """Restores the checkpoint into the model, which gets its variables by a first call."""
        import tensorflow as tf

        side_inputs = self._model.get_side_inputs(features)
        detect(features["image"], features["true_image_shape"], side_inputs)
        objects = {"step": self._global_step, "model": self._model}
        if self._optimizer is not None:
            self._optimizer.shadow_copy(self._model)
            objects["optimizer"] = self._optimizer
        with explain_mismatch(self._checkpoint):
            status = tf.train.Checkpoint(**objects).restore(self._checkpoint)
            status.expect_partial().assert_existing_objects_matched()
        if self._optimizer is not None:
            self._optimizer.assign_average_vars(self._model.trainable_variables)


def _split_batch(
    features: Mapping[str, Any], labels: Mapping[str, Any], detections: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Ground truth without padding and detections of each image, for the API's evaluators.

    All boxes are normalized to the image without padding: the model's detections are already, and
    ground truth, which comes relative to the padded image, is scaled. IoU is the same as in pixels.
    """
    padded_hw = np.array(features["image"].shape[1:3], np.float32)
    for i, num_boxes in enumerate(labels["num_groundtruth_boxes"].numpy()):
        true_hw = features["true_image_shape"][i].numpy()[:2].astype(np.float32)
        scale_yxyx = np.tile(padded_hw / true_hw, 2)
        classes = labels["groundtruth_classes"][i, :num_boxes].numpy().argmax(axis=-1) + 1
        truth = {
            "groundtruth_boxes": labels["groundtruth_boxes"][i, :num_boxes].numpy() * scale_yxyx,
            "groundtruth_classes": classes,
        }
        if "groundtruth_difficult" in labels:
            difficult = labels["groundtruth_difficult"][i, :num_boxes].numpy()
            truth["groundtruth_difficult"] = difficult.astype(bool)
        num_detections = int(detections["num_detections"][i])
        found_classes = detections["detection_classes"][i, :num_detections].numpy()
        yield (
            truth,
            {
                "detection_boxes": detections["detection_boxes"][i, :num_detections].numpy(),
                "detection_scores": detections["detection_scores"][i, :num_detections].numpy(),
                "detection_classes": found_classes.astype(np.int64) + 1,
            },
        )
