"""The checkpoints of a training run: resuming or fine-tuning from one, and saving its steps.

A checkpoint is never written over another one, and only those of this folder that the run is
resumed with, or has saved, are removed when there are many.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf
from object_detection import model_lib_v2
from object_detection.utils import variables_helper

from odapi_ssd.checkpoints.contents import read_contents
from odapi_ssd.checkpoints.fit import explain_mismatch, require_fit
from odapi_ssd.checkpoints.folder import highest_number, look_at
from odapi_ssd.checkpoints.newest import newest_complete
from odapi_ssd.checkpoints.state_file import STATE_NAME
from odapi_ssd.errors import OdapiError
from odapi_ssd.file_errors import describe_file_error
from odapi_ssd.interrupts import delayed
from odapi_ssd.progress import Progress
from odapi_ssd.training.setup import TrainingSetup
from odapi_ssd.training.unfinished import remove_checkpoint, remove_unfinished

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
    """Restores a run, or the checkpoint that it is fine-tuned from, and saves its steps.

    Attributes:
        directory: where checkpoints are saved: the model directory, except for workers other than
            the chief.
        restored: the prefix of the checkpoint that the run is resumed from; None for a new run.
        saved_step: the step of the newest checkpoint; -1 if there is none.
        has_failed: the last checkpoint could not be saved.
    """

    def __init__(self, setup: TrainingSetup, model_dir: str, max_to_keep: int, progress: Progress):
        """Saves nothing yet.

        Args:
            setup: the model that is trained, with its input and optimizer.
            model_dir: the model directory, which may hold a run.
            max_to_keep: how many checkpoints stay.
            progress: gets phases and checkpoints.
        """
        self._setup = setup
        self._model_dir = model_dir
        self._progress = progress
        self._checkpoint = tf.train.Checkpoint(
            step=setup.global_step, model=setup.model, optimizer=setup.optimizer
        )
        # Under MultiWorkerMirroredStrategy all workers have to save; only the chief's files count.
        self.directory = model_lib_v2.get_filepath(setup.strategy, model_dir)
        is_chief = setup.strategy.extended.should_checkpoint
        self._manager = self._make_manager(max_to_keep if is_chief else 1)
        self._disown_elsewhere()
        self.restored: str | None = None
        self.saved_step = -1
        self.has_failed = False
        self._is_model_built = False

    def restore(self) -> None:
        """Resumes the run in the model directory; a new run starts from fine_tune_checkpoint.

        A Keras model has its variables only after its first call: they get the checkpoint's
        values when the first step is traced, which is where a mismatch shows.

        Raises:
            OdapiError: fine_tune_checkpoint cannot be read or does not fit the model; or the model
                directory holds traces of a run, but no checkpoint that can be read.
        """
        remove_unfinished(self.directory)
        newest = newest_complete(self._model_dir, pass_over_damaged=True)
        if newest is not None and newest.note is not None:
            self._progress.warning(newest.note)
        self.restored = None if newest is None else newest.prefix
        # A run that was stopped before its first step has left a checkpoint without weights.
        has_weights = self.restored is not None and read_contents(self.restored).has_model_weights
        if self._setup.train_config.fine_tune_checkpoint and not has_weights:
            self._load_fine_tune_checkpoint()
        if self.restored is not None:
            self._progress.phase(f"Resuming from {self.restored}")
            self._checkpoint.restore(self.restored)
            self.saved_step = self._setup.step

    def run_and_require_fit(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Makes the call that gives the model its variables, and checks that they were restored.

        Args:
            call: the function to call.
            *arguments: its arguments.
        Returns:
            Its result.
        Raises:
            OdapiError: the restored checkpoint does not fit the model.
        """
        try:
            with explain_mismatch(self.restored):
                result = call(*arguments)
        except Exception:
            # Variables of another shape are the likeliest cause.
            self._require_fit()
            raise
        self._require_fit()
        return result

    def _require_fit(self) -> None:
        if self.restored is not None:
            require_fit(self._setup.model, self.restored)

    def build_model(self) -> None:
        """Gives the model its variables without a step, and checks that they were restored.

        It takes a batch, and about as long as tracing a step, unless fine-tuning has done it.

        Raises:
            OdapiError: the restored checkpoint does not fit the model.
        """
        if self._is_model_built:
            return
        self.run_and_require_fit(
            model_lib_v2._ensure_model_is_built,
            self._setup.model,
            self._setup.dataset,
            self._setup.train_config.unpad_groundtruth_tensors,
        )
        self._is_model_built = True

    def _load_fine_tune_checkpoint(self) -> None:
        config = self._setup.train_config
        path, kind = config.fine_tune_checkpoint, config.fine_tune_checkpoint_type
        self._progress.phase(f"Loading {path}")
        with explain_mismatch(path, _HINTS.get(kind, "")):
            variables_helper.ensure_checkpoint_supported(path, kind, self._model_dir)
            model_lib_v2.load_fine_tune_checkpoint(
                self._setup.model,
                path,
                kind,
                config.fine_tune_checkpoint_version,
                config.run_fine_tune_checkpoint_dummy_computation,
                self._setup.dataset,
                config.unpad_groundtruth_tensors,
            )
        self._is_model_built = config.run_fine_tune_checkpoint_dummy_computation

    def save(self, step: int) -> None:
        """Saves the step unless it is saved already; a signal waits until that is done.

        Raises:
            OdapiError: the file system failed; nothing incomplete is left.
        """
        if step == self.saved_step:
            return
        with delayed():
            # Also files of checkpoints that this run knows nothing of keep their numbers.
            counter = self._checkpoint.save_counter
            number = 1 + max(highest_number(self.directory), int(counter.value()))
            counter.assign(number - 1)
            path = self._write(number, step)
            self.saved_step = step
            self._progress.saved(path, step)

    def _write(self, number: int, step: int) -> str:
        try:
            path: str = self._manager.save(checkpoint_number=number)
            return path
        except (OSError, tf.errors.OpError) as error:
            self.has_failed = True
            words = describe_file_error(error)
            found = look_at(os.path.join(self.directory, f"ckpt-{number}"))
            if found is not None and found.is_complete:  # only the state file was not written
                self.saved_step = step
            else:
                remove_checkpoint(self.directory, number)
            if words is None:
                raise
            raise self._cannot_save(number, words, is_there=self.saved_step == step) from error

    def _cannot_save(self, number: int, words: str, is_there: bool) -> OdapiError:
        newest = "none is saved yet" if self.saved_step < 0 else f"step {self.saved_step} is"
        what = f"The file `{STATE_NAME}`" if is_there else f"The checkpoint ckpt-{number}"
        return OdapiError(
            f"{what} cannot be saved to {self.directory}: {words}. "
            f"Of this run, {newest} the newest that is saved.",
            hint="make room or see to the permissions; the same command then goes on from the "
            "newest checkpoint.",
        )

    def _make_manager(self, max_to_keep: int) -> Any:
        """The manager; a state file that it cannot read is moved aside, as the next save makes one.

        What TensorFlow itself takes for damaged passes, with nothing to remove later.
        """
        try:
            return tf.train.CheckpointManager(self._checkpoint, self.directory, max_to_keep)
        except UnicodeDecodeError:
            state = os.path.join(self.directory, STATE_NAME)
            kept = next(name for name in _names_for_damaged(state) if not tf.io.gfile.exists(name))
            self._progress.warning(f"{state} is damaged; it is kept as {kept}.")
            tf.io.gfile.rename(state, kept)
            return tf.train.CheckpointManager(self._checkpoint, self.directory, max_to_keep)

    def _disown_elsewhere(self) -> None:
        """Has the manager never remove a checkpoint in another folder.

        The file `checkpoint` of a folder that was copied may name those of the original.
        """
        for path in list(self._manager._maybe_delete):
            if os.path.dirname(path) != self.directory.rstrip("/"):
                del self._manager._maybe_delete[path]


def _names_for_damaged(path: str) -> Iterator[str]:
    yield f"{path}.damaged"
    yield from (f"{path}.damaged-{number}" for number in itertools.count(2))
