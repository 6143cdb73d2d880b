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
from odapi_ssd.atomic_output import write_text
from odapi_ssd.check.report import require_valid
from odapi_ssd.checkpoints.contents import require_detector
from odapi_ssd.checkpoints.trained_config import require_model_of
from odapi_ssd.evaluation.inference import CheckpointDetector, one_pass_config
from odapi_ssd.evaluation.metrics import Evaluation, VocScorer
from odapi_ssd.file_errors import explain_file_errors
from odapi_ssd.progress import SILENT, Progress

__all__ = ["evaluate", "score", "write_scores"]


def evaluate(
    config: Any,
    checkpoint_path: str | os.PathLike[str],
    output_dir: str | Path,
    progress: Progress = SILENT,
    *,
    source: str = "The pipeline config",
) -> Evaluation:
    """Scores a checkpoint and writes the scores: `score`, then `write_scores`."""
    evaluation = score(config, checkpoint_path, progress, source=source)
    write_scores(evaluation, output_dir)
    return evaluation


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


def write_scores(evaluation: Evaluation, output_dir: str | Path) -> None:
    """Writes `metrics.json` and an event file for TensorBoard.

    Args:
        evaluation: from `score`.
        output_dir: their folder, which is made if need be.
    Raises:
        OdapiError: they cannot be written. No incomplete file is left.
    """
    output_dir = Path(output_dir)
    with explain_file_errors(f"The scores cannot be written to {output_dir}"):
        output_dir.mkdir(parents=True, exist_ok=True)
        write_text(output_dir / "metrics.json", evaluation.to_json())
        earlier = set(output_dir.iterdir())
        try:
            _write_events(evaluation, output_dir)
        except BaseException:
            for path in set(output_dir.glob("events.*")) - earlier:
                path.unlink()
            raise


def _class_names(label_map_path: str) -> dict[int, str]:
    """Names by class id, as the API's own metrics have them, in the order of ids."""
    from object_detection.utils import label_map_util

    index = label_map_util.create_category_index_from_labelmap(label_map_path)
    return {class_id: str(index[class_id]["name"]) for class_id in sorted(index)}


def _write_events(evaluation: Evaluation, output_dir: Path) -> None:
    import tensorflow as tf

    with tf.summary.create_file_writer(str(output_dir)).as_default(step=evaluation.step):
        tf.summary.scalar("mAP@0.5", evaluation.mean_ap)
        for name, ap in evaluation.per_class.items():
            if not math.isnan(ap):
                tf.summary.scalar(f"AP@0.5/{name}", ap)
