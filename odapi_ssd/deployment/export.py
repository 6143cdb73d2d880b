"""Export through the API's own program: a SavedModel, its checkpoint and its config."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from odapi_ssd.checkpoints.contents import require_detector
from odapi_ssd.checkpoints.fit import explain_mismatch, require_fit
from odapi_ssd.checkpoints.folder import require_no_run
from odapi_ssd.checkpoints.state_file import read_state
from odapi_ssd.checkpoints.stored_files import split
from odapi_ssd.checkpoints.trained_config import require_model_of
from odapi_ssd.config.files import load_config, parse_config
from odapi_ssd.config.paths import is_remote
from odapi_ssd.deployment.input_types import INPUT_TYPES
from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.file_errors import explain_file_errors, file_error_words
from odapi_ssd.outputs.folder import OutputFolder, output_folder
from odapi_ssd.plugin import api_programs
from odapi_ssd.plugin.swapping import swapped
from odapi_ssd.progress import SILENT, Progress

__all__ = ["LABEL_MAP_NAME", "export"]

_PROGRAM = "exporter_main_v2"
LABEL_MAP_NAME = "label_map.pbtxt"
_NAMES = ("saved_model", "checkpoint", "pipeline.config")


def export(
    flags: Mapping[str, Any], progress: Progress = SILENT, *, overwrite: bool = False
) -> Path:
    """Runs `exporter_main_v2` with the plugin registered.

    Its files (`saved_model/`, `checkpoint/`, `pipeline.config`) and a copy of the label map appear
    in the output directory only when all are complete, and replace those of an earlier export.

    Args:
        flags: the program's flags by name; None for a flag's default.
        progress: gets the phases.
        overwrite: replace what is in the way also if no earlier export wrote it.
    Returns:
        The SavedModel's directory.
    Raises:
        OdapiError: there is no checkpoint, it is of another model, something is in the way, or the
            files cannot be written.
        OptionError: the input type is unknown.
    """
    _require_input_type(flags.get("input_type"))
    config = load_config(flags["pipeline_config_path"])
    if flags.get("config_override"):
        config.MergeFrom(parse_config(flags["config_override"], source="--config_override"))
    output_dir = Path(flags["output_directory"])
    with output_folder(
        "output_directory", output_dir, "export", overwrite=overwrite, warn=progress.warning
    ) as outputs:
        label_map = _read_label_map(config)
        _require_free(outputs, label_map)
        checkpoint = require_detector(
            flags["trained_checkpoint_dir"], progress.warning, "--trained_checkpoint_dir"
        )
        require_model_of(checkpoint, config)
        _export_to(outputs.staging, flags, checkpoint, progress)
        if label_map is not None:
            (outputs.staging / LABEL_MAP_NAME).write_bytes(label_map)
        else:
            progress.phase(f"No {LABEL_MAP_NAME} in the export: the config names none that exists.")
        # An earlier export's label map may be of other classes.
        outputs.publish([LABEL_MAP_NAME] if outputs.is_own(LABEL_MAP_NAME) else [])
    return output_dir / "saved_model"


def _require_free(outputs: OutputFolder, label_map: bytes | None) -> None:
    """Refuses what is in the way, before TensorFlow builds anything."""
    hint = f"give the export a folder of its own, such as {outputs.path / 'exported'}."
    require_no_run(outputs.option, outputs.path, hint)
    contents = {} if label_map is None else {LABEL_MAP_NAME: label_map}
    outputs.require_replaceable(_NAMES, contents)


def _export_to(folder: Path, flags: Mapping[str, Any], checkpoint: str, progress: Progress) -> None:
    """Runs the program for a checkpoint, with a folder of ours as its output directory."""
    task = f"The export cannot be written to {flags['output_directory']}"
    with _folder_with_newest(checkpoint) as checkpoint_dir:
        staged = {"trained_checkpoint_dir": checkpoint_dir, "output_directory": str(folder)}
        with (
            explain_file_errors(task),
            api_programs.loaded_program(_PROGRAM, {**flags, **staged}) as program,
        ):
            _export_checked(program, checkpoint, progress)


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


def _read_label_map(config: Any) -> bytes | None:
    """The label map that the export gets a copy of; None if the config names none that exists."""
    for reader in (*config.eval_input_reader, config.train_input_reader):
        path = Path(reader.label_map_path)
        if reader.label_map_path and path.is_file():
            try:
                return path.read_bytes()
            except OSError as error:
                raise OdapiError(
                    f"The label map {path} cannot be read: {file_error_words(error)}."
                ) from error
    return None
