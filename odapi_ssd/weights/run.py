"""`odapi-ssd import-weights`: weights of another program into a checkpoint.

The checkpoint is laid out like those of the API's model zoo, `checkpoint/ckpt-0`. A whole detector
comes with its pipeline config, so that it can be exported at once.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd import __version__
from odapi_ssd.checkpoints.folder import require_no_run
from odapi_ssd.config.files import save_config
from odapi_ssd.config.overrides import set_field
from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.outputs.folder import OutputFolder, output_folder
from odapi_ssd.progress import SILENT, Progress
from odapi_ssd.weights.backbone import import_backbone
from odapi_ssd.weights.detector import import_detector
from odapi_ssd.weights.models import FilledModel
from odapi_ssd.weights.outcome import Imported, describe_unused, layer_rows
from odapi_ssd.weights.sources import KERAS, find_detector

__all__ = ["ImportOptions", "import_weights"]

_CHECKPOINTS, _PREFIX, _CONFIG = "checkpoint", "ckpt-0", "pipeline.config"


@dataclass(frozen=True)
class ImportOptions:
    """The options of `odapi-ssd import-weights`.

    Attributes:
        source: the program that the weights come from, one of `sources.SOURCE_NAMES`.
        output_dir: gets `checkpoint/` and, for a detector, `pipeline.config`.
        weights: the weight file; None for Keras's own download.
        backbone: the network, for Keras.
        pipeline_config_path: the config whose model it is for; None for the default one.
        overwrite: replace what is in the way also if no earlier import wrote it.
    Raises:
        OptionError: the source is unknown, or an option is missing or has no meaning for it.
    """

    source: str
    output_dir: Path
    weights: str | None = None
    backbone: str | None = None
    pipeline_config_path: str | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Checks the source, and the other options against it."""
        if self.source != KERAS:
            find_detector(self.source)
        if (self.source == KERAS) != (self.backbone is not None):
            wanted = "is needed" if self.backbone is None else "has no meaning"
            raise OptionError("backbone", f"{wanted} with --from {self.source}.")
        if self.weights is None and self.source != KERAS:
            raise OptionError("weights", f"is needed with --from {self.source}.")

    def as_command(self) -> str:
        """The command line with these options."""
        words = ["odapi-ssd", "import-weights", "--from", self.source]
        for name in ("backbone", "weights", "output_dir", "pipeline_config_path"):
            if getattr(self, name) is not None:
                words += [f"--{name}", str(getattr(self, name))]
        return shlex.join(words)


def import_weights(options: ImportOptions, progress: Progress = SILENT) -> Imported:
    """Imports weights into a checkpoint.

    Args:
        options: what to import, and where to.
        progress: gets the phases.
    Raises:
        OdapiError: the weights or the config cannot be read, or do not fit; or something is in the
            way in the output folder. Nothing is written then.
    """
    import odapi_ssd

    odapi_ssd.register()
    with output_folder(
        "output_dir",
        options.output_dir,
        "import-weights",
        overwrite=options.overwrite,
        warn=progress.warning,
    ) as outputs:
        _require_free(outputs, options)
        filled = _import(options, progress)
        progress.phase("Writing the checkpoint")
        _write(outputs, options, filled)
    return Imported(
        rows=layer_rows(filled.mapped),
        unused=describe_unused(filled.mapped),
        notes=list(filled.notes),
        checkpoint=_prefix(options),
        config_path=None if filled.config is None else options.output_dir / _CONFIG,
    )


def _import(options: ImportOptions, progress: Progress) -> FilledModel:
    config_path = options.pipeline_config_path
    if options.source == KERAS:
        return import_backbone(str(options.backbone), options.weights, config_path, progress)
    return import_detector(options.source, str(options.weights), config_path, progress)


def _require_free(outputs: OutputFolder, options: ImportOptions) -> None:
    """Refuses what is in the way, before the work; some of it even with `--overwrite`."""
    folder, hint = outputs.path, "give the weights a folder of their own."
    require_no_run(outputs.option, folder, hint)
    if (folder / "saved_model").exists():
        # Its checkpoint and config would be another model's.
        raise OdapiError(
            f"--{outputs.option} {folder} holds an exported model (saved_model); nothing was "
            "changed.",
            hint=hint,
        )
    if options.source == KERAS and (folder / _CONFIG).exists():
        raise OdapiError(
            f"--{outputs.option} {folder} holds {_CONFIG}, to which a network's weights do not "
            "belong; nothing was changed.",
            hint=hint,
        )
    names = [_CHECKPOINTS] if options.source == KERAS else [_CHECKPOINTS, _CONFIG]
    outputs.require_replaceable(names)


def _write(outputs: OutputFolder, options: ImportOptions, filled: FilledModel) -> None:
    """Writes the checkpoint and, for a detector, the config that starts from it."""
    import tensorflow as tf

    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(**filled.saved), str(outputs.staging / _CHECKPOINTS), max_to_keep=1
    )
    manager.save(checkpoint_number=0)
    if filled.config is not None:
        for field, value in (
            ("", Path(_prefix(options)).resolve()), ("_type", "full"), ("_version", "V2")
        ):  # fmt: skip
            set_field(filled.config, f"train_config.fine_tune_checkpoint{field}={value}")
        header = f"Made by odapi-ssd {__version__}, by\n{options.as_command()}\n"
        save_config(filled.config, outputs.staging / _CONFIG, header)
    outputs.publish()


def _prefix(options: ImportOptions) -> str:
    return str(options.output_dir / _CHECKPOINTS / _PREFIX)
