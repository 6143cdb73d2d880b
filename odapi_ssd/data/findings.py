"""Collects the warnings of a conversion: one line for each kind, however often it occurs."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from odapi_ssd.data.boxes import INVERTED
from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.examples import ExampleFacts
from odapi_ssd.data.label_map import find_similar_names
from odapi_ssd.data.near_names import find_near_names
from odapi_ssd.data.summary import SplitBoxFinding
from odapi_ssd.messages import count_of, list_some

__all__ = ["ConversionFindings", "describe_dataset", "describe_masks", "describe_splits"]

_NUM_BOXES_NAMED = 5

_ImageData = tuple[Path, tuple[int, int] | None]  # a file, and the image's place in it


class ConversionFindings:
    """Findings in the examples of a conversion."""

    def __init__(self) -> None:
        self.dropped: list[SplitBoxFinding] = []
        self.clipped: list[SplitBoxFinding] = []
        self.fixed: list[SplitBoxFinding] = []
        self._size_conflicts: dict[str, None] = {}
        self._rotated: dict[str, None] = {}
        self._with_rotated_boxes: dict[str, None] = {}
        self._num_lost: Counter[str] = Counter()
        self._num_losing: Counter[str] = Counter()
        self._resized: dict[str, None] = {}
        self._first_frames: dict[str, None] = {}
        self._transparent: dict[str, None] = {}
        self._empty_masks: dict[str, None] = {}

    def add(self, split: str, example: ExampleFacts) -> None:
        """Adds the findings of one example."""
        self.dropped += [SplitBoxFinding(**vars(found), split=split) for found in example.dropped]
        self.clipped += [SplitBoxFinding(**vars(found), split=split) for found in example.clipped]
        self.fixed += [SplitBoxFinding(**vars(found), split=split) for found in example.fixed]
        if example.size_conflict:
            self._size_conflicts[example.size_conflict] = None
        if example.has_rotated_boxes:
            self._with_rotated_boxes[example.filename] = None
        elif example.exif_orientation != 1:
            self._rotated[example.filename] = None
        for applies, names in (
            (example.is_resized, self._resized),
            (example.is_first_frame, self._first_frames),
            (example.had_transparency, self._transparent),
            (example.has_empty_masks, self._empty_masks),
        ):
            if applies:
                names[example.filename] = None

    def add_lost(self, lost: Mapping[str, int]) -> None:
        """Adds what the output does not hold of one example: how many by kind."""
        self._num_lost.update(lost)
        self._num_losing.update(lost.keys())

    def lost_warnings(self, format_name: str) -> list[str]:
        """One line about all that the output's format cannot hold; none if there is nothing."""
        if not self._num_lost:
            return []
        kinds = [
            f"{number:,} {kind} of {count_of(self._num_losing[kind], 'image')}"
            for kind, number in sorted(self._num_lost.items())
        ]
        return [f"The output does not have what {format_name} cannot hold: {'; '.join(kinds)}"]

    def warnings(self) -> list[str]:
        """One line per kind of finding."""
        lines = self._describe_inverted()
        if self.dropped:
            boxes = [
                f"{one.file}, object {one.object} ({one.name}): {one.reason}"
                for one in self.dropped
            ]
            lines.append(
                f"{count_of(len(boxes), 'box', 'boxes')} without area dropped: "
                + "; ".join(boxes[:_NUM_BOXES_NAMED])
                + ("; all are listed in dataset.json" if len(boxes) > _NUM_BOXES_NAMED else "")
            )
        if self.clipped:
            what = count_of(len(self.clipped), "box", "boxes")
            lines.append(f"{what} clipped to the image: {_list_boxes(self.clipped)}")
        if self._size_conflicts:
            num = len(self._size_conflicts)
            lines.append(
                count_of(num, "annotation disagrees", "annotations disagree")
                + " with the image's size; boxes are taken as pixels of the image: "
                + list_some(self._size_conflicts)
            )
        if self._rotated:
            lines.append(
                count_of(len(self._rotated), "image carries", "images carry")
                + " an EXIF rotation, which TensorFlow ignores; boxes must fit the image as "
                f"stored: {list_some(self._rotated)}"
            )
        if self._with_rotated_boxes:
            lines.append(
                count_of(len(self._with_rotated_boxes), "image is", "images are")
                + " annotated as their EXIF orientation shows them, but TensorFlow decodes images "
                "as they are stored; their boxes were rotated accordingly. To train on them "
                "upright, rotate the files first, for example with ImageMagick's `mogrify "
                f"-auto-orient`: {list_some(self._with_rotated_boxes)}"
            )
        return lines + self._describe_changes()

    def _describe_inverted(self) -> list[str]:
        inverted = [found for found in self.dropped if found.reason.startswith(INVERTED)]
        lines = []
        if inverted:
            what = count_of(len(inverted), "box has", "boxes have")
            lines.append(
                f"{what} swapped corners and no place in the output; --fix_inverted swaps them "
                f"back: {_list_boxes(inverted)}"
            )
        if self.fixed:
            what = count_of(len(self.fixed), "box", "boxes")
            lines.append(
                f"{what} with swapped corners put right, as --fix_inverted asks: "
                f"{_list_boxes(self.fixed)}"
            )
        return lines

    def _describe_changes(self) -> list[str]:
        """How images in the output differ from what their files show."""
        lines = []
        if self._resized:
            lines.append(
                count_of(len(self._resized), "image was", "images were")
                + f" made smaller, as --max_side asks: {list_some(self._resized)}"
            )
        if self._first_frames:
            lines.append(
                count_of(len(self._first_frames), "image is an animation", "images are animations")
                + f", of which the first frame is taken: {list_some(self._first_frames)}"
            )
        if self._transparent:
            lines.append(
                count_of(len(self._transparent), "image has", "images have")
                + " transparent pixels, which become the color that is stored below, as wherever "
                "TensorFlow or OpenCV decodes them; put them on a background first if that color "
                f"is not what should be seen: {list_some(self._transparent)}"
            )
        if self._empty_masks:
            lines.append(
                count_of(len(self._empty_masks), "image has", "images have")
                + " objects whose mask has no pixel, as the annotation's masks are fewer than its "
                f"objects or lie outside of the image: {list_some(self._empty_masks)}"
            )
        return lines


def _list_boxes(found: Sequence[SplitBoxFinding]) -> str:
    return list_some(f"{one.file}, object {one.object}" for one in found)


def describe_dataset(dataset: Dataset) -> list[str]:
    """Warnings about a dataset as a whole: look-alike classes, and what its format warns of."""
    num_objects = dataset.count_objects()
    lines = [
        "Classes that differ in letter case or spacing alone are kept apart: "
        + ", ".join(map(repr, group))
        for group in find_similar_names(num_objects)
    ]
    near = find_near_names(num_objects)
    if near:
        rare, frequent = near[0]
        pairs = (
            f"{one!r} ({num_objects[one]:,}) and {other!r} ({num_objects[other]:,})"
            for one, other in near
        )
        lines.append(
            "Classes that may be the same, by a plural or a typo, are kept apart: "
            f"{list_some(pairs)}. If so, use for example --rename {rare}={frequent}."
        )
    return [*lines, *dataset.warnings]


def describe_masks(dataset: Dataset, include_masks: bool) -> list[str]:
    """Says of a dataset with masks that they are not in the output, if they are not."""
    num_masks = 0 if include_masks else dataset.count_masks()
    if not num_masks:
        return []
    what = count_of(num_masks, "object has a mask", "objects have masks")
    return [f"{what}, which only --include_masks writes; the boxes alone are written."]


def describe_splits(dataset: Dataset, plan: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Warnings about images in more than one split, or in one split twice."""
    lines = []
    splits_of: dict[_ImageData, set[str]] = defaultdict(set)
    names: dict[_ImageData, str] = {}
    for split, keys in plan.items():
        counts: Counter[_ImageData] = Counter()
        for image in map(dataset.images.__getitem__, keys):
            data = image.path, image.byte_range
            names[data] = image.path.name if image.byte_range is None else image.record_name
            splits_of[data].add(split)
            counts[data] += 1
        repeated = [names[data] for data, count in counts.items() if count > 1]
        if repeated:
            lines.append(
                f"In split {split!r}, "
                + count_of(len(repeated), "image is", "images are")
                + f" named by several annotations: {list_some(repeated)}"
            )
    shared = [
        f"{names[data]} ({', '.join(sorted(splits))})"
        for data, splits in splits_of.items()
        if len(splits) > 1
    ]
    if shared:
        lines.append(
            count_of(len(shared), "image is", "images are")
            + f" in more than one split, so scores will be too good: {list_some(shared)}"
        )
    return lines
