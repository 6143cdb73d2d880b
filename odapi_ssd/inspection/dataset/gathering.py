"""Gathers what is to be said of a dataset: image by image, then pictures of the few that are shown.

Workers read and check the images while this process counts. It keeps some 30 bytes of each box, and
of each image its key, its size and a digest.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.examples import ExampleFault
from odapi_ssd.data.label_map import make_label_map
from odapi_ssd.data.splits import plan_splits
from odapi_ssd.data.workers import WorkerPool, count_cores
from odapi_ssd.errors import OdapiError
from odapi_ssd.inspection.dataset.findings import DatasetFindings, ShownImage
from odapi_ssd.inspection.dataset.gallery import (
    WantedImage,
    make_pictures,
    wanted_for_classes,
    wanted_for_problems,
)
from odapi_ssd.inspection.dataset.inspected_image import InspectedImage, inspect_packed_image
from odapi_ssd.inspection.dataset.problems import ProblemCollector
from odapi_ssd.inspection.dataset.sampling import ImageSampler, ObjectSampler
from odapi_ssd.inspection.dataset.statistics import DatasetStatistics
from odapi_ssd.progress import Progress

if TYPE_CHECKING:
    from odapi_ssd.inspection.dataset.template_anchors import TemplateMatches

__all__ = ["DatasetInspection"]

_NUM_SHEET_IMAGES = 60
_NUM_SAMPLES_OF_CLASS = 8
# Starting a worker costs more than checking this many images.
_MIN_IMAGES_PER_WORKER = 100
_WHOLE = "all"


class DatasetInspection:
    """One inspection.

    Attributes:
        statistics: complete after `check_images`.
    """

    def __init__(self, dataset: Dataset, num_workers: int | None, progress: Progress):
        """Takes a dataset and finds its splits.

        Args:
            dataset: with all its faults.
            num_workers: processes that check images; None for the cores available.
            progress: advances by each image.
        """
        self._dataset, self._num_workers, self._progress = dataset, num_workers, progress
        self._problems = ProblemCollector()
        self._splits_of, split_names = self._plan()
        self.statistics = DatasetStatistics(split_names)
        self._sampler = ImageSampler(_NUM_SHEET_IMAGES)
        self._object_sampler = ObjectSampler(_NUM_SAMPLES_OF_CLASS)

    def check_images(self) -> None:
        """Checks all images of the splits."""
        dataset, statistics = self._dataset, self.statistics
        self._problems.add_dataset(dataset, self._splits_of)
        keys = [key for key in self._splits_of if key in dataset.images]
        for key in self._splits_of:
            if key not in dataset.images:
                statistics.add_unusable(self._splits_of[key])
        with WorkerPool(self._count_workers(len(keys))) as pool:
            checked = pool.map_in_order(inspect_packed_image, map(dataset.packed_image, keys))
            for num_done, (key, found) in enumerate(zip(keys, checked, strict=True), 1):
                self._take(key, found)
                self._progress.advance(num_done, len(keys))

    def conclude(self, title: str, matches: "TemplateMatches | None") -> DatasetFindings:
        """Compares the images with each other and makes the pictures.

        Args:
            title: the dataset's name.
            matches: of a template's anchors; None for no template.
        """
        self._problems.compare(self.statistics, self._splits_of)
        if matches is not None:
            self._add_small_boxes(matches)
        groups = self._problems.groups()
        counts = self.statistics.total.num_objects_per_class
        sheet = self._sampler.choose()
        problems, classes, images = (
            self._show(wanted)
            for wanted in (
                {group.kind.name: wanted_for_problems(group) for group in groups},
                wanted_for_classes(self._object_sampler.choose(), counts),
                {split: [WantedImage(key) for key in keys] for split, keys in sheet.items()},
            )
        )
        return DatasetFindings(
            title=title,
            are_splits_defined=bool(self._dataset.splits) and _WHOLE not in self.statistics.splits,
            statistics=self.statistics,
            problems=groups,
            problem_pictures=problems,
            class_samples=classes,
            contact_sheet=images,
            matches=matches,
            classes_without_objects=self._classes_without_objects(),
        )

    def _take(self, key: str, found: InspectedImage | ExampleFault) -> None:
        splits = self._splits_of[key]
        if isinstance(found, ExampleFault):
            self._problems.add("image_unusable", found.message, {key: ()})
            self.statistics.add_unusable(splits)
            return
        self.statistics.add(key, splits, found)
        self._problems.add_image(self._dataset.images[key], found)
        numbers_of: dict[str, list[int]] = {}
        for one in found.objects:
            numbers_of.setdefault(one.name, []).append(one.number)
        self._sampler.add(key, splits, numbers_of)
        self._object_sampler.add(key, numbers_of)

    def _plan(self) -> tuple[dict[str, tuple[str, ...]], list[str]]:
        """The splits of each image that is in any, and their names."""
        try:
            plan = plan_splits(self._dataset)
        except OdapiError as error:
            for line in (error.problem, *error.details):
                self._problems.add("split_broken", line)
            return dict.fromkeys(self._dataset.keys, (_WHOLE,)), [_WHOLE]
        self._problems.add_plan(plan)
        splits_of: dict[str, tuple[str, ...]] = defaultdict(tuple)
        for split, keys in plan.splits.items():
            for key in keys:
                splits_of[key] += (split,)
        return dict(splits_of), list(plan.splits)

    def _classes_without_objects(self) -> tuple[str, ...]:
        """Classes that a label map of the dataset would have, though no box is of them."""
        names = self._dataset.class_names()
        if not names:
            return ()
        label_map = make_label_map(names, self._dataset.declared_label_map)
        used = self.statistics.total.num_objects_per_class
        return tuple(name for name in label_map if name not in used)

    def _count_workers(self, num_images: int) -> int:
        return self._num_workers or min(count_cores(), -(-num_images // _MIN_IMAGES_PER_WORKER))

    def _add_small_boxes(self, matches: "TemplateMatches") -> None:
        statistics, images = self.statistics, self._dataset.images
        numbers, image_idx, class_idx = (
            statistics.numbers, statistics.image_idx, statistics.class_idx,
        )  # fmt: skip
        names = statistics.class_names
        for idx in np.flatnonzero(matches.is_too_small):
            key, number = statistics.keys[image_idx[idx]], int(numbers[idx])
            height, width = matches.sizes_hw_px[idx]
            text = (
                f"{images[key].annotation.source}, object {number} ({names[class_idx[idx]]}): "
                f"{width:.1f}×{height:.1f} pixels of the input"
            )
            self._problems.add("box_too_small", text, {key: (number,)})

    def _show(self, wanted: Mapping[str, Sequence[WantedImage]]) -> dict[str, list[ShownImage]]:
        num_images = sum(map(len, wanted.values()))
        return make_pictures(self._dataset, wanted, self._count_workers(num_images))
