"""`odapi-ssd import-weights`: reads a weight file, maps it, writes a checkpoint.

The checkpoint is like one of the API's model zoo, `checkpoint/ckpt-0`. A whole detector comes with
its pipeline config, so that it can be exported at once.
"""

import contextlib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odapi_ssd import __version__
from odapi_ssd.atomic_output import publish, staging_folder
from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.config.overrides import set_field
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import list_some
from odapi_ssd.output_folder import exported_model_in, require_own_folder, training_run_in
from odapi_ssd.progress import SILENT, Progress
from odapi_ssd.weights import (
    detector_config,
    detector_source,
    keras_networks,
    keras_rules,
    models,
    slim_ssd,
    torchvision_ssd,
    tutorial_ssd,
)
from odapi_ssd.weights.h5_file import LayerArrays, opened_h5
from odapi_ssd.weights.keras_download import download
from odapi_ssd.weights.mapping import MappedWeights, StoredArray, map_weights
from odapi_ssd.weights.outcome import Imported, describe_left, layer_rows
from odapi_ssd.weights.state_dict import read_state_dict
from odapi_ssd.weights.tf1_checkpoint import read_tf1_checkpoint

__all__ = ["ImportOptions", "import_weights"]

_KERAS = "keras"
_SOURCES = {
    "torchvision": torchvision_ssd.SOURCE,
    "tutorial": tutorial_ssd.SOURCE,
    "slim": slim_ssd.SOURCE,
}
_CHECKPOINTS, _PREFIX, _CONFIG = "checkpoint", "ckpt-0", "pipeline.config"
_OTHER_WIDTH_HINT = (
    "for weights of another width give a --pipeline_config_path whose "
    "model.ssd.feature_extractor.depth_multiplier is that width."
)


@dataclass(frozen=True)
class ImportOptions:
    """What `odapi-ssd import-weights` was asked for.

    Attributes:
        source: "keras", or a key of `_SOURCES`.
        output_dir: gets `checkpoint/` and, for a detector, `pipeline.config`.
        weights: the file; None for Keras's own download.
        backbone: the network, for Keras.
        pipeline_config_path: the config whose model it is for; None for the usual one.
    """

    source: str
    output_dir: Path
    weights: str | None = None
    backbone: str | None = None
    pipeline_config_path: str | None = None

    def as_command(self) -> str:
        """The command line that asks for the same."""
        words = ["odapi-ssd", "import-weights", "--from", self.source]
        for name in ("backbone", "weights", "output_dir", "pipeline_config_path"):
            if getattr(self, name) is not None:
                words += [f"--{name}", str(getattr(self, name))]
        return shlex.join(words)


def import_weights(options: ImportOptions, progress: Progress = SILENT) -> Imported:
    """Imports what the options ask for.

    Args:
        options: what to import, and where to.
        progress: gets the phases.
    Raises:
        OdapiError: the weights or the config cannot be read, or do not fit; nothing is written.
    """
    import odapi_ssd

    odapi_ssd.register()
    folder = options.output_dir
    foreign = training_run_in(folder) or exported_model_in(folder) or _config_in(options)
    require_own_folder("output_dir", folder, foreign, "give the weights a folder of their own.")
    run = _import_network if options.source == _KERAS else _import_detector
    return run(options, progress)


def _import_network(options: ImportOptions, progress: Progress) -> Imported:
    name = options.backbone or ""
    if name not in keras_networks.NETWORKS:
        raise OdapiError(
            f"Keras has no {name}, and so no weights of it.",
            hint=f"with --from keras, --backbone is one of {', '.join(keras_networks.NETWORKS)}.",
        )
    network = keras_networks.NETWORKS[name]
    config_path = options.pipeline_config_path
    config = None if config_path is None else load_config(config_path)
    progress.phase(f"Building {network.application}")
    backbone = models.build_backbone(name, network, config, config_path)
    variables = models.backbone_variables(backbone)
    origin = options.weights or f"Keras's download of {network.application}"
    progress.phase(f"Reading {origin}")
    with _file_layers(options, network, config) as file_layers:
        rules, values = keras_rules.network_rules(
            network, models.shapes_of(variables), file_layers, origin
        )
        stored = {name: array for arrays in file_layers.values() for name, array in arrays.items()}
        mapped = map_weights(
            rules, stored, origin, f"Keras's {network.application}",
            _OTHER_WIDTH_HINT if network.widths else None,
        )  # fmt: skip
    if keras_networks.ADJUSTMENT in variables:
        values.update(models.adjustment(keras_networks.VGG16_MEANS, (1.0, 1.0, 1.0)))
    models.assign(models.flat(variables), {**values, **mapped.values})
    progress.phase("Writing the checkpoint")
    _write(options, {"feature_extractor": backbone})
    return _outcome(options, mapped)


def _file_layers(
    options: ImportOptions, network: keras_networks.KerasNetwork, config: Any
) -> contextlib.AbstractContextManager[LayerArrays]:
    if options.weights is not None:
        return opened_h5(Path(options.weights))
    width = 1.0 if config is None else config.model.ssd.feature_extractor.depth_multiplier
    return contextlib.nullcontext(download(network, width))


def _import_detector(options: ImportOptions, progress: Progress) -> Imported:
    import tensorflow as tf

    source, origin = _SOURCES[options.source], str(options.weights)
    progress.phase(f"Reading {origin}")
    read = read_tf1_checkpoint if options.source == "slim" else read_state_dict
    stored = read(origin)
    _require_source(options.source, stored, origin)
    num_classes = detector_source.num_classes(source, stored, origin)
    if options.pipeline_config_path is None:
        fitting = detector_config.config_of_template(source, num_classes)
    else:
        fitting = detector_config.fitting_config(
            load_config(options.pipeline_config_path), source, num_classes,
            options.pipeline_config_path,
        )  # fmt: skip
    rules = detector_source.detector_rules(source, stored, num_classes, fitting.cell_orders)
    mapped = map_weights(rules, stored, origin, source.title)
    progress.phase("Building the detector")
    model = models.build_detector(fitting.config, options.pipeline_config_path or source.template)
    adjustment = models.adjustment(source.channel_means, source.channel_factors)
    models.assign(models.detector_variables(model), {**mapped.values, **adjustment})
    progress.phase("Writing the checkpoint")
    # `odapi-ssd evaluate` wants to know the step.
    step = tf.Variable(0, dtype=tf.int64)
    _write(options, {"model": model, "step": step}, fitting.config)
    return _outcome(options, mapped, fitting.notes)


def _require_source(name: str, stored: Mapping[str, StoredArray], origin: str) -> None:
    """Tells a file of another program early, by the one name that no other has."""
    source = _SOURCES[name]
    if source.norm in stored:
        return
    others = [other for other, known in _SOURCES.items() if known.norm in stored]
    raise OdapiError(
        f"{origin} is not {source.title}: it has no array {source.norm}.",
        details=[f"there are: {list_some(stored) or 'none'}"],
        hint=f"it looks like {_SOURCES[others[0]].title}: --from {others[0]}."
        if others
        else "--from names the program that the weights come from.",
    )


def _config_in(options: ImportOptions) -> str | None:
    """A config in the output folder that the import would go beside, or replace, wrongly."""
    config_path = options.output_dir / _CONFIG
    if config_path.exists() and options.source == _KERAS:
        return f"{_CONFIG}, to which a network's weights do not belong"
    if config_path.exists() and _is_same(config_path, options.pipeline_config_path):
        return "the --pipeline_config_path itself"
    return None


def _is_same(path: Path, other: str | None) -> bool:
    return other is not None and Path(other).exists() and path.samefile(other)


def _write(options: ImportOptions, objects: Mapping[str, Any], config: Any = None) -> None:
    """Puts a checkpoint of the objects, and the config that starts from it, in place."""
    with staging_folder(options.output_dir) as staging:
        models.save_checkpoint(staging / _CHECKPOINTS, **objects)
        if config is not None:
            for field, value in (
                ("", Path(_prefix(options)).resolve()), ("_type", "full"), ("_version", "V2")
            ):  # fmt: skip
                set_field(config, f"train_config.fine_tune_checkpoint{field}={value}")
            header = f"Made by odapi-ssd {__version__}, by\n{options.as_command()}\n"
            save_config(config, staging / _CONFIG, header)
        publish(staging, options.output_dir)


def _prefix(options: ImportOptions) -> str:
    return str(options.output_dir / _CHECKPOINTS / _PREFIX)


def _outcome(options: ImportOptions, mapped: MappedWeights, notes: Sequence[str] = ()) -> Imported:
    has_config = options.source != _KERAS
    return Imported(
        layer_rows(mapped),
        describe_left(mapped),
        list(notes),
        _prefix(options),
        options.output_dir / _CONFIG if has_config else None,
    )
