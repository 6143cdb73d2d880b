"""Export through the API's own program: a SavedModel, its checkpoint and its config."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from odapi_ssd.errors import OdapiError
from odapi_ssd.pipeline import api_programs
from odapi_ssd.pipeline.checkpoints import explain_mismatch, require_checkpoint, require_fit
from odapi_ssd.pipeline.config import load_config, parse_config
from odapi_ssd.staging import publish, staging_folder

__all__ = ["INPUT_TYPES", "LABEL_MAP_NAME", "export"]

_PROGRAM = "exporter_main_v2"
INPUT_TYPES = (
    "image_tensor",
    "encoded_image_string_tensor",
    "tf_example",
    "float_image_tensor",
    "image_and_boxes_tensor",
)
LABEL_MAP_NAME = "label_map.pbtxt"


def export(flags: Mapping[str, Any], tell: Callable[[str], None] = lambda text: None) -> Path:
    """Runs `exporter_main_v2` with the plugin registered.

    What it writes (`saved_model/`, `checkpoint/`, `pipeline.config`) and a copy of the label map
    appear in the output directory only when all is complete, and replace an earlier export's.

    Args:
        flags: the program's flags by name; None stands for a flag's default.
        tell: is called with what is being done.
    Returns:
        The SavedModel's directory.
    Raises:
        OdapiError: there is no checkpoint, it is another model's, or the files cannot be written.
    """
    config = load_config(flags["pipeline_config_path"])
    if flags.get("config_override"):
        config.MergeFrom(parse_config(flags["config_override"], source="--config_override"))
    checkpoint_dir = Path(flags["trained_checkpoint_dir"])
    if not checkpoint_dir.is_dir():
        raise OdapiError(
            f"--trained_checkpoint_dir {checkpoint_dir} is no directory.",
            hint="give the --model_dir of a training run; its newest checkpoint is exported.",
        )
    checkpoint = require_checkpoint(checkpoint_dir)
    output_dir = Path(flags["output_directory"])
    with staging_folder(output_dir) as staging:
        staged_flags = {**flags, "output_directory": str(staging)}
        with api_programs.loaded_program(_PROGRAM, staged_flags) as program:
            _export_checked(program, checkpoint, tell)
        _copy_label_map(config, staging)
        publish(staging, output_dir)
    return output_dir / "saved_model"


def _export_checked(program: Any, checkpoint: str, tell: Callable[[str], None]) -> None:
    """Runs the program, and makes sure that what it exported is the checkpoint's model."""
    from object_detection import exporter_lib_v2

    builders = exporter_lib_v2.INPUT_BUILDER_UTIL_MAP
    stock_build = builders["model_build"]
    models = []

    def build(*args: Any, **kwargs: Any) -> Any:
        tell(f"Building the model of {checkpoint}")
        models.append(stock_build(*args, **kwargs))
        tell("Tracing and saving it (takes longest)")
        return models[-1]

    builders["model_build"] = build
    try:
        with explain_mismatch(checkpoint):
            program.main([])
    finally:
        builders["model_build"] = stock_build
    require_fit(models[0], checkpoint)


def _copy_label_map(config: Any, directory: Path) -> None:
    """Puts the class names beside the model, so that the export is all that a user has to keep."""
    for reader in (*config.eval_input_reader, config.train_input_reader):
        if reader.label_map_path and Path(reader.label_map_path).is_file():
            shutil.copyfile(reader.label_map_path, directory / LABEL_MAP_NAME)
            return
