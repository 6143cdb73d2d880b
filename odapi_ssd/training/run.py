"""Training a pipeline config's model: the check of the config first, then the training loop.

One process trains in a model directory, which it locks.
"""

import concurrent.futures
import contextlib
import json
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import odapi_ssd
from odapi_ssd.check.report import Report, require_valid
from odapi_ssd.checkpoints.folder import highest_number
from odapi_ssd.checkpoints.newest import NewestCheckpoint, newest_complete
from odapi_ssd.checkpoints.trained_config import NOTE_NAME, note_config, require_same_model
from odapi_ssd.config.files import load_config
from odapi_ssd.config.paths import is_remote
from odapi_ssd.config.schedules import MAX_UINT32
from odapi_ssd.errors import OdapiError, require_at_least, require_between, require_not_empty
from odapi_ssd.folder_lock import locked_folder
from odapi_ssd.interrupts import delayed
from odapi_ssd.outputs.made_folder import made_folder
from odapi_ssd.plugin import api_programs
from odapi_ssd.progress import SILENT, Progress

__all__ = ["TrainOptions", "train"]

_LOCK_NAME = ".odapi-ssd-train.lock"


@dataclass(frozen=True)
class TrainOptions:
    """What to train and how: the flags of the API's `model_main_tf2`, with its defaults.

    Attributes:
        pipeline_config_path: the pipeline config, local or remote.
        model_dir: gets checkpoints and summaries; a run that is there already is resumed.
        num_train_steps: the step to end at; None for the config's num_steps.
        checkpoint_every_n: steps between checkpoints. The last step is saved in any case, except by
            the API's own loop.
        record_summaries: record training images and the model's own summaries; losses are recorded
            in any case.
        use_tpu: train on a TPU.
        tpu_name: the Cloud TPU; None for the one of this machine.
        num_workers: more than 1 for multi-worker training, in the cluster that the environment
            variable TF_CONFIG describes; 1 for all GPUs of this machine, or its CPU.
        use_api_loop: train in the API's own loop instead of this project's.

    Raises:
        OptionError: a number is out of range, or a path is empty.
    """

    pipeline_config_path: str
    model_dir: str
    num_train_steps: int | None = None
    checkpoint_every_n: int = 1000
    record_summaries: bool = True
    use_tpu: bool = False
    tpu_name: str | None = None
    num_workers: int = 1
    use_api_loop: bool = False

    def __post_init__(self) -> None:
        require_not_empty("pipeline_config_path", self.pipeline_config_path)
        require_not_empty("model_dir", self.model_dir)
        require_between("num_train_steps", self.num_train_steps, 1, MAX_UINT32)
        require_at_least("checkpoint_every_n", self.checkpoint_every_n, 1)
        require_at_least("num_workers", self.num_workers, 1)


def train(options: TrainOptions, progress: Progress = SILENT) -> None:
    """Checks a config, then trains its model, or resumes the run in the model directory.

    With several workers the check runs in a process of its own, so a script that calls this needs
    `if __name__ == "__main__":`.

    Args:
        options: see there.
        progress: gets warnings, phases, steps and checkpoints; of the API's own loop, which reports
            to the log, no steps.
    Raises:
        OdapiError: the config has problems, the model directory holds a run of another model, is
            another process's or cannot be written, or training failed, as `loop.train_loop` says.
        KeyboardInterrupt: Ctrl-C, or a signal or a closed pipe of a command; the current step is
            saved, except by the API's own loop.
    """
    with _locked_model_dir(options, progress):
        progress.phase("Checking the config and its data")
        check = _check_in_a_process if options.num_workers > 1 else _check
        for warning in check(options).warnings:
            progress.warning(str(warning))
        config = load_config(options.pipeline_config_path)
        if require_same_model(options.model_dir, config):
            _note(options.model_dir, config, progress)
        if options.use_api_loop:
            _train_in_api_loop(options, progress)
        else:
            _train_in_our_loop(config, options, progress)
            # If there was no note to compare with, the loop has compared checkpoint and model.
            _note(options.model_dir, config, progress)


def _note(model_dir: str, config: Any, progress: Progress) -> None:
    if not note_config(model_dir, config):
        progress.warning(
            f"{os.path.join(model_dir, NOTE_NAME)} was not written by train, or was edited since, "
            "and differs from this config; it stays. Evaluation and export compare with it: remove "
            "it if it is not this run's."
        )


@contextlib.contextmanager
def _locked_model_dir(options: TrainOptions, progress: Progress) -> Iterator[None]:
    """Makes the model directory and keeps other trainers out of it; of several workers, the chief.

    Raises:
        OdapiError: another process trains there, or the directory cannot be written.
    """
    if is_remote(options.model_dir):
        progress.warning(
            f"{options.model_dir} is remote and cannot be locked: make sure that no other process "
            "trains there."
        )
        yield
        return
    if options.num_workers > 1 and not _is_chief():
        yield
        return
    folder = Path(options.model_dir)
    with contextlib.ExitStack() as stack:
        try:
            with delayed():  # a signal between the two would leave the first behind
                stack.enter_context(made_folder(folder))
                stack.enter_context(locked_folder(folder, _LOCK_NAME, progress.warning))
        except OSError as error:
            raise OdapiError(
                f"Cannot write to --model_dir {folder}: {error.strerror or error}.",
                hint="check the permissions and the free space there, or give another folder.",
            ) from error
        yield


def _is_chief() -> bool:
    """Whether this worker saves, by the environment variable TF_CONFIG of its cluster."""
    cluster_config = json.loads(os.environ.get("TF_CONFIG") or "{}")
    task = cluster_config.get("task", {})
    if "chief" in cluster_config.get("cluster", {}):
        return task.get("type") == "chief"
    return int(task.get("index", 0)) == 0


def _check(options: TrainOptions) -> Report:
    return require_valid(
        load_config(options.pipeline_config_path),
        train_steps=options.num_train_steps,
        use_api_loop=options.use_api_loop,
        is_distributed=options.use_tpu or options.num_workers > 1,
        source=options.pipeline_config_path,
    )


def _check_in_a_process(options: TrainOptions) -> Report:
    """Checks in a process of its own: in this one the worker has to join its cluster first."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_check, options).result()


def _train_in_our_loop(config: Any, options: TrainOptions, progress: Progress) -> None:
    odapi_ssd.register()
    from odapi_ssd.training import loop, setup

    strategy = setup.make_strategy(options.use_tpu, options.tpu_name, options.num_workers)
    with strategy.scope():
        loop.train_loop(
            setup.config_to_run(config, options.num_train_steps, options.use_tpu),
            options.model_dir,
            checkpoint_every_n=options.checkpoint_every_n,
            record_summaries=options.record_summaries,
            progress=progress,
        )


def _train_in_api_loop(options: TrainOptions, progress: Progress) -> None:
    flags = asdict(options)
    del flags["use_api_loop"]
    before = _resumable_in_api_loop(options.model_dir)
    with api_programs.loaded_program("model_main_tf2", flags) as program:
        progress.phase("Training in the API's own loop")
        program.main([])
    if newest_complete(options.model_dir) == before:
        progress.warning(
            "The API's loop has saved no checkpoint: it saves every --checkpoint_every_n steps and "
            "never the last one. --train_loop odapi-ssd does."
        )


def _resumable_in_api_loop(model_dir: str) -> NewestCheckpoint | None:
    """The checkpoint that the API's loop resumes from; None for a new run.

    Raises:
        OdapiError: that is not the newest good one, or there is none among what a run has left: the
            API's loop would start anew, or from an older one, and overwrite the others.
    """
    newest = newest_complete(model_dir, pass_over_damaged=True)
    if newest is None:
        return None
    number = highest_number(model_dir)
    highest = f"ckpt-{number}"
    is_last = number == 0 or os.path.basename(newest.prefix) == highest
    if newest.note is not None or not is_last:
        raise OdapiError(
            f"The API's loop cannot resume the run in {model_dir}: it takes what the file "
            f"`checkpoint` names, and writes over the next ones, of which there are files up to "
            f"{highest}. {newest.note or ''}".strip(),
            hint="--train_loop odapi-ssd resumes it and overwrites nothing.",
        )
    return newest
