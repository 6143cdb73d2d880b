"""Evaluating each new checkpoint of a run, as the API's `model_main_tf2 --checkpoint_dir` does."""

from collections.abc import Mapping
from typing import Any

from odapi_ssd.check.report import require_valid
from odapi_ssd.config.files import load_config
from odapi_ssd.plugin import api_programs
from odapi_ssd.progress import SILENT, Progress

__all__ = ["evaluate_continuously"]


def evaluate_continuously(flags: Mapping[str, Any], progress: Progress = SILENT) -> None:
    """Checks a config, then evaluates in the API's loop until the last step or a timeout.

    Args:
        flags: those of `model_main_tf2` by name, with `pipeline_config_path`, `model_dir` and
            `checkpoint_dir`; None stands for a flag's default.
        progress: gets warnings and phases; the metrics go to the log.
    Raises:
        OdapiError: the config has problems.
    """
    progress.phase("Checking the config and its data")
    path = flags["pipeline_config_path"]
    for warning in require_valid(load_config(path), for_training=False, source=path).warnings:
        progress.warning(str(warning))
    with api_programs.loaded_program("model_main_tf2", flags) as program:
        progress.phase("Evaluating each new checkpoint, in the API's loop")
        program.main([])
