"""Makes a ready pipeline config from a template and a converted dataset.

Needs no TensorFlow but for checkpoints: to find the newest in a folder, and to see whether one
suits the mode. Fields are set as `--set` does it, and listed so.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from odapi_ssd import __version__
from odapi_ssd.check.findings import Findings
from odapi_ssd.check.learning_rates import check_learning_rates
from odapi_ssd.check.numbers import check_numbers
from odapi_ssd.config.files import config_to_text, load_config
from odapi_ssd.config.schedules import MAX_UINT32, scale_rates, stretch_steps
from odapi_ssd.config.templates import find_template
from odapi_ssd.configure.dataset import fill_dataset
from odapi_ssd.configure.draft import ConfigDraft
from odapi_ssd.configure.training_modes import (
    fill_start,
    find_start,
    require_fitting_start,
    require_mode,
)
from odapi_ssd.errors import OdapiError, require_between
from odapi_ssd.messages import count_of
from odapi_ssd.outputs.text_file import require_replaceable, write_marked_text

__all__ = ["ConfigureOptions", "configure"]

_COMMAND = "configure"


@dataclass(frozen=True)
class ConfigureOptions:
    """The options of `odapi-ssd configure`; None leaves the template's value.

    Attributes:
        template: a template's name, or the path of a config.
        records_dir: the output folder of `odapi-ssd convert`.
        output_path: the config to write.
        assignments: `path.to.field=value`, applied last.
        batch_size: learning rates are scaled with it, linearly.
        num_steps: the learning-rate schedule is stretched with it.
        fine_tune_checkpoint: the checkpoint to start from: a prefix, one of its files, or a folder,
            whose newest is taken.
        mode: where training starts and what it trains, one of `training_modes.MODES`; None leaves
            the type of the checkpoint and what is frozen as they are.
        train_split: the split to train on.
        eval_split: the split to evaluate on; None for val, else test.
        overwrite: replace the file also if configure did not write it as it is.

    Raises:
        OptionError: a number is out of range, or the mode is unknown or lacks its checkpoint.
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
    overwrite: bool = False

    def __post_init__(self) -> None:
        require_between("batch_size", self.batch_size, 1, MAX_UINT32)
        require_between("num_steps", self.num_steps, 1, MAX_UINT32)
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


def configure(options: ConfigureOptions) -> ConfigDraft:
    """Writes the config that the options ask for.

    Returns:
        The config as it was written, and what was set in it.
    Raises:
        OdapiError: template, data, checkpoint or a value is wrong, or a file that configure did not
            write is in the way; nothing is written then.
    """
    template = find_template(options.template)
    if options.output_path.exists() and template.samefile(options.output_path):
        raise OdapiError(
            f"{options.output_path} is the template itself.", hint="give another --output_path."
        )
    if options.output_path.is_dir():
        raise OdapiError(f"{options.output_path} is a folder; --output_path names a file.")
    require_replaceable(options.output_path, _COMMAND, options.overwrite)
    draft = ConfigDraft(load_config(template))
    fill_dataset(draft, options.records_dir, options.train_split, options.eval_split)
    _fill_batch_size(draft, options.batch_size)
    _fill_num_steps(draft, options.num_steps)
    start = find_start(options.fine_tune_checkpoint, draft.notes.append)
    fill_start(draft, options.mode, start)
    for assignment in options.assignments:
        path, _, value = assignment.partition("=")
        draft.set(path.strip(), value.strip())
    require_fitting_start(draft, options.mode, start)
    _check_values(draft)
    header = f"Made by odapi-ssd {__version__} from {template.name}, by\n{options.as_command()}\n"
    text = config_to_text(draft.config, header)
    write_marked_text(options.output_path, text, _COMMAND, options.overwrite)
    return draft


def _check_values(draft: ConfigDraft) -> None:
    """Refuses numbers that no training can have, wherever they come from."""
    findings = Findings()
    check_numbers(draft.config, "", findings)
    check_learning_rates(draft.config.train_config, findings)
    if findings.problems:
        raise OdapiError(
            f"The config would have {count_of(len(findings.problems), 'problem')}:",
            details=map(str, findings.problems),
            hint="give other values; nothing was written.",
        )
    draft.notes += [str(warning) for warning in findings.warnings]


def _fill_batch_size(draft: ConfigDraft, batch_size: int | None) -> None:
    """Sets the batch size and scales the learning rates with it."""
    if batch_size is None:
        return
    train_config = draft.config.train_config
    old_batch_size = train_config.batch_size
    draft.set("train_config.batch_size", batch_size)
    factor = batch_size / old_batch_size if old_batch_size else 1.0
    rates = scale_rates(train_config, factor)
    draft.changes += [(path, f"{rate:.6g}") for path, rate in rates]
    if rates:
        draft.notes.append(
            f"Learning rates were scaled by {factor:.4g}, as the batch size went from "
            f"{old_batch_size} to {batch_size}."
        )


def _fill_num_steps(draft: ConfigDraft, num_steps: int | None) -> None:
    """Sets the number of steps and stretches the learning-rate schedule with it."""
    if num_steps is None:
        return
    train_config = draft.config.train_config
    old_num_steps = train_config.num_steps
    draft.set("train_config.num_steps", num_steps)
    steps = stretch_steps(train_config, old_num_steps, num_steps)
    draft.changes += [(path, str(step)) for path, step in steps]
    if not old_num_steps:
        draft.notes.append("The template has no num_steps; its schedule was left alone.")
