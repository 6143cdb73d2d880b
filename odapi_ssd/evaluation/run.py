"""One evaluation of one checkpoint: check, detect on every image, score; and writing the scores.

The images come through the API's own input and model. Its evaluation loop also scores the padding
of the ground truth, as objects of the first class; here the padding is removed first. Every image
of the split counts, with all of its objects: also those of a last batch that is not full, and
objects beyond `max_number_of_boxes`.
"""

import math
import os
from pathlib import Path
from typing import Any

import odapi_ssd
from odapi_ssd.check.report import require_valid
from odapi_ssd.checkpoints.contents import require_detector
from odapi_ssd.checkpoints.trained_config import require_model_of
from odapi_ssd.evaluation.inference import CheckpointDetector, one_pass_config
from odapi_ssd.evaluation.metrics import Evaluation, VocScorer
from odapi_ssd.file_errors import explain_file_errors
from odapi_ssd.outputs.folder import OutputTarget
from odapi_ssd.progress import SILENT, Progress

__all__ = ["evaluate", "score", "scores_target", "write_scores"]

_METRICS = "metrics.json"


def evaluate(
    config: Any,
    checkpoint_path: str | os.PathLike[str],
    output_dir: str | Path,
    progress: Progress = SILENT,
    *,
    source: str = "The pipeline config",
    overwrite: bool = False,
) -> Evaluation:
    """Scores a checkpoint and writes the scores: `score`, then `write_scores`."""
    target = scores_target(output_dir, overwrite=overwrite)
    evaluation = score(config, checkpoint_path, progress, source=source)
    write_scores(evaluation, target, progress)
    return evaluation


def scores_target(output_dir: str | Path, *, overwrite: bool = False) -> OutputTarget:
    """The folder to write scores to, before they are there.

    Args:
        output_dir: the folder; it need not exist.
        overwrite: replace a `metrics.json` that no earlier evaluation wrote.
    Raises:
        OdapiError: there is such a file.
    """
    target = OutputTarget("output_dir", Path(output_dir), "evaluate", overwrite)
    target.require_replaceable([_METRICS])
    return target


def score(
    config: Any,
    checkpoint_path: str | os.PathLike[str],
    progress: Progress = SILENT,
    *,
    source: str = "The pipeline config",
) -> Evaluation:
    """Checks a config, evaluates a checkpoint on its first eval_input_reader.

    Args:
        config: a `TrainEvalPipelineConfig`; not changed.
        checkpoint_path: a model directory, whose newest checkpoint is taken, or a prefix; see
            `checkpoints.paths`.
        progress: gets warnings, and advances by each image.
        source: names the config in errors, such as its path.
    Raises:
        OdapiError: there is no checkpoint or it is damaged, the config has problems, the checkpoint
            is another model's, or there are no images.
    """
    odapi_ssd.register()
    checkpoint = require_detector(checkpoint_path, progress.warning, "--checkpoint_dir")
    for warning in require_valid(config, for_training=False, source=source).warnings:
        progress.warning(str(warning))
    require_model_of(checkpoint, config)
    config, num_images = one_pass_config(config)
    scorer = VocScorer(_class_names(config.eval_input_reader[0].label_map_path))
    detector = CheckpointDetector(config, checkpoint)
    for truth, detections in detector.run():
        scorer.add(truth, detections)
        progress.advance(scorer.num_images, num_images)
    return scorer.evaluation(checkpoint, detector.step)


def write_scores(evaluation: Evaluation, target: OutputTarget, progress: Progress = SILENT) -> None:
    """Writes `metrics.json` and an event file for TensorBoard, both or none.

    Args:
        evaluation: from `score`.
        target: from `scores_target`; the folder is made if need be. Event files of earlier
            evaluations stay: they are the curve.
        progress: gets warnings.
    Raises:
        OdapiError: they cannot be written.
    """
    with target.opened(progress.warning) as outputs:
        with explain_file_errors(f"The scores cannot be written to {target.path}"):
            text = evaluation.to_json()
            (outputs.staging / _METRICS).write_text(text, encoding="utf-8")
            _write_events(evaluation, outputs.staging)
        outputs.publish()


def _class_names(label_map_path: str) -> dict[int, str]:
    """Names by class id, as the API's own metrics have them, in the order of ids."""
    from object_detection.utils import label_map_util

    index = label_map_util.create_category_index_from_labelmap(label_map_path)
    return {class_id: str(index[class_id]["name"]) for class_id in sorted(index)}


def _write_events(evaluation: Evaluation, output_dir: Path) -> None:
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(output_dir))
    with writer.as_default(step=evaluation.step):
        tf.summary.scalar("mAP@0.5", evaluation.mean_ap)
        for name, ap in evaluation.per_class.items():
            if not math.isnan(ap):
                tf.summary.scalar(f"AP@0.5/{name}", ap)
    writer.close()
