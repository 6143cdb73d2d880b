"""The images that the page shows: which ones, and their pictures, made in workers."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from odapi_ssd.data.dataset import Dataset
from odapi_ssd.data.workers import map_in_order
from odapi_ssd.inspection.dataset.findings import ShownImage
from odapi_ssd.inspection.dataset.pictures import PictureRequest, make_picture
from odapi_ssd.inspection.dataset.problems import ProblemGroup

__all__ = ["WantedImage", "make_pictures", "wanted_for_classes", "wanted_for_problems"]

_NUM_PROBLEM_PICTURES = 6
_MAX_SAMPLES = 320
_SAMPLE_SIDE = 144


@dataclass(frozen=True)
class WantedImage:
    """An image to be shown.

    Attributes:
        key: of the image.
        numbers: the objects that matter; empty for the whole image.
        caption: a line about it; may be empty.
        is_sample: whether it is a small picture of an object alone.
    """

    key: str
    numbers: tuple[int, ...] = ()
    caption: str = ""
    is_sample: bool = False


def wanted_for_problems(group: ProblemGroup) -> list[WantedImage]:
    """Some images that show problems of a kind: the worst, each once with all its objects."""
    numbers: dict[str, tuple[int, ...]] = {}
    captions: dict[str, str] = {}
    for problem in sorted(group.listed, key=lambda one: -one.weight):
        for key, some in problem.views.items():
            numbers[key] = tuple(dict.fromkeys((*numbers.get(key, ()), *some)))
            captions.setdefault(key, problem.text)
    keys = list(numbers)[:_NUM_PROBLEM_PICTURES]
    return [WantedImage(key, numbers[key], captions[key]) for key in keys]


def wanted_for_classes(
    samples: Mapping[str, Sequence[tuple[str, int]]], counts: Mapping[str, int]
) -> dict[str, list[WantedImage]]:
    """Objects of each class, the most frequent class first; the fewer of each, the more classes.

    Args:
        samples: key and number of objects to choose from, by class.
        counts: how many objects each class has.
    """
    names = sorted(samples, key=lambda name: (-counts[name], name))[: _MAX_SAMPLES // 2]
    num_of_each = max(2, _MAX_SAMPLES // max(len(names), 1))
    return {
        name: [
            WantedImage(key, (number,), is_sample=True)
            for key, number in samples[name][:num_of_each]
        ]
        for name in names
    }


def make_pictures(
    dataset: Dataset, wanted: Mapping[str, Sequence[WantedImage]], num_workers: int
) -> dict[str, list[ShownImage]]:
    """Makes the pictures of several groups of images; those that cannot be made are left out.

    Args:
        dataset: that the images are in.
        wanted: images by any name of their group.
        num_workers: processes that make pictures.

    Raises:
        OdapiError: a worker process died.
    """
    in_order = [(group, one) for group, some in wanted.items() for one in some]
    requests = [_request(dataset, one) for _, one in in_order]
    shown: dict[str, list[ShownImage]] = {group: [] for group in wanted}
    with contextlib.closing(map_in_order(make_picture, requests, num_workers)) as pictures:
        for (group, one), picture in zip(in_order, pictures, strict=True):
            if picture is not None:
                shown[group].append(ShownImage(one.key, one.caption, picture))
    return shown


def _request(dataset: Dataset, wanted: WantedImage) -> PictureRequest:
    image = dataset.images[wanted.key]
    if wanted.is_sample:
        return PictureRequest(image, wanted.numbers, is_tight=True, side=_SAMPLE_SIDE)
    return PictureRequest(image, wanted.numbers)
