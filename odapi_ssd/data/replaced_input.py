"""Keeps a conversion from replacing the files that it reads."""

from collections.abc import Collection
from pathlib import Path

from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.splits import SplitPlan
from odapi_ssd.errors import OdapiError

__all__ = ["require_other_place"]


def require_other_place(
    dataset: Dataset, plan: SplitPlan, output_dir: Path, names: Collection[str]
) -> None:
    """Makes sure that no image is in what will be replaced.

    Args:
        dataset: the dataset.
        plan: of its images; the first of each split is looked at, as those of one split are in one
            place.
        output_dir: the output folder.
        names: the files and folders in it that will be replaced or removed.

    Raises:
        OdapiError: one is. Not even `--overwrite` allows that: what the options leave out would be
            gone for good.
    """
    targets = {(output_dir / name).resolve() for name in names}
    for keys in plan.splits.values():
        image = next((dataset.images[key] for key in keys if key in dataset.images), None)
        if image is None:
            continue
        path = image.path.resolve()
        if targets.intersection((path, *path.parents)):
            raise OdapiError(
                f"{output_dir} holds the dataset that is read, and {path.name} would be replaced.",
                hint="choose another --output_dir.",
            )
