"""What an output folder holds beside the output: earlier conversions, and other datasets.

A folder in which two of them are mixed would be read as a dataset that nobody made, or not at all.
"""

import os
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

from odapi_ssd.data.conversion_label_map import ConversionLabelMap
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.earlier_conversion import splits_in
from odapi_ssd.data.formats import recognizing_formats
from odapi_ssd.data.formats.writing import DatasetWriter
from odapi_ssd.data.replaced_input import require_other_place
from odapi_ssd.data.skipping import SKIPPED_FILE
from odapi_ssd.data.splits import SplitPlan
from odapi_ssd.data.summary import DATASET_FILE, LABEL_MAP_FILE
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import list_some
from odapi_ssd.outputs.folder import OutputTarget

__all__ = ["replaced_names", "require_free"]

_IN_EVERY_FORMAT = (LABEL_MAP_FILE, DATASET_FILE, SKIPPED_FILE)


def replaced_names(
    outputs: OutputTarget, writer_class: type[DatasetWriter], splits: Collection[str]
) -> list[str]:
    """The files and folders of an output folder that a conversion replaces or removes.

    Those that an earlier conversion wrote in another format are among them.

    Args:
        outputs: the output folder.
        writer_class: the writer of this conversion.
        splits: those that it writes.
    """
    own = writer_class.target_names(outputs.path, splits)
    kept = splits_in(outputs.path) if writer_class.keeps_other_splits else ()
    known = {*own, *writer_class.target_names(outputs.path, kept), *_IN_EVERY_FORMAT}
    written = (name for name in outputs.written_names() if name not in known)
    return [*own, *(name for name in written if os.path.lexists(outputs.path / name))]


def require_free(
    outputs: OutputTarget,
    dataset: Dataset,
    writer_class: type[DatasetWriter],
    plan: SplitPlan,
    given: ConversionLabelMap | None,
    warn: Callable[[str], None],
) -> None:
    """Refuses what is in the way of a conversion, before the work.

    Args:
        outputs: the output folder.
        dataset: what is converted.
        writer_class: the writer of this conversion.
        plan: the splits that it writes.
        given: the user's label map; None if one will be made.
        warn: gets a sentence about another dataset that stays because `overwrite` is given.

    Raises:
        OdapiError: images of the dataset would be replaced; or, without `overwrite`, what no
            conversion wrote, or the output would be mixed with another dataset.
    """
    names = replaced_names(outputs, writer_class, plan.splits)
    require_other_place(dataset, plan, outputs.path, names)
    contents = {LABEL_MAP_FILE: given.text.encode()} if given else {}
    outputs.require_replaceable([*_IN_EVERY_FORMAT, *names], contents)
    # Records have names of their own, and may be beside the dataset that they were made of.
    if not writer_class.keeps_other_splits:
        _require_no_other_dataset(outputs, names, warn)


def _require_no_other_dataset(
    outputs: OutputTarget, replaced: Collection[str], warn: Callable[[str], None]
) -> None:
    """Makes sure that what stays in the output folder is no dataset by itself."""
    staying = [
        name
        for name in sorted(os.listdir(outputs.path) if outputs.path.is_dir() else ())
        if name not in replaced and name not in _IN_EVERY_FORMAT and not name.startswith(".")
    ]
    found = _recognizing(outputs.path, staying) if staying else []
    if not found:
        return
    problem = (
        f"--{outputs.option} {outputs.path} holds a dataset ({' or '.join(found)}) that would be "
        f"mixed with the output: {list_some(staying)}."
    )
    if outputs.overwrite:
        warn(f"{problem} It stays; move it away before the output is read.")
        return
    raise OdapiError(
        f"{problem} Nothing was changed.",
        hint="give another folder, or move that away; --overwrite writes beside it all the same.",
    )


def _recognizing(folder: Path, names: Collection[str]) -> list[str]:
    """The formats that would take some files and folders of a folder for a dataset, alone."""
    with tempfile.TemporaryDirectory() as alone:
        for name in names:
            os.symlink(os.path.abspath(folder / name), Path(alone, name))
        try:
            return recognizing_formats(Path(alone))
        except OdapiError:  # A folder that cannot be read is no dataset.
            return []
