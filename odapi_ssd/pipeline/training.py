"""Training through the API's own program, with this project's loop inside."""

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from odapi_ssd.pipeline import api_programs
from odapi_ssd.pipeline.model_dirs import claim_model_dir
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
        if flags.get("checkpoint_dir") or use_api_loop:
            program.main([])
            return
        claim_model_dir(Path(flags["model_dir"]), Path(flags["pipeline_config_path"]))
        with _our_train_loop(progress):
            program.main([])


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
