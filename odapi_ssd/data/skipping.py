"""Leaves out the images that have faults, where `--on_error skip` asks for it, and lists them."""

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.faults import Fault
from odapi_ssd.data.splits import SplitPlan
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some
from odapi_ssd.outputs.folder import OutputTarget

__all__ = ["SKIPPED_FILE", "EmptySplitError", "SkippedFiles", "leave_out", "load_kept_reasons"]

SKIPPED_FILE = "skipped.json"


class EmptySplitError(OdapiError):
    """Every image of a split has a fault."""


class SkippedFiles:
    """What was left out of a conversion: each file once, with all reasons."""

    def __init__(self, faults: Iterable[Fault] = ()):
        self._faults: dict[Fault, None] = dict.fromkeys(faults)
        self._kept: Mapping[str, str] = {}

    def __len__(self) -> int:
        return len(self._reasons())

    def append(self, fault: Fault) -> None:
        """Adds a fault; an image in two splits has it twice and is one file."""
        self._faults[fault] = None

    def keep(self, reasons: Mapping[str, str]) -> None:
        """Adds what was left out of splits that stay from an earlier conversion, by file."""
        self._kept = reasons

    def keys(self) -> set[str]:
        """The images that cannot be used."""
        return {fault.key for fault in self._faults if fault.key is not None}

    def warnings(self) -> list[str]:
        """A line with their number, if there are any."""
        files = self._reasons()
        if not files:
            return []
        what = count_of(len(files), "file was", "files were")
        return [f"{what} skipped for faults, all listed in {SKIPPED_FILE}: {list_some(files)}"]

    def require_left(self, dataset: Dataset, split: str, num_left: int) -> None:
        """Raises EmptySplitError with all faults if nothing is left of a split."""
        if num_left:
            return
        raise EmptySplitError(
            f"Nothing was written: split {split!r} of {dataset.root_dir} would be empty, as every "
            f"image of it has a fault. {count_of(len(self._faults), 'fault')} so far:",
            details=(fault.line for fault in self._faults),
            hint="correct these, or name other splits with --splits.",
        )

    def save(self, folder: Path) -> None:
        """Writes `skipped.json`, a list of file and reason; raises OSError where that fails."""
        entries = [
            {"file": file, "reason": "; ".join(reasons)}
            for file, reasons in self._reasons().items()
        ]
        text = json.dumps(entries, indent=2, ensure_ascii=False, allow_nan=False)
        # Half a surrogate pair, which a JSON annotation can hold, becomes its escape again.
        content = (text + "\n").encode(errors="backslashreplace")
        (folder / SKIPPED_FILE).write_bytes(content)

    def _reasons(self) -> dict[str, list[str]]:
        found = {fault.file for fault in self._faults}
        reasons = {file: [reason] for file, reason in self._kept.items() if file not in found}
        for fault in self._faults:
            reasons.setdefault(fault.file, []).append(fault.reason)
        return reasons


def load_kept_reasons(outputs: OutputTarget, dataset: Dataset, plan: SplitPlan) -> dict[str, str]:
    """Why an earlier conversion left files out, without those that are converted now, by file."""
    if not outputs.is_own(SKIPPED_FILE):
        return {}
    entries = json.loads((outputs.path / SKIPPED_FILE).read_bytes())
    reasons = {entry["file"]: entry["reason"] for entry in entries}
    for key in itertools.chain.from_iterable(plan.splits.values() if reasons else ()):
        reasons.pop(dataset.images[key].annotation.source, None)
    return reasons


def leave_out(dataset: Dataset, plan: SplitPlan, skipped: SkippedFiles) -> SplitPlan:
    """A plan of the images without faults.

    Args:
        dataset: the dataset.
        plan: of its images.
        skipped: all that `find_faults` found.

    Raises:
        EmptySplitError: nothing is left of a split.
    """
    unusable = skipped.keys()
    splits = {
        split: tuple(key for key in keys if key in dataset.images and key not in unusable)
        for split, keys in plan.splits.items()
    }
    for split, keys in splits.items():
        skipped.require_left(dataset, split, len(keys))
    return replace(plan, splits=splits, faults=())
