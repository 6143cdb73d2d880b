"""Names of classes that label maps and other formats can hold, whatever format they come from."""

import unicodedata
from dataclasses import replace

from odapi_ssd.data.annotations import Annotation
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.image_store import ImageStore

__all__ = ["check_class_names", "name_problem"]

_PROBLEMS = {
    "Cc": "holds a control character, such as a line break",
    "Zl": "holds a line break",
    "Zp": "holds a line break",
    "Cs": "holds half a character, which is no text",
}


def name_problem(name: str) -> str | None:
    """Why a text cannot be the name of a class, in words that follow the name; None if it can."""
    for sign in name:
        problem = _PROBLEMS.get(unicodedata.category(sign))
        if problem is not None:
            return problem
    return None


def check_class_names(dataset: Dataset) -> Dataset:
    """The dataset as it was read, where objects with unusable names are faults of their images.

    Unusable names that are declared, and that no object has, are dropped with a warning: nothing
    depends on them.
    """
    used = dataset.class_names()
    declared = dataset.declared_label_map
    if not any(map(name_problem, {*used, *declared})):
        return dataset
    faults, images, missing = dict(dataset.faults), ImageStore(), dict(dataset.missing_images)
    for key, image in dataset.images.items():
        lines = _describe(image.annotation)
        if lines:
            faults[key] = (*faults.get(key, ()), *lines)
        else:
            images.add(image)
    for key, one in dataset.missing_images.items():
        lines = _describe(one.annotation)
        if lines:
            faults[key] = (*faults.get(key, ()), *lines, missing.pop(key).problem)
    warnings = [
        f"The class {name!r} {problem}; it has no object and is left out"
        for name in declared
        if (problem := name_problem(name)) and name not in used
    ]
    return replace(
        dataset,
        images=images,
        missing_images=missing,
        faults=faults,
        declared_label_map={
            name: class_id for name, class_id in declared.items() if not name_problem(name)
        },
        warnings=(*dataset.warnings, *warnings),
    )


def _describe(annotation: Annotation) -> list[str]:
    """The faults of an annotation, one line for each name."""
    numbers: dict[str, list[int]] = {}
    for one in annotation.objects:
        if name_problem(one.name):
            numbers.setdefault(one.name, []).append(one.number)
    return [
        f"{annotation.source}: the class name {name!r} ("
        f"{'object' if len(places) == 1 else 'objects'} {', '.join(map(str, places))}) "
        f"{name_problem(name)}"
        for name, places in numbers.items()
    ]
