"""Export through the API's own program: a SavedModel, its checkpoint and its config."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from odapi_ssd.atomic_output import publish, staging_folder
from odapi_ssd.checkpoints.paths import explain_mismatch, require_checkpoint, require_fit
from odapi_ssd.checkpoints.trained_config import require_model_of
from odapi_ssd.config.files import load_config, parse_config
from odapi_ssd.deployment.input_types import INPUT_TYPES
from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.output_folder import require_own_folder, training_run_in
from odapi_ssd.plugin import api_programs
from odapi_ssd.progress import SILENT, Progress

__all__ = ["LABEL_MAP_NAME", "export"]

_PROGRAM = "exporter_main_v2"
LABEL_MAP_NAME = "label_map.pbtxt"


def export(flags: Mapping[str, Any], progress: Progress = SILENT) -> Path:
    """Runs `exporter_main_v2` with the plugin registered.

    What it writes (`saved_model/`, `checkpoint/`, `pipeline.config`) and a copy of the label map
    appear in the output directory only when all is complete, and replace an earlier export's.

    Args:
        flags: the program's flags by name; None stands for a flag's default.
        progress: gets the phases.
    Returns:
        The SavedModel's directory.
    Raises:
        OdapiError: there is no checkpoint, it is another model's, or the files cannot be written.
        OptionError: the input type is unknown.
    """
    _require_input_type(flags.get("input_type"))
    config = load_config(flags["pipeline_config_path"])
    if flags.get("config_override"):
        config.MergeFrom(parse_config(flags["config_override"], source="--config_override"))
    checkpoint_dir, output_dir = flags["trained_checkpoint_dir"], flags["output_directory"]
    _require_folders(checkpoint_dir, output_dir)
    checkpoint = require_checkpoint(checkpoint_dir)
    require_model_of(checkpoint, config)
    with staging_folder(Path(output_dir)) as staging:
        staged_flags = {**flags, "output_directory": str(staging)}
        with api_programs.loaded_program(_PROGRAM, staged_flags) as program:
            _export_checked(program, checkpoint, progress)
        if not _copy_label_map(config, staging):
            progress.phase(
                f"No {LABEL_MAP_NAME} in the export: the config names none that is there."
            )
        publish(staging, Path(output_dir), _stale_names(Path(output_dir)))
    return Path(output_dir) / "saved_model"


def _require_input_type(input_type: str | None) -> None:
    if input_type is not None and input_type not in INPUT_TYPES:
        raise OptionError(
            "input_type", f"is {input_type!r}; one of {', '.join(INPUT_TYPES)} was expected."
        )


def _require_folders(checkpoint_dir: str, output_dir: str) -> None:
    """Refuses what would fail late, or harm the run that is exported."""
    require_own_folder(
        "output_directory",
        output_dir,
        training_run_in(output_dir),
        f"give the export a folder of its own, such as {Path(output_dir) / 'exported'}.",
    )
    if "://" not in checkpoint_dir and not Path(checkpoint_dir).is_dir():
        raise OdapiError(
            f"--trained_checkpoint_dir {checkpoint_dir} is no directory.",
            hint="give the --model_dir of a training run; its newest checkpoint is exported.",
        )


def _stale_names(output_dir: Path) -> list[str]:
    """The label map of an earlier export, which may be of other classes; no file of a user's."""
    is_export = (output_dir / "saved_model" / "saved_model.pb").is_file()
    return [LABEL_MAP_NAME] if is_export else []


def _export_checked(program: Any, checkpoint: str, progress: Progress) -> None:
    """Runs the program, and makes sure that what it exported is the checkpoint's model."""
    from object_detection import exporter_lib_v2

    builders = exporter_lib_v2.INPUT_BUILDER_UTIL_MAP
    stock_build = builders["model_build"]
    models = []

    def build(*args: Any, **kwargs: Any) -> Any:
        progress.phase(f"Building the model of {checkpoint}")
        models.append(stock_build(*args, **kwargs))
        progress.phase("Tracing and saving it (takes longest)")
        return models[-1]

    builders["model_build"] = build
    try:
        with explain_mismatch(checkpoint):
            program.main([])
    finally:
        builders["model_build"] = stock_build
    require_fit(models[0], checkpoint)


def _copy_label_map(config: Any, directory: Path) -> bool:
    """Puts the class names beside the model, so that the export is all that a user has to keep."""
    for reader in (*config.eval_input_reader, config.train_input_reader):
        if reader.label_map_path and Path(reader.label_map_path).is_file():
            shutil.copyfile(reader.label_map_path, directory / LABEL_MAP_NAME)
            return True
    return False
