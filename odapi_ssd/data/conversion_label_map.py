"""The label map of a conversion: a user's, or one that is made so that ids stay as they were."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.label_map import label_map_to_text, make_label_map, parse_items
from odapi_ssd.data.summary import LABEL_MAP_FILE
from odapi_ssd.data.text_files import read_text
from odapi_ssd.errors import OdapiError
from odapi_ssd.messages import count_of, list_some
from odapi_ssd.outputs.folder import OutputTarget

__all__ = ["ConversionLabelMap", "make_own_label_map", "read_given_label_map"]


@dataclass(frozen=True)
class ConversionLabelMap:
    """A label map.

    Attributes:
        ids: by class name, in the order of ids.
        text: what is written.
        warnings: what the user should know of it, one line each.
    """

    ids: Mapping[str, int]
    text: str
    warnings: tuple[str, ...] = ()


def read_given_label_map(path: Path) -> ConversionLabelMap:
    """A user's label map; its text keeps comments, display names and other fields.

    Raises:
        OdapiError: it cannot be read, or is not a valid label map.
    """
    text = read_text(path)
    ids = {item.name: item.class_id for item in parse_items(text, str(path))}
    return ConversionLabelMap(ids, text)


def make_own_label_map(
    dataset: Dataset, outputs: OutputTarget, with_all_classes: Dataset | None = None
) -> ConversionLabelMap:
    """A label map of a dataset's classes.

    If an earlier conversion wrote one into the output folder, and the dataset still has all of its
    classes, these keep their ids, so that models that were trained with them still fit; new classes
    follow. A class that is gone may have been renamed, so then all ids are made anew.

    Args:
        dataset: the dataset.
        outputs: where an earlier label map may be.
        with_all_classes: the dataset before classes were chosen; None if none were.

    Raises:
        OdapiError: no annotation has an object, or none of the classes that were chosen; or the
            earlier label map cannot be read.
    """
    if with_all_classes is None or with_all_classes is dataset:
        return _make_label_map(dataset, outputs)
    if with_all_classes.class_names() and not dataset.class_names():
        counts = with_all_classes.count_objects()
        listed = list_some(f"{name} ({number:,})" for name, number in counts.most_common())
        raise OdapiError(
            "No object is of a class that --classes names "
            f"({', '.join(dataset.declared_label_map)}), so there is nothing to learn.",
            hint=f"the classes with objects are: {listed}.",
        )
    label_map = _make_label_map(dataset, outputs)
    warnings = _describe_renumbered(with_all_classes, label_map.ids)
    return replace(label_map, warnings=(*label_map.warnings, *warnings))


def _make_label_map(dataset: Dataset, outputs: OutputTarget) -> ConversionLabelMap:
    declared = dataset.declared_label_map
    ids = make_label_map(dataset.class_names(), declared)
    if not outputs.is_own(LABEL_MAP_FILE):
        return ConversionLabelMap(ids, label_map_to_text(ids))
    earlier = read_given_label_map(outputs.path / LABEL_MAP_FILE)
    gone = [name for name in earlier.ids if name not in ids and name not in declared]
    if gone:
        return ConversionLabelMap(ids, label_map_to_text(ids), _describe_changed(earlier.ids, ids))
    next_id = max(earlier.ids.values()) + 1
    new_names = [name for name in ids if name not in earlier.ids]
    added = {name: class_id for class_id, name in enumerate(new_names, start=next_id)}
    if not added:
        return earlier
    what = count_of(len(added), "class was", "classes were")
    listed = list_some(f"{name} ({class_id})" for name, class_id in added.items())
    return ConversionLabelMap(
        {**earlier.ids, **added},
        f"{earlier.text.rstrip()}\n{label_map_to_text(added)}",
        (f"{what} added to the label map of this folder, which keeps its ids: {listed}",),
    )


def _describe_changed(earlier: Mapping[str, int], now: Mapping[str, int]) -> tuple[str, ...]:
    changed = [
        f"{name} ({earlier[name]}, now {now[name]})"
        for name in earlier
        if name in now and now[name] != earlier[name]
    ]
    if not changed:
        return ()
    what = count_of(len(changed), "class has", "classes have")
    return (
        f"{what} another id than before, as the earlier conversion in this folder had classes that "
        f"are gone; models trained on it do not fit: {list_some(changed)}",
    )


def _describe_renumbered(with_all_classes: Dataset, ids: Mapping[str, int]) -> tuple[str, ...]:
    """Says of which classes the dataset declares other ids."""
    declared = with_all_classes.declared_label_map
    if not declared.keys() >= with_all_classes.class_names():
        return ()
    changed = [
        f"{name} is {class_id} ({declared[name]} in the dataset)"
        for name, class_id in ids.items()
        if name in declared and declared[name] != class_id
    ]
    if not changed:
        return ()
    what = count_of(len(changed), "class has", "classes have")
    return (
        f"{what} another id than in the dataset, as --classes numbers from 1; --label_map_path "
        f"takes a label map with other ids: {list_some(changed)}",
    )
