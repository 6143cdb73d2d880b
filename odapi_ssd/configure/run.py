"""Makes a ready pipeline config from a template and a converted dataset.

It needs no TensorFlow, except to see whether the checkpoint of a mode fits. Every change goes
through `set_field`, so that what is done here could be done with `--set`, and is listed in the same
words.
"""

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from odapi_ssd import __version__
from odapi_ssd.config.files import load_config, save_config
from odapi_ssd.config.overrides import set_field
from odapi_ssd.config.schedules import scale_rates, stretch_steps
from odapi_ssd.config.templates import find_template
from odapi_ssd.configure.training_modes import fill_start, require_fitting_start, require_mode
from odapi_ssd.data.summary import LABEL_MAP_FILE, DatasetSummary, SplitSummary
from odapi_ssd.errors import OdapiError, require_at_least

__all__ = ["ConfigureOptions", "Configured", "configure"]

_EVAL_SPLITS = ("val", "test")


@dataclass(frozen=True)
class ConfigureOptions:
    """What `odapi-ssd configure` was asked for; None leaves the template's value.

    Attributes:
        template: a template's name, or the path of a config.
        records_dir: the output folder of `odapi-ssd convert`.
        output_path: the config to write.
        assignments: `path.to.field=value`, applied last.
        batch_size: learning rates are scaled with it, linearly.
        num_steps: the learning-rate schedule is stretched with it.
        fine_tune_checkpoint: a checkpoint's prefix to start from.
        mode: where training starts and what it trains, one of `training_modes.MODES`; None leaves
            the type of the checkpoint and what is frozen as they are.
        train_split: the split to train on.
        eval_split: the split to evaluate on; None for val, else test.

    Raises:
        OptionError: a number is below 1, or the mode is unknown or lacks its checkpoint.
    """

    template: str
    records_dir: Path
    output_path: Path
    assignments: tuple[str, ...] = ()
    batch_size: int | None = None
    num_steps: int | None = None
    fine_tune_checkpoint: str | None = None
    mode: str | None = None
    train_split: str = "train"
    eval_split: str | None = None

    def __post_init__(self) -> None:
        require_at_least("batch_size", self.batch_size, 1)
        require_at_least("num_steps", self.num_steps, 1)
        require_mode(self.mode, self.fine_tune_checkpoint)

    def as_command(self) -> str:
        """The command line that asks for the same."""
        words = ["odapi-ssd", "configure"]
        for name in ("template", "records_dir", "output_path", "batch_size", "num_steps",
                     "fine_tune_checkpoint", "mode", "train_split", "eval_split"):  # fmt: skip
            value = getattr(self, name)
            if value is not None and (name, value) != ("train_split", "train"):
                words += [f"--{name}", str(value)]
        for assignment in self.assignments:
            words += ["--set", assignment]
        return shlex.join(words)


@dataclass
class Configured:
    """A config in the making, and what was done to it.

    Attributes:
        config: a `pipeline_pb2.TrainEvalPipelineConfig`.
        changes: path and new value of each field that was set, in order.
        notes: what the user should know, a sentence each.
    """

    config: Any
    changes: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def set(self, path: str, value: object) -> None:
        """Sets a field and notes it."""
        change = set_field(self.config, f"{path}={value}")
        self.changes.append((path, str(value)))
        for dropped in change.replaced:
            self.notes.append(f"{dropped} was dropped: only one of it and {path} can be set.")


def configure(options: ConfigureOptions) -> Configured:
    """Writes the config that the options ask for.

    Returns:
        The config as it was written, and what was set.

    Raises:
        OdapiError: template, data or a value is wrong; nothing is written then.
    """
    template = find_template(options.template)
    if options.output_path.exists() and template.samefile(options.output_path):
        raise OdapiError(
            f"{options.output_path} is the template itself.", hint="give another --output_path."
        )
    if options.output_path.is_dir():
        raise OdapiError(f"{options.output_path} is a folder; --output_path names a file.")
    configured = Configured(load_config(template))
    _fill_data(configured, options)
    _fill_training(configured, options)
    for assignment in options.assignments:
        path, _, value = assignment.partition("=")
        configured.set(path.strip(), value.strip())
    require_fitting_start(configured, options.mode, options.fine_tune_checkpoint)
    header = f"Made by odapi-ssd {__version__} from {template.name}, by\n{options.as_command()}\n"
    save_config(configured.config, options.output_path, header)
    return configured


def _fill_data(configured: Configured, options: ConfigureOptions) -> None:
    config, folder = configured.config, options.records_dir.resolve()
    dataset = DatasetSummary.load(options.records_dir)
    if any(character in str(folder) for character in "*?["):
        raise OdapiError(
            f"The path {folder} holds one of the characters * ? [, which the API takes for "
            "wildcards in paths of records.",
            hint="rename the folder.",
        )
    label_map = folder / LABEL_MAP_FILE
    if not label_map.is_file():
        raise OdapiError(f"There is no label map {label_map}.", hint="convert the dataset again.")
    train = _require_split(dataset, options.train_split, folder)
    eval_split = options.eval_split or _choose_eval_split(dataset, configured)
    evaluation = _require_split(dataset, eval_split, folder)
    if eval_split == options.train_split:
        configured.notes.append(f"Training and evaluation both use the split {eval_split!r}.")

    _fill_num_classes(configured, max(dataset.label_map.values()))
    _fill_reader(configured, "train_input_reader", folder, options.train_split, train)
    _at_least(configured, "train_config.max_number_of_boxes", train.max_objects_per_image)
    buffer_size = config.train_input_reader.shuffle_buffer_size
    if buffer_size > train.num_examples:
        configured.set("train_input_reader.shuffle_buffer_size", train.num_examples)
    if len(config.eval_input_reader) > 1:
        configured.notes.append("Only the first eval_input_reader of the template was kept.")
        del config.eval_input_reader[1:]
    _fill_reader(configured, "eval_input_reader[0]", folder, eval_split, evaluation)
    configured.set("eval_input_reader[0].shuffle", "false")
    configured.set("eval_input_reader[0].num_epochs", 1)
    configured.set("eval_config.num_examples", evaluation.num_examples)


def _require_split(dataset: DatasetSummary, name: str, folder: Path) -> SplitSummary:
    split = dataset.splits.get(name)
    if split is None or not split.num_examples:
        what = "has no split" if split is None else "has no example in the split"
        raise OdapiError(
            f"The dataset in {folder} {what} {name!r}; it has {_listed(dataset)}.",
            hint="name others with --train_split and --eval_split, or convert with --splits.",
        )
    if not any(folder.glob(f"{name}.record-?????-of-?????")):
        raise OdapiError(
            f"{folder} holds no file {name}.record-?????-of-?????, though its dataset.json names "
            "that split.",
            hint="convert the dataset again.",
        )
    return split


def _choose_eval_split(dataset: DatasetSummary, configured: Configured) -> str:
    for name in _EVAL_SPLITS:
        if name in dataset.splits and dataset.splits[name].num_examples:
            if name != _EVAL_SPLITS[0]:
                configured.notes.append(
                    f"There is no split {_EVAL_SPLITS[0]!r}; {name!r} is evaluated on."
                )
            return name
    raise OdapiError(
        f"The dataset has no split {' or '.join(_EVAL_SPLITS)} to evaluate on; "
        f"it has {_listed(dataset)}.",
        hint="name one with --eval_split, or convert with --val_fraction.",
    )


def _listed(dataset: DatasetSummary) -> str:
    return ", ".join(dataset.splits) or "none at all"


def _fill_num_classes(configured: Configured, num_classes: int) -> None:
    kind = configured.config.model.WhichOneof("model")
    if kind is None:
        raise OdapiError("The template has no model.", hint="give a complete pipeline config.")
    model = getattr(configured.config.model, kind)
    if "num_classes" in model.DESCRIPTOR.fields_by_name:
        configured.set(f"model.{kind}.num_classes", num_classes)
    else:
        configured.notes.append(f"model.{kind} has no num_classes; it was left as it is.")


def _fill_reader(
    configured: Configured, path: str, folder: Path, name: str, split: SplitSummary
) -> None:
    records = f"{folder}/{name}.record-?????-of-?????"
    configured.set(f"{path}.label_map_path", folder / LABEL_MAP_FILE)
    reader = _reader(configured.config, path)
    reader.ClearField("sample_from_datasets_weights")
    reader.tf_record_input_reader.ClearField("input_path")
    configured.set(f"{path}.tf_record_input_reader.input_path[0]", records)
    _at_least(configured, f"{path}.max_number_of_boxes", split.max_objects_per_image)


def _reader(config: Any, path: str) -> Any:
    is_training = path == "train_input_reader"
    return config.train_input_reader if is_training else config.eval_input_reader[0]


def _at_least(configured: Configured, path: str, least: int) -> None:
    owner = (
        configured.config.train_config
        if path.startswith("train_config")
        else _reader(configured.config, path.rpartition(".")[0])
    )
    if owner.max_number_of_boxes < least:
        configured.set(path, least)


def _fill_training(configured: Configured, options: ConfigureOptions) -> None:
    train_config = configured.config.train_config
    old_batch_size, old_steps = train_config.batch_size, train_config.num_steps
    if options.batch_size is not None:
        configured.set("train_config.batch_size", options.batch_size)
        factor = options.batch_size / old_batch_size if old_batch_size else 1.0
        rates = scale_rates(train_config, factor)
        configured.changes += [(path, f"{rate:.6g}") for path, rate in rates]
        if rates:
            configured.notes.append(
                f"Learning rates were scaled by {factor:.4g}, as the batch size went from "
                f"{old_batch_size} to {options.batch_size}."
            )
    if options.num_steps is not None:
        configured.set("train_config.num_steps", options.num_steps)
        steps = stretch_steps(train_config, old_steps, options.num_steps)
        configured.changes += [(path, str(step)) for path, step in steps]
        if not old_steps:
            configured.notes.append("The template has no num_steps; its schedule was left alone.")
    fill_start(configured, options.mode, options.fine_tune_checkpoint)
