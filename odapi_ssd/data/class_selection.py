"""Renames and drops classes of a dataset, before anything else is made of it.

Both are done as images are looked up, so that nothing is kept twice.
"""

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from odapi_ssd.data.annotations import AnnotatedImage, Annotation
from odapi_ssd.data.class_names import name_problem
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.image_store import CountedImages
from odapi_ssd.data.label_map import make_label_map
from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.messages import count_of, list_some

__all__ = ["require_renames", "select_classes"]

_NUM_NEAR = 3


def require_renames(renames: Sequence[tuple[str, str]]) -> dict[str, str]:
    """New names by old name.

    Raises:
        OptionError: a name is empty, a new one cannot be that of a class, or an old one has two
            new ones.
    """
    new_names: dict[str, str] = {}
    for old, new in renames:
        if not old.strip() or not new.strip():
            raise OptionError("rename", f"is {f'{old}={new}'!r}; expected old=new.")
        problem = name_problem(new.strip())
        if problem is not None:
            raise OptionError("rename", f"gives {old!r} the name {new!r}, which {problem}.")
        first = new_names.setdefault(old.strip(), new.strip())
        if first != new.strip():
            raise OptionError(
                "rename", f"gives {old!r} two names, {first!r} and {new!r}; expected one."
            )
    return new_names


def select_classes(
    dataset: Dataset,
    renames: Sequence[tuple[str, str]] = (),
    class_names: Sequence[str] | None = None,
) -> Dataset:
    """A dataset with classes renamed, and then without the objects of others than those wanted.

    Args:
        dataset: the dataset; it does not change.
        renames: old and new names, all replaced at once. Several classes may get one name. A text
            with several `=` was taken apart at the first; the classes tell which is meant.
        class_names: the classes wanted, by their new names; None for all. One that is not a class
            is several with commas between.

    Returns:
        The dataset, with warnings about what was dropped. Images without objects stay. The ids that
        the dataset declares go with the names. Chosen classes have ids from 1 instead, in the
        order of those that they had, and all of them, also without objects.

    Raises:
        OdapiError: the dataset has no class of a name.
        OptionError: see `require_renames`.
    """
    new_names = require_renames(_resolve_renames(renames, _classes_of(dataset)))
    _require_known("rename", new_names, dataset)
    if new_names:
        declared = _renamed_label_map(dataset.declared_label_map, new_names)
        dataset = _with_names(dataset, new_names, None, declared)
    if class_names is None:
        return dataset
    wanted = _resolve_names(class_names, _classes_of(dataset))
    _require_known("classes", wanted, dataset)
    ids = make_label_map([*dataset.class_names(), *wanted], dataset.declared_label_map)
    in_order = sorted(wanted, key=ids.__getitem__)
    declared = {name: class_id for class_id, name in enumerate(in_order, start=1)}
    selected = _with_names(dataset, {}, frozenset(wanted), declared)
    return replace(selected, warnings=(*dataset.warnings, *_describe_dropped(dataset, selected)))


def _classes_of(dataset: Dataset) -> set[str]:
    return {*dataset.class_names(), *dataset.declared_label_map}


def _resolve_names(values: Iterable[str], known: Collection[str]) -> list[str]:
    """Names, each once: a value is one if it is a class, and else several with commas between."""
    names = []
    for value in values:
        parts = [value] if value in known else value.split(",")
        names += [part.strip() for part in parts if part.strip()]
    return list(dict.fromkeys(names))


def _resolve_renames(
    renames: Iterable[tuple[str, str]], known: Collection[str]
) -> list[tuple[str, str]]:
    """Renames whose old name is a class, where one of several `=` parts it from the new one."""
    resolved = []
    for old, new in renames:
        parts = f"{old}={new}".split("=")
        ways = [("=".join(parts[:idx]), "=".join(parts[idx:])) for idx in range(1, len(parts))]
        possible = [way for way in ways if way[0].strip() in known]
        if len(possible) > 1:
            names = " and ".join(repr(way[0].strip()) for way in possible)
            raise OptionError(
                "rename",
                f"is {f'{old}={new}'!r}; {names} are classes, so it can be read in several ways; "
                "a new name without = was expected.",
            )
        resolved += possible or [(old, new)]
    return resolved


class _SelectedImages(CountedImages):
    """A view of images with other classes."""

    def __init__(
        self,
        images: Mapping[str, AnnotatedImage],
        new_names: Mapping[str, str],
        wanted: frozenset[str] | None,
        counts: Counter[str],
    ):
        self._images, self._new_names, self._wanted = images, new_names, wanted
        self._counts = counts

    def count_objects(self) -> Counter[str]:
        return Counter(self._counts)

    def __getitem__(self, key: str) -> AnnotatedImage:
        image = self._images[key]
        return replace(image, annotation=_selected(image.annotation, self._new_names, self._wanted))

    def __contains__(self, key: object) -> bool:
        return key in self._images

    def __iter__(self) -> Iterator[str]:
        return iter(self._images)

    def __len__(self) -> int:
        return len(self._images)


def _with_names(
    dataset: Dataset,
    new_names: Mapping[str, str],
    wanted: frozenset[str] | None,
    declared: Mapping[str, int],
) -> Dataset:
    counts: Counter[str] = Counter()
    missing = Counter(
        one.name for found in dataset.missing_images.values() for one in found.annotation.objects
    )
    for name, number in (dataset.count_objects() - missing).items():
        new_name = new_names.get(name, name)
        if wanted is None or new_name in wanted:
            counts[new_name] += number
    return replace(
        dataset,
        images=_SelectedImages(dataset.images, new_names, wanted, counts),
        missing_images={
            key: replace(found, annotation=_selected(found.annotation, new_names, wanted))
            for key, found in dataset.missing_images.items()
        },
        declared_label_map=declared,
    )


def _selected(
    annotation: Annotation, new_names: Mapping[str, str], wanted: frozenset[str] | None
) -> Annotation:
    """An annotation with other names, without the objects that are not wanted."""
    renamed = (
        replace(one, name=new_names[one.name]) if one.name in new_names else one
        for one in annotation.objects
    )
    objects = tuple(one for one in renamed if wanted is None or one.name in wanted)
    return replace(annotation, objects=objects)


def _renamed_label_map(
    label_map: Mapping[str, int], new_names: Mapping[str, str]
) -> dict[str, int]:
    """Ids by new name; of classes that become one, the least."""
    renamed: dict[str, int] = {}
    for name, class_id in label_map.items():
        new_name = new_names.get(name, name)
        renamed[new_name] = min(class_id, renamed.get(new_name, class_id))
    return renamed


def _require_known(option: str, names: Iterable[str], dataset: Dataset) -> None:
    known = _classes_of(dataset)
    unknown = []
    for name in names:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, _NUM_NEAR) or [
            one for one in sorted(known) if one.casefold() == name.casefold()
        ]
        means = f", perhaps {' or '.join(map(repr, near))} is meant" if near else ""
        unknown.append(f"--{option}: no object is of class {name!r}{means}")
    if not unknown:
        return
    used = ", ".join(sorted(dataset.class_names()))
    raise OdapiError(
        f"{count_of(len(unknown), 'name is', 'names are')} not among the "
        f"{count_of(len(known), 'class', 'classes')} of the dataset.",
        details=(*unknown, *dataset.fault_lines()),  # It may be in a file that cannot be read.
        hint=f"the classes with objects are: {used}." if used else None,
    )


def _describe_dropped(dataset: Dataset, selected: Dataset) -> list[str]:
    """What `--classes` dropped: objects by class, and images of which it leaves none."""
    dropped = dataset.count_objects() - selected.count_objects()
    if not dropped:
        return []
    objects = count_of(dropped.total(), "object")
    classes = count_of(len(dropped), "class", "classes")
    listed = list_some(f"{name} ({number:,})" for name, number in dropped.most_common())
    lines = [f"{objects} of {classes} dropped, as --classes does not name them: {listed}"]
    emptied = [
        image.record_name
        for key, image in dataset.images.items()
        if image.annotation.objects and not selected.images[key].annotation.objects
    ]
    if emptied:
        what = count_of(len(emptied), "image has", "images have")
        lines.append(
            f"{what} no object of these classes left and stay as negatives: {list_some(emptied)}"
            if len(emptied) > 1
            else f"{what} no object of these classes left and stays as a negative: {emptied[0]}"
        )
    return lines
