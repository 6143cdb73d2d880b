"""Training through the API's own program, with this project's loop inside."""

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

from odapi_ssd.pipeline import api_programs
from odapi_ssd.pipeline.config import load_config
from odapi_ssd.pipeline.model_dirs import note_config, require_same_model
from odapi_ssd.pipeline.progress import TrainingProgress

__all__ = ["train"]

_PROGRAM = "model_main_tf2"


def train(
    flags: Mapping[str, Any],
    *,
    use_api_loop: bool = False,
    progress: TrainingProgress | None = None,
) -> None:
    """Runs `model_main_tf2` with the plugin registered.

    Args:
        flags: its flags by name; None stands for a flag's default.
        use_api_loop: train in the API's own loop instead of this project's.
        progress: is told what happens, by this project's loop.
    Raises:
        OdapiError: the model directory belongs to another config, or what the loop raises.
    """
    with api_programs.loaded_program(_PROGRAM, flags) as program:
        if flags.get("checkpoint_dir"):
            program.main([])
            return
        model_dir, config = flags["model_dir"], load_config(flags["pipeline_config_path"])
        is_same_model = require_same_model(model_dir, config)
        if is_same_model:
            note_config(model_dir, config)
        with nullcontext() if use_api_loop else _our_train_loop(progress):
            program.main([])
        if not is_same_model and not use_api_loop:
            # Our loop has made sure of it.
            note_config(model_dir, config)


@contextmanager
def _our_train_loop(progress: TrainingProgress | None) -> Iterator[None]:
    """Puts this project's loop in the place of the API's."""
    from object_detection import model_lib_v2

    from odapi_ssd.pipeline import training_loop

    stock_loop = model_lib_v2.train_loop
    model_lib_v2.train_loop = functools.partial(training_loop.train_loop, progress=progress)
    try:
        yield
    finally:
        model_lib_v2.train_loop = stock_loop
