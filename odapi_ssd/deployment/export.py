"""Export through the API's own program: a SavedModel, its checkpoint and its config."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from odapi_ssd.atomic_output import publish, staging_folder
from odapi_ssd.checkpoints.contents import require_detector
from odapi_ssd.checkpoints.fit import explain_mismatch, require_fit
from odapi_ssd.checkpoints.state_file import read_state
from odapi_ssd.checkpoints.stored_files import split
from odapi_ssd.checkpoints.trained_config import require_model_of
from odapi_ssd.config.files import load_config, parse_config
from odapi_ssd.config.paths import is_remote
from odapi_ssd.deployment.input_types import INPUT_TYPES
from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.file_errors import explain_file_errors
from odapi_ssd.output_folder import require_own_folder, training_run_in
from odapi_ssd.plugin import api_programs
from odapi_ssd.plugin.swapping import swapped
from odapi_ssd.progress import SILENT, Progress

__all__ = ["LABEL_MAP_NAME", "export"]

_PROGRAM = "exporter_main_v2"
LABEL_MAP_NAME = "label_map.pbtxt"


def export(flags: Mapping[str, Any], progress: Progress = SILENT) -> Path:
    """Runs `exporter_main_v2` with the plugin registered.

    Its files (`saved_model/`, `checkpoint/`, `pipeline.config`) and a copy of the label map appear
    in the output directory only when all are complete, and replace those of an earlier export.

    Args:
        flags: the program's flags by name; None for a flag's default.
        progress: gets the phases.
    Returns:
        The SavedModel's directory.
    Raises:
        OdapiError: there is no checkpoint, it is of another model, or the files cannot be written.
        OptionError: the input type is unknown.
    """
    _require_input_type(flags.get("input_type"))
    config = load_config(flags["pipeline_config_path"])
    if flags.get("config_override"):
        config.MergeFrom(parse_config(flags["config_override"], source="--config_override"))
    output_dir = flags["output_directory"]
    require_own_folder(
        "output_directory",
        output_dir,
        training_run_in(output_dir),
        f"give the export a folder of its own, such as {Path(output_dir) / 'exported'}.",
    )
    checkpoint = require_detector(
        flags["trained_checkpoint_dir"], progress.warning, "--trained_checkpoint_dir"
    )
    require_model_of(checkpoint, config)
    with staging_folder(Path(output_dir)) as staging, _folder_with_newest(checkpoint) as folder:
        staged_flags = {
            **flags,
            "trained_checkpoint_dir": folder,
            "output_directory": str(staging),
        }
        with (
            explain_file_errors(f"The export cannot be written to {output_dir}"),
            api_programs.loaded_program(_PROGRAM, staged_flags) as program,
        ):
            _export_checked(program, checkpoint, progress)
        if not _copy_label_map(config, staging):
            progress.phase(f"No {LABEL_MAP_NAME} in the export: the config names none that exists.")
        publish(staging, Path(output_dir), _stale_names(Path(output_dir)))
    return Path(output_dir) / "saved_model"


def _require_input_type(input_type: str | None) -> None:
    if input_type is not None and input_type not in INPUT_TYPES:
        raise OptionError(
            "input_type", f"is {input_type!r}; one of {', '.join(INPUT_TYPES)} was expected."
        )


@contextlib.contextmanager
def _folder_with_newest(checkpoint: str) -> Iterator[str]:
    """A folder whose newest checkpoint is the given one: the program takes no other.

    A folder of its own, as the checkpoint's may name another one, or have a damaged state file.

    Raises:
        OdapiError: a remote checkpoint that is not its own folder's newest.
    """
    import tensorflow as tf

    if is_remote(checkpoint):
        yield _remote_folder(checkpoint)
        return
    with tempfile.TemporaryDirectory() as folder:
        tf.compat.v1.train.update_checkpoint_state(folder, os.path.abspath(checkpoint))
        yield folder


def _remote_folder(checkpoint: str) -> str:
    """A remote checkpoint's folder, if its state file names that checkpoint."""
    folder, name = split(checkpoint)
    state = read_state(folder)
    if state is None or state.named not in (name, checkpoint):
        raise OdapiError(
            f"{checkpoint} is on a remote file system, and not the newest checkpoint there.",
            hint="copy its files and export from the local folder.",
        )
    return folder


def _stale_names(output_dir: Path) -> list[str]:
    """The label map of an earlier export, whose classes may be others; never a user's file."""
    is_export = (output_dir / "saved_model" / "saved_model.pb").is_file()
    return [LABEL_MAP_NAME] if is_export else []


def _export_checked(program: Any, checkpoint: str, progress: Progress) -> None:
    """Runs the program; afterwards, checks that the exported model is the checkpoint's."""
    from object_detection import exporter_lib_v2

    builders = exporter_lib_v2.INPUT_BUILDER_UTIL_MAP
    build_stock_model = builders["model_build"]
    models = []

    def build(*args: Any, **kwargs: Any) -> Any:
        progress.phase(f"Building the model of {checkpoint}")
        models.append(build_stock_model(*args, **kwargs))
        progress.phase("Tracing and saving it (takes longest)")
        return models[-1]

    with swapped(builders, "model_build", build), explain_mismatch(checkpoint):
        program.main([])
    require_fit(models[0], checkpoint)


def _copy_label_map(config: Any, directory: Path) -> bool:
    """Copies the label map into the export, which is then complete; False if there is none."""
    for reader in (*config.eval_input_reader, config.train_input_reader):
        if reader.label_map_path and Path(reader.label_map_path).is_file():
            shutil.copyfile(reader.label_map_path, directory / LABEL_MAP_NAME)
            return True
    return False
