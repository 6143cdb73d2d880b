"""`export` under faults: the exported model is complete, or as it was."""

from pathlib import Path

from tests.support.atomic_job import AtomicJob, write_earlier
from tests.support.exported_models import assert_same_detections, detect_in_plain_tensorflow
from tests.support.faults import Tree

__all__ = ["ExportJob"]

_EARLIER = {"saved_model/saved_model.pb": "earlier\n", "label_map.pbtxt": "earlier\n"}


class ExportJob(AtomicJob):
    """An export; two exports of a checkpoint have the same files, but not the same bytes."""

    def __init__(self, config_path: Path, model_dir: Path, image_path: Path, folder: Path):
        """Runs it once, undisturbed.

        Args:
            config_path: the pipeline config.
            model_dir: the checkpoints of a training.
            image_path: the image for comparing exported models.
            folder: an empty one.
        """
        self._image_path = image_path
        self._expected_dir = folder / "complete" / "saved_model"
        super().__init__(
            "export",
            lambda out: [
                "--pipeline_config_path", config_path,
                "--trained_checkpoint_dir", model_dir, "--output_directory", out,
            ],
            lambda out: write_earlier(out, "export", _EARLIER),
            folder,
        )  # fmt: skip

    def is_complete(self, now: Tree, out: Path) -> bool:
        """Whether the files are there, and the model detects what the undisturbed run's does."""
        if now.keys() != self.complete.keys():
            return False
        if super().is_complete(now, out):
            return True
        expected = detect_in_plain_tensorflow(self._expected_dir, self._image_path)
        try:
            found = detect_in_plain_tensorflow(out / "saved_model", self._image_path)
            assert_same_detections(found, expected)
        except AssertionError:
            return False
        return True
