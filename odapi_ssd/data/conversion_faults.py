"""The faults of a dataset that show before any image is read."""

import itertools
from collections.abc import Mapping

from odapi_ssd.data.annotations import Annotation
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.splits import SplitPlan
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of

__all__ = ["faults_error", "find_faults"]


def find_faults(
    dataset: Dataset, plan: SplitPlan, label_map: Mapping[str, int] | None
) -> list[str]:
    """One line per offender.

    Args:
        dataset: of which all annotations must parse, also those in no split: class ids come from
            all of them, so that they do not depend on the splits chosen.
        plan: the images that are wanted.
        label_map: a given one, ids by class name; None if it is made from the annotations.
    """
    keys = list(dict.fromkeys(itertools.chain.from_iterable(plan.splits.values())))
    faults = [*dataset.fault_lines(), *plan.faults]
    missing = dataset.missing_images
    faults += [missing[key].problem for key in keys if key in missing]
    if label_map is not None:
        for annotation in filter(None, map(dataset.annotation, keys)):
            faults += _describe_unknown_classes(annotation, label_map)
    return faults


def faults_error(dataset: Dataset, faults: list[str]) -> OdapiError:
    """The error that names them all."""
    faults = list(dict.fromkeys(faults))  # An image may be in two splits.
    return OdapiError(
        f"Nothing was written: {count_of(len(faults), 'fault')} in {dataset.root_dir}:",
        details=faults,
        hint="correct these, or take them out of the dataset.",
    )


def _describe_unknown_classes(annotation: Annotation, label_map: Mapping[str, int]) -> list[str]:
    """One line per class, so that a class misspelled throughout a file is one line of it."""
    numbers: dict[str, list[int]] = {}
    for one in annotation.objects:
        if one.name not in label_map:
            numbers.setdefault(one.name, []).append(one.number)
    return [
        f"{annotation.source}: class {name!r} ({'object' if len(places) == 1 else 'objects'} "
        f"{', '.join(map(str, places))}) is not in the label map"
        for name, places in numbers.items()
    ]
