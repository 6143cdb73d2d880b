"""Training through the API's own program, with this project's loop inside."""

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from odapi_ssd.checkpoints.paths import latest_checkpoint
from odapi_ssd.checkpoints.trained_config import note_config, require_same_model
from odapi_ssd.config.files import load_config
from odapi_ssd.plugin import api_programs
from odapi_ssd.progress import SILENT, Progress

__all__ = ["train"]

_PROGRAM = "model_main_tf2"


def train(
    flags: Mapping[str, Any],
    *,
    use_api_loop: bool = False,
    progress: Progress = SILENT,
) -> bool:
    """Runs `model_main_tf2` with the plugin registered.

    Args:
        flags: its flags by name; None stands for a flag's default.
        use_api_loop: train in the API's own loop instead of this project's.
        progress: gets phases, steps and checkpoints; of the API's own loops only a phase.
    Returns:
        Whether a checkpoint was saved; always true of an evaluation, which saves none.
    Raises:
        OdapiError: the model directory belongs to another config, or what the loop raises.
    """
    with api_programs.loaded_program(_PROGRAM, flags) as program:
        if flags.get("checkpoint_dir"):
            progress.phase("Evaluating each new checkpoint, in the API's loop")
            program.main([])
            return True
        model_dir, config = flags["model_dir"], load_config(flags["pipeline_config_path"])
        before = latest_checkpoint(model_dir)
        if require_same_model(model_dir, config):
            note_config(model_dir, config)
        if use_api_loop:
            progress.phase("Training in the API's own loop")
            program.main([])
        else:
            with _our_train_loop(progress):
                program.main([])
            note_config(model_dir, config)  # also where only our loop could make sure of the model
        return latest_checkpoint(model_dir) != before


@contextmanager
def _our_train_loop(progress: Progress) -> Iterator[None]:
    """Puts this project's loop in the place of the API's."""
    from object_detection import model_lib_v2

    from odapi_ssd.training import loop as training_loop

    stock_loop = model_lib_v2.train_loop
    model_lib_v2.train_loop = functools.partial(training_loop.train_loop, progress=progress)
    try:
        yield
    finally:
        model_lib_v2.train_loop = stock_loop
