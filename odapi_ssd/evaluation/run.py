"""One evaluation of one checkpoint: the VOC metric at IoU 0.5, per class and mean.

The images come through the API's own input and model. Its evaluation loop also counts the padding
of the ground truth, as objects of the first class; here each image's ground truth is cut to what
it really holds before it is compared. Every image of the split counts, with all of its objects:
the batch that is not full, and objects beyond `max_number_of_boxes`, too.
"""

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from odapi_ssd.atomic_output import write_text
from odapi_ssd.checkpoints.contents import require_detector
from odapi_ssd.checkpoints.fit import explain_mismatch
from odapi_ssd.checkpoints.trained_config import require_model_of
from odapi_ssd.errors import OdapiError
from odapi_ssd.plugin.building import build_model
from odapi_ssd.progress import SILENT, Progress

__all__ = ["Evaluation", "evaluate"]

_IOU = 0.5
_METRIC = (
    "PASCAL VOC average precision at IoU 0.5: area under the interpolated precision/recall curve "
    "(all points, as from VOC2010 on); difficult objects neither rewarded nor punished"
)


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found.

    Attributes:
        checkpoint: the prefix of the evaluated checkpoint.
        step: the training step that it was saved at.
        num_images: images evaluated.
        num_objects: objects per class that count (difficult ones do not).
        mean_ap: mean of per_class over the classes that have objects; NaN if none has.
        per_class: AP by class name in the order of class ids; NaN for a class without objects.
    """

    checkpoint: str
    step: int
    num_images: int
    num_objects: Mapping[str, int]
    mean_ap: float
    per_class: Mapping[str, float]

    def to_json(self) -> str:
        """`metrics.json`; what is NaN here is null there."""
        content = {
            "step": self.step,
            "num_images": self.num_images,
            "mAP@0.5": _number(self.mean_ap),
            "per_class": {name: _number(ap) for name, ap in self.per_class.items()},
            "num_objects": dict(self.num_objects),
            "metric": _METRIC,
            "checkpoint": self.checkpoint,
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def evaluate(
    config: Any,
    checkpoint_path: str | os.PathLike[str],
    output_dir: str | Path,
    progress: Progress = SILENT,
) -> Evaluation:
    """Evaluates a checkpoint on the first eval_input_reader; writes `metrics.json` and summaries.

    Args:
        config: TrainEvalPipelineConfig.
        checkpoint_path: a model directory, whose newest checkpoint is taken, or a prefix; see
            `checkpoints.paths`.
        output_dir: gets `metrics.json`, and an event file for TensorBoard.
        progress: advances by each image.
    Raises:
        OdapiError: there is no checkpoint, it is another model's, or there are no images.
    """
    import odapi_ssd

    odapi_ssd.register()
    prefix = require_detector(checkpoint_path)
    require_model_of(prefix, config)
    configs, num_images = _eval_configs(config)
    categories = _categories(configs["eval_input_configs"][0].label_map_path)
    scorer = _Scorer(categories)
    detector = _Detector(configs, prefix)
    for truth, detections in detector.run():
        scorer.add(truth, detections)
        progress.advance(scorer.num_images, num_images)
    evaluation = scorer.evaluation(prefix, detector.step)
    _write(evaluation, Path(output_dir))
    return evaluation


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _eval_configs(config: Any) -> tuple[dict[str, Any], int]:
    """The configs by the API's names, such that each image comes once, complete; their number."""
    from object_detection.utils import config_util

    configs: dict[str, Any] = config_util.create_configs_from_pipeline_proto(config)
    if not configs["eval_input_configs"]:
        raise OdapiError("The config has no eval_input_reader.", hint="add one, or use configure.")
    reader = configs["eval_input_configs"][0]
    reader.num_epochs = 1
    reader.shuffle = False
    reader.sample_1_of_n_examples = 1
    reader.drop_remainder = False
    num_images, most_boxes = _count_images(reader.tf_record_input_reader.input_path)
    reader.max_number_of_boxes = max(reader.max_number_of_boxes, most_boxes)
    return configs, num_images


def _count_images(patterns: Sequence[str]) -> tuple[int, int]:
    """The number of images in the records, and of the objects in the one that has most."""
    import tensorflow as tf

    key = "image/object/bbox/xmin"
    feature = tf.io.VarLenFeature(tf.float32)

    def count_boxes(record: Any) -> Any:
        return tf.size(tf.io.parse_single_example(record, {key: feature})[key].values)

    paths = tf.io.gfile.glob(list(patterns))
    counts = list(tf.data.TFRecordDataset(paths).map(count_boxes).as_numpy_iterator())
    if not counts:
        raise OdapiError(f"There are no images to evaluate in {', '.join(patterns)}.")
    return len(counts), int(max(counts))


def _categories(label_map_path: str) -> list[dict[str, Any]]:
    from object_detection.utils import label_map_util

    index = label_map_util.create_category_index_from_labelmap(label_map_path)
    return [index[class_id] for class_id in sorted(index)]


class _Detector:
    """A checkpoint's model, run over the evaluation images."""

    def __init__(self, configs: dict[str, Any], checkpoint: str):
        import tensorflow as tf
        from object_detection.builders import optimizer_builder

        self._configs = configs
        self._model = build_model(configs["model"])
        self._global_step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._checkpoint_path = checkpoint
        self._optimizer = None
        if configs["eval_config"].use_moving_averages:
            self._optimizer, _ = optimizer_builder.build(
                configs["train_config"].optimizer, global_step=self._global_step
            )

    @property
    def step(self) -> int:
        """The training step of the restored checkpoint."""
        return int(self._global_step)

    def run(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yields ground truth and detections of one image after the other."""
        import tensorflow as tf
        from object_detection import inputs
        from object_detection.meta_architectures import ssd_meta_arch

        from odapi_ssd.plugin.autograph import build_plainly

        dataset = build_plainly(
            lambda: inputs.eval_input(
                eval_config=self._configs["eval_config"],
                eval_input_config=self._configs["eval_input_configs"][0],
                model_config=self._configs["model"],
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
        """Restores the checkpoint into the model, which a first call has given its variables."""
        import tensorflow as tf

        side_inputs = self._model.get_side_inputs(features)
        detect(features["image"], features["true_image_shape"], side_inputs)
        objects = {"step": self._global_step, "model": self._model}
        if self._optimizer is not None:
            self._optimizer.shadow_copy(self._model)
            objects["optimizer"] = self._optimizer
        with explain_mismatch(self._checkpoint_path):
            status = tf.train.Checkpoint(**objects).restore(self._checkpoint_path)
            status.expect_partial().assert_existing_objects_matched()
        if self._optimizer is not None:
            self._optimizer.assign_average_vars(self._model.trainable_variables)


def _split_batch(
    features: Mapping[str, Any], labels: Mapping[str, Any], detections: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Ground truth without padding and detections of each image, for the API's evaluator.

    All boxes are normalized to the true image: the model's detections are, and ground truth, which
    comes relative to the padded image, is turned. IoU is the same in these units as in pixels.
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
        yield (
            truth,
            {
                "detection_boxes": detections["detection_boxes"][i, :num_detections].numpy(),
                "detection_scores": detections["detection_scores"][i, :num_detections].numpy(),
                "detection_classes": detections["detection_classes"][i, :num_detections]
                .numpy()
                .astype(np.int64)
                + 1,
            },
        )


class _Scorer:
    """The API's VOC evaluator, and a count of the objects."""

    def __init__(self, categories: Sequence[Mapping[str, Any]]):
        from object_detection.utils import object_detection_evaluation

        self._names = {category["id"]: str(category["name"]) for category in categories}
        self._evaluator = object_detection_evaluation.PascalDetectionEvaluator(
            list(categories), matching_iou_threshold=_IOU
        )
        self._num_objects = dict.fromkeys(self._names.values(), 0)
        self.num_images = 0

    def add(self, truth: dict[str, Any], detections: dict[str, Any]) -> None:
        """Adds one image, whose boxes are [N, 4] yxyx in one frame and classes count from 1."""
        key = self.num_images
        self.num_images += 1
        self._evaluator.add_single_ground_truth_image_info(key, truth)
        self._evaluator.add_single_detected_image_info(key, detections)
        classes = truth["groundtruth_classes"]
        difficult = truth.get("groundtruth_difficult", np.zeros(len(classes), bool))
        for class_id in classes[~difficult]:
            self._num_objects[self._names[int(class_id)]] += 1

    def evaluation(self, checkpoint: str, step: int) -> Evaluation:
        """The result over all images added."""
        metrics = self._evaluator.evaluate()
        prefix = "PascalBoxes_PerformanceByCategory/AP@0.5IOU/"
        per_class = {name: float(metrics.get(prefix + name, "nan")) for name in self._num_objects}
        counted = [ap for name, ap in per_class.items() if self._num_objects[name]]
        return Evaluation(
            checkpoint=checkpoint,
            step=step,
            num_images=self.num_images,
            num_objects=self._num_objects,
            mean_ap=float(np.mean(counted)) if counted else math.nan,
            per_class=per_class,
        )


def _write(evaluation: Evaluation, output_dir: Path) -> None:
    import tensorflow as tf

    output_dir.mkdir(parents=True, exist_ok=True)
    with tf.summary.create_file_writer(str(output_dir)).as_default(step=evaluation.step):
        tf.summary.scalar("mAP@0.5", evaluation.mean_ap)
        for name, ap in evaluation.per_class.items():
            if not math.isnan(ap):
                tf.summary.scalar(f"AP@0.5/{name}", ap)
    write_text(output_dir / "metrics.json", evaluation.to_json())
