"""The faults of a dataset that show before any image is read."""

import itertools
from collections.abc import Iterable, Mapping

from odapi_ssd.data.annotations import Annotation
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.faults import Fault, fault_of_line
from odapi_ssd.data.splits import SplitPlan
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of

__all__ = ["faults_error", "find_faults", "require_masks"]


def find_faults(
    dataset: Dataset, plan: SplitPlan, label_map: Mapping[str, int] | None
) -> list[Fault]:
    """All offenders.

    Args:
        dataset: of which all annotations must parse, also those in no split: class ids come from
            all of them, so that they do not depend on the splits chosen.
        plan: the images that are wanted.
        label_map: a given one, ids by class name; None if it is made from the annotations.
    """
    keys = list(dict.fromkeys(itertools.chain.from_iterable(plan.splits.values())))
    faults = [fault_of_line(line, key) for key, lines in dataset.faults.items() for line in lines]
    faults += plan.faults
    missing = dataset.missing_images
    faults += [fault_of_line(missing[key].problem, key) for key in keys if key in missing]
    if label_map is not None:
        for key in keys:
            annotation = dataset.annotation(key)
            if annotation is not None:
                faults += _find_unknown_classes(key, annotation, label_map)
    return faults


def require_masks(dataset: Dataset) -> None:
    """Raises OdapiError for a dataset without any mask, of which each image would have a fault."""
    if not dataset.count_masks() and not dataset.faults:
        raise OdapiError(
            f"No object in {dataset.root_dir} has a mask, which --include_masks needs of each.",
            hint="run without --include_masks; masks are read from COCO's segmentation and VOC's "
            "SegmentationObject, among others.",
        )


def faults_error(dataset: Dataset, faults: Iterable[Fault]) -> OdapiError:
    """The error that names them all."""
    lines = list(dict.fromkeys(fault.line for fault in faults))  # An image may be in two splits.
    return OdapiError(
        f"Nothing was written: {count_of(len(lines), 'fault')} in {dataset.root_dir}:",
        details=lines,
        hint="correct these, take them out of the dataset, or convert the others alone with "
        "--on_error skip.",
    )


def _find_unknown_classes(
    key: str, annotation: Annotation, label_map: Mapping[str, int]
) -> list[Fault]:
    """One fault per class, so that a class misspelled throughout a file is one line of it."""
    numbers: dict[str, list[int]] = {}
    for one in annotation.objects:
        if one.name not in label_map:
            numbers.setdefault(one.name, []).append(one.number)
    return [
        Fault(
            annotation.source,
            f"{annotation.source}: class {name!r} ({'object' if len(places) == 1 else 'objects'} "
            f"{', '.join(map(str, places))}) is not in the label map",
            key,
        )
        for name, places in numbers.items()
    ]
