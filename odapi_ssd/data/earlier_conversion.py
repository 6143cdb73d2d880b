"""An earlier conversion into the same folder: whether it is up to date, which splits stay."""

import glob
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

from odapi_ssd.data.summary import DATASET_FILE, LABEL_MAP_FILE, DatasetSummary, SplitSummary
from odapi_ssd.errors import OdapiError
from odapi_ssd.outputs.folder import OutputFolder, OutputTarget

__all__ = ["add_kept_splits", "load_kept_splits", "load_unchanged", "shard_names", "splits_in"]


def shard_names(output_dir: Path, split: str) -> list[str]:
    """The files in a folder that configs take for records of a split, as their patterns say."""
    found = output_dir.glob(f"{glob.escape(split)}.record-?????-of-?????")
    return sorted(path.name for path in found)


def load_unchanged(
    output_dir: Path,
    input_digest: str,
    target_names: Callable[[Path, Collection[str]], Collection[str]],
) -> DatasetSummary | None:
    """The summary of the earlier conversion, if another one would give the same files.

    Args:
        output_dir: the output folder; it need not exist.
        input_digest: of what this conversion would convert.
        target_names: of the writer that this conversion would use.
    Returns:
        None if the input is another, or the output has been touched.
    """
    target = OutputTarget("output_dir", output_dir, "convert", overwrite=False)
    if not target.is_made_of(input_digest) or not target.is_own(DATASET_FILE):
        return None
    summary = DatasetSummary.load(output_dir)
    # Beside a shard of ours may be one of somebody else's that configs would take for the split's.
    names = target_names(output_dir, summary.splits)
    present = {name for name in names if os.path.lexists(output_dir / name)}
    return summary if present <= set(target.written_names()) else None


def load_kept_splits(
    outputs: OutputFolder, label_map: Mapping[str, int], written: Collection[str]
) -> DatasetSummary | None:
    """The splits of an earlier conversion that stay.

    Args:
        outputs: the output folder.
        label_map: ids by class name, of this conversion.
        written: the splits that are written now.
    Returns:
        The summary of the earlier conversion with the others alone; None if there was none, or if
        its `dataset.json` was edited since: its figures are nobody's then.
    Raises:
        OdapiError: there are some, and their label map is another, not just lacking classes.
    """
    is_own = outputs.is_own(DATASET_FILE)
    try:
        earlier = DatasetSummary.load(outputs.path)
    except OdapiError:
        if is_own:
            raise
        return None
    staying = splits_in(outputs.path) - set(written)  # not those in another format
    kept = {name: split for name, split in earlier.splits.items() if name in staying}
    if kept and not earlier.label_map.items() <= label_map.items():
        raise OdapiError(
            f"{outputs.path} holds {', '.join(kept)} with another label map: "
            f"{dict(earlier.label_map)}, now {dict(label_map)}.",
            hint="choose another --output_dir, or convert all splits again.",
        )
    if not is_own:
        return None
    return replace(
        earlier,
        splits={name: _with_classes(split, label_map) for name, split in kept.items()},
        dropped=tuple(found for found in earlier.dropped if found.split in kept),
        clipped=tuple(found for found in earlier.clipped if found.split in kept),
        fixed=tuple(found for found in earlier.fixed if found.split in kept),
    )


def add_kept_splits(
    summary: DatasetSummary, earlier: DatasetSummary | None, output_dir: Path
) -> DatasetSummary:
    """A summary of the splits that are written now and of those that stay.

    Args:
        summary: of the splits that are written now.
        earlier: of those that stay, from `load_kept_splits`.
        output_dir: where they are. A warning names splits whose records stay there although neither
            summary has them.
    """
    if earlier is not None:
        summary = _with_splits(summary, earlier)
    unlisted = sorted(splits_in(output_dir) - set(summary.splits))
    if not unlisted:
        return summary
    warning = (
        f"Records of {', '.join(map(repr, unlisted))} were in this folder and stay, but "
        f"{DATASET_FILE} does not list them, and their class ids may be others than those of "
        f"{LABEL_MAP_FILE}. Move them away, or convert all splits again."
    )
    return replace(summary, warnings=(*summary.warnings, warning))


def _with_classes(split: SplitSummary, label_map: Mapping[str, int]) -> SplitSummary:
    """The counts of a split, also of classes that were added since."""
    if not split.num_objects_per_class:
        return split
    counts = {name: split.num_objects_per_class.get(name, 0) for name in label_map}
    return replace(split, num_objects_per_class=counts)


def _with_splits(summary: DatasetSummary, earlier: DatasetSummary) -> DatasetSummary:
    kept = tuple(
        f"Split {name!r} was kept from an earlier conversion into this folder; it was not compared "
        "with what was written now, so images may be in both. If it is not wanted, convert into "
        "an empty folder."
        for name in earlier.splits
    )
    return replace(
        summary,
        splits={**earlier.splits, **summary.splits},
        dropped=earlier.dropped + summary.dropped,
        clipped=earlier.clipped + summary.clipped,
        fixed=earlier.fixed + summary.fixed,
        warnings=summary.warnings + kept,
    )


def splits_in(output_dir: Path) -> set[str]:
    """The splits that configs would find records of in a folder."""
    found = output_dir.glob("*.record-?????-of-?????")
    return {path.name.rpartition(".record-")[0] for path in found}
