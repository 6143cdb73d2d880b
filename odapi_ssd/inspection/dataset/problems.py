"""Collects what is wrong with a dataset, kind by kind, with the images that show it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from odapi_ssd.data.annotations import AnnotatedImage
from odapi_ssd.data.box_findings import BoxFinding
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.label_map import find_similar_names
from odapi_ssd.data.near_names import find_near_names
from odapi_ssd.data.splits import SplitPlan
from odapi_ssd.inspection.dataset.inspected_image import InspectedImage
from odapi_ssd.inspection.dataset.problem_kinds import KINDS, ProblemKind
from odapi_ssd.inspection.dataset.statistics import DatasetStatistics

__all__ = ["MAX_LISTED", "Problem", "ProblemCollector", "ProblemGroup"]

MAX_LISTED = 1000


@dataclass(frozen=True)
class Problem:
    """One problem.

    Attributes:
        text: one line for the user.
        views: keys of images that show it, each with the numbers of the objects concerned.
        weight: of those of a kind, the ones with the highest are shown first.
    """

    text: str
    views: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    weight: float = 0.0


@dataclass
class ProblemGroup:
    """All problems of a kind.

    Attributes:
        kind: which.
        num: how many there are.
        listed: the first `MAX_LISTED` of them.
    """

    kind: ProblemKind
    num: int = 0
    listed: list[Problem] = field(default_factory=list)


class ProblemCollector:
    """Takes images as they go by, and at last the dataset as a whole."""

    def __init__(self) -> None:
        self._groups = {name: ProblemGroup(kind) for name, kind in KINDS.items()}
        self._first_of_content: dict[bytes, str] = {}
        self._copies: dict[str, list[str]] = {}
        self._example_of_class: dict[str, tuple[str, int]] = {}

    def add(
        self,
        kind: str,
        text: str,
        views: Mapping[str, tuple[int, ...]] | None = None,
        weight: float = 0.0,
    ) -> None:
        """Adds one problem."""
        group = self._groups[kind]
        group.num += 1
        if len(group.listed) < MAX_LISTED:
            group.listed.append(Problem(text, views or {}, weight))

    def add_image(self, annotated: AnnotatedImage, image: InspectedImage) -> None:
        """Adds all that is wrong with a usable image, and remembers it for comparison."""
        key, source = annotated.key, annotated.annotation.source
        for kind, findings in (
            ("box_inverted", image.inverted),
            ("box_without_area", image.dropped),
            ("box_repeated", image.odd.repeated),
            ("box_of_two_classes", image.odd.reclassified),
            ("box_tiny", image.odd.tiny),
        ):
            for found in findings:
                self.add(kind, _describe_box(found), {key: (found.object,)})
        for found in image.clipped:
            share = image.shares_outside[found.object]
            text = f"{_describe_box(found)}, {share:.1%} of it outside"
            self.add("box_clipped", text, {key: (found.object,)}, share)
        if image.size_conflict:
            self.add("size_conflict", image.size_conflict, {key: ()})
        if image.exif_orientation != 1:
            how = "rotated with the image" if image.has_rotated_boxes else "as they are"
            text = f"{source}: EXIF orientation {image.exif_orientation}; boxes are taken {how}"
            self.add("image_rotated", text, {key: ()})
        if image.is_first_frame:
            self.add("image_animated", f"{source}: the first frame is taken", {key: ()})
        if image.had_transparency:
            self.add("image_transparent", f"{source}: has transparent pixels", {key: ()})
        if not annotated.annotation.objects:
            self.add("image_without_objects", f"{source}: no objects", {key: ()})
        first = self._first_of_content.setdefault(image.content_key, key)
        if first != key:
            self._copies.setdefault(first, [first]).append(key)
        for one in image.objects:
            self._example_of_class.setdefault(one.name, (key, one.number))

    def add_dataset(self, dataset: Dataset, wanted: Collection[str]) -> None:
        """Adds the faults that show without an image.

        Args:
            dataset: as it was read.
            wanted: keys of the images that are in a split.
        """
        for line in dataset.fault_lines():
            self.add("annotation_unreadable", line)
        for key, missing in dataset.missing_images.items():
            if key in wanted:
                self.add("image_missing", missing.problem)
        for line in dataset.warnings:
            self.add("remark", line)

    def add_plan(self, plan: SplitPlan) -> None:
        """Adds what is wrong with the splits."""
        for fault in plan.faults:
            self.add("split_broken", fault.line)
        for line in plan.warnings:
            self.add("remark", line)

    def compare(
        self, statistics: DatasetStatistics, splits_of: Mapping[str, Sequence[str]]
    ) -> None:
        """Adds what only the images together show.

        Args:
            statistics: with all images that were added.
            splits_of: the splits of each image.
        """
        for key in statistics.keys:
            if len(splits_of[key]) > 1 and key not in self._copies:
                self._compare_copies([key], splits_of)
        for copies in self._copies.values():
            self._compare_copies(copies, splits_of)
        names, counts = statistics.class_names, statistics.total.num_objects_per_class
        for group in find_similar_names(names):
            shown = ", ".join(f"{name!r}" for name in group)
            self.add("class_names_similar", shown, self._views_of(group))
        for rare, frequent in find_near_names(counts):
            text = f"{rare!r} ({counts[rare]:,}) and {frequent!r} ({counts[frequent]:,})"
            self.add("class_names_near", text, self._views_of([rare, frequent]))
        for name in sorted(names):
            self._find_missing_splits(name, statistics)
        if not names:
            self.add("no_objects", "No usable image has an object that could be learned")

    def groups(self) -> list[ProblemGroup]:
        """The kinds of which there are any, the gravest first."""
        return [group for group in self._groups.values() if group.num]

    def _compare_copies(
        self, copies: Sequence[str], splits_of: Mapping[str, Sequence[str]]
    ) -> None:
        splits = list(dict.fromkeys(split for key in copies for split in splits_of[key]))
        views: dict[str, tuple[int, ...]] = dict.fromkeys(copies, ())
        names = " = ".join(views)
        if len(splits) > 1:
            self.add("image_in_two_splits", f"{names}: in {', '.join(splits)}", views)
        for split in splits:
            inside = [key for key in copies if split in splits_of[key]]
            if len(inside) > 1:
                text = f"{' = '.join(inside)}: in {split}"
                self.add("image_repeated", text, dict.fromkeys(inside, ()))

    def _find_missing_splits(self, name: str, statistics: DatasetStatistics) -> None:
        lacking = [
            split
            for split, figures in statistics.splits.items()
            if name not in figures.num_objects_per_class
        ]
        if lacking:
            total = statistics.total.num_objects_per_class[name]
            text = f"{name!r} is not in {', '.join(lacking)} ({total:,} in all)"
            self.add("class_missing", text, self._views_of([name]))

    def _views_of(self, names: Iterable[str]) -> dict[str, tuple[int, ...]]:
        views: dict[str, tuple[int, ...]] = {}
        for name in names:
            key, number = self._example_of_class[name]
            views[key] = (*views.get(key, ()), number)
        return views


def _describe_box(found: BoxFinding) -> str:
    return f"{found.file}, object {found.object} ({found.name}): {found.reason}"
