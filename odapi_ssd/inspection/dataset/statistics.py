"""The figures of a dataset, gathered image by image in arrays: some 30 bytes for each box."""

from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from odapi_ssd.inspection.dataset.inspected_image import InspectedImage

__all__ = ["DatasetStatistics", "SplitStatistics", "quantiles"]

_SHARES = {"min": 0, "p5": 5, "p25": 25, "median": 50, "p75": 75, "p95": 95, "max": 100}


class SplitStatistics:
    """The figures of one split.

    Attributes:
        num_unusable: images that cannot be used, those whose file is missing included.
        num_objects_per_class: boxes that would go into the records, by class.
        num_images_per_class: images with such a box, by class.
        num_objects_per_image: a number for each usable image.
    """

    def __init__(self) -> None:
        self.num_unusable = 0
        self.num_objects_per_class: Counter[str] = Counter()
        self.num_images_per_class: Counter[str] = Counter()
        self.num_objects_per_image = array("I")

    def add(self, names: Collection[str]) -> None:
        """Adds an image by the classes of its objects."""
        self.num_objects_per_class.update(names)
        self.num_images_per_class.update(set(names))
        self.num_objects_per_image.append(len(names))

    @property
    def num_images(self) -> int:
        """Usable images."""
        return len(self.num_objects_per_image)

    @property
    def num_objects(self) -> int:
        """Boxes that would go into the records."""
        return self.num_objects_per_class.total()

    @property
    def num_empty(self) -> int:
        """Usable images without objects."""
        return self.num_objects_per_image.count(0)


class DatasetStatistics:
    """The figures of a dataset; an image in two splits counts in both, and once in the total.

    Attributes:
        splits: by name.
        total: over all images.
        keys: of the usable images; boxes name them by their place here.
        image_sizes: how many images have which height and width, as stored.
    """

    def __init__(self, split_names: Sequence[str]):
        self.splits: Mapping[str, SplitStatistics] = {
            name: SplitStatistics() for name in split_names
        }
        self.total = SplitStatistics()
        self.keys: list[str] = []
        self.image_sizes: Counter[tuple[int, int]] = Counter()
        self._image_hws = array("I")
        self._boxes_yxyx = array("f")
        self._image_idx = array("I")
        self._numbers = array("I")
        self._class_idx = array("I")
        self._idx_of_class: dict[str, int] = {}

    def add(self, key: str, splits: Collection[str], image: InspectedImage) -> None:
        """Adds a usable image."""
        names = [one.name for one in image.objects]
        for part in (self.total, *(self.splits[name] for name in splits)):
            part.add(names)
        self.image_sizes[image.image_hw] += 1
        for one in image.objects:
            self._boxes_yxyx.extend(one.box_yxyx)
            self._image_idx.append(len(self.keys))
            self._numbers.append(one.number)
            self._class_idx.append(self._idx_of_class.setdefault(one.name, len(self._idx_of_class)))
        self._image_hws.extend(image.image_hw)
        self.keys.append(key)

    def add_unusable(self, splits: Collection[str]) -> None:
        """Adds an image that cannot be used."""
        for part in (self.total, *(self.splits[name] for name in splits)):
            part.num_unusable += 1

    @property
    def class_names(self) -> list[str]:
        """The classes of the boxes, in the order of the first box."""
        return list(self._idx_of_class)

    @property
    def image_hws(self) -> npt.NDArray[np.int64]:
        """Height and width in pixels of each image, [I, 2]."""
        return np.array(self._image_hws, np.int64).reshape(-1, 2)

    @property
    def boxes_yxyx(self) -> npt.NDArray[np.float64]:
        """Boxes, [N, 4], normalized to their image as stored."""
        return np.array(self._boxes_yxyx, np.float64).reshape(-1, 4)

    @property
    def image_idx(self) -> npt.NDArray[np.int64]:
        """The image of each box, [N], as an index into `keys`."""
        return np.array(self._image_idx, np.int64)

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """The place of each box in its annotation, [N], from 1."""
        return np.array(self._numbers, np.int64)

    @property
    def class_idx(self) -> npt.NDArray[np.int64]:
        """The class of each box, [N], as an index into `class_names`."""
        return np.array(self._class_idx, np.int64)

    def sizes_hw_px(self) -> npt.NDArray[np.float64]:
        """Height and width of each box in pixels of its image, [N, 2]."""
        boxes = self.boxes_yxyx
        return (boxes[:, 2:] - boxes[:, :2]) * self.image_hws[self.image_idx]


def quantiles(values: npt.ArrayLike) -> dict[str, float] | None:
    """Minimum, maximum and five quantiles by name; None for no values."""
    array_of_values = np.asarray(values, np.float64)
    if not array_of_values.size:
        return None
    found = np.percentile(array_of_values, list(_SHARES.values()))
    return dict(zip(_SHARES, map(float, found), strict=True))
