"""The checkpoints of a training run: taking it up, and saving its steps."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from object_detection import model_lib_v2
from object_detection.utils import variables_helper

from odapi_ssd.checkpoints.contents import read_contents
from odapi_ssd.checkpoints.fit import explain_mismatch, require_fit
from odapi_ssd.checkpoints.paths import latest_checkpoint
from odapi_ssd.progress import Progress
from odapi_ssd.training.setup import TrainingJob

__all__ = ["RunCheckpointer"]

_HINTS = {
    "full": 'take a checkpoint of the same model, or set fine_tune_checkpoint_type: "detection", '
    "which takes a detector's features and gives it new heads, as for other classes.",
    "detection": "take a checkpoint of a detector with the same feature extractor.",
    "classification": "`odapi-ssd import-weights --from keras --backbone … --pipeline_config_path "
    "<this config>` makes one that fits (without the config: one for this project's own feature "
    'extractors); for a detector\'s, set fine_tune_checkpoint_type: "detection" or "full".',
}


class RunCheckpointer:
    """Restores a run, or the checkpoint that it is fine-tuned from, and saves its steps."""

    def __init__(self, job: TrainingJob, model_dir: str, max_to_keep: int, progress: Progress):
        self._job = job
        self._model_dir = model_dir
        self._progress = progress
        self._checkpoint = tf.train.Checkpoint(
            step=job.global_step, model=job.model, optimizer=job.optimizer
        )
        # Under MultiWorkerMirroredStrategy workers other than the chief save where nobody looks.
        self.directory = model_lib_v2.get_filepath(job.strategy, model_dir)
        is_chief = job.strategy.extended.should_checkpoint
        self._manager = tf.train.CheckpointManager(
            self._checkpoint, self.directory, max_to_keep=max_to_keep if is_chief else 1
        )
        self.restored: str | None = None
        self.saved_step = -1
        self._is_model_built = False

    def restore(self) -> None:
        """Takes up the run in the model directory; a new run starts from fine_tune_checkpoint.

        A Keras model has its variables only after its first call: they get the checkpoint's
        values when the first step is traced, which is where a mismatch shows.
        """
        self.restored = latest_checkpoint(self._model_dir)
        # A run that was stopped before its first step has left a checkpoint without weights.
        has_weights = self.restored is not None and read_contents(self.restored).has_model_weights
        if self._job.train_config.fine_tune_checkpoint and not has_weights:
            self._load_fine_tune_checkpoint()
        if self.restored is not None:
            self._progress.phase(f"Resuming from {self.restored}")
            self._checkpoint.restore(self.restored)
            self.saved_step = self._job.step

    def run_and_require_fit(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Makes the call that gives the model its variables, and looks at what they hold."""
        try:
            with explain_mismatch(self.restored):
                result = call(*arguments)
        except Exception:
            # Of which variables of another shape are the likeliest cause.
            self._require_fit()
            raise
        self._require_fit()
        return result

    def _require_fit(self) -> None:
        if self.restored is not None:
            require_fit(self._job.model, self.restored)

    def build_model(self) -> None:
        """Gives the model its variables without a step, and looks at what they hold.

        It takes a batch and about as long as tracing a step, except where the checkpoint that the
        run is fine-tuned from has called for it already.
        """
        if self._is_model_built:
            return
        self.run_and_require_fit(
            model_lib_v2._ensure_model_is_built,
            self._job.model,
            self._job.dataset,
            self._job.train_config.unpad_groundtruth_tensors,
        )
        self._is_model_built = True

    def _load_fine_tune_checkpoint(self) -> None:
        config = self._job.train_config
        path, kind = config.fine_tune_checkpoint, config.fine_tune_checkpoint_type
        self._progress.phase(f"Loading {path}")
        with explain_mismatch(path, _HINTS.get(kind, "")):
            variables_helper.ensure_checkpoint_supported(path, kind, self._model_dir)
            model_lib_v2.load_fine_tune_checkpoint(
                self._job.model,
                path,
                kind,
                config.fine_tune_checkpoint_version,
                config.run_fine_tune_checkpoint_dummy_computation,
                self._job.dataset,
                config.unpad_groundtruth_tensors,
            )
        self._is_model_built = config.run_fine_tune_checkpoint_dummy_computation

    def save(self, step: int) -> None:
        """Saves the step unless it is saved already."""
        if step == self.saved_step:
            return
        path = self._manager.save()
        self.saved_step = step
        self._progress.saved(path, step)
