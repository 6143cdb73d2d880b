"""Random datasets for the readers of formats, and what is in them.

A test writes one in its format by its own few lines, and compares what the reader finds with what
was drawn here.
"""

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hypothesis import strategies as st
from PIL import Image

# Classes as people name them; those at the end are not what YAML, CSV and XML would make of them.
CLASS_NAMES = ("dog", "traffic light", "café", "no", "1e3", 'a "b", <c> & d: #e;')
SIZES_HW = ((1, 1), (20, 40), (375, 500), (301, 17), (1080, 1920))


@dataclass(frozen=True)
class DrawnObject:
    """An object: its class and its box, xmin, ymin, xmax, ymax in pixels."""

    name: str
    box_xyxy_px: tuple[float, float, float, float]


@dataclass(frozen=True)
class DrawnImage:
    """An image of a size in pixels; its file's name has no folder."""

    name: str
    image_hw: tuple[int, int]
    objects: tuple[DrawnObject, ...]


@st.composite
def _objects(draw, image_hw):
    height, width = image_hw
    xs = sorted(draw(st.lists(st.integers(0, width * 100), min_size=2, max_size=2)))
    ys = sorted(draw(st.lists(st.integers(0, height * 100), min_size=2, max_size=2)))
    box = (xs[0] / 100, ys[0] / 100, xs[1] / 100, ys[1] / 100)
    return DrawnObject(draw(st.sampled_from(CLASS_NAMES)), box)


@st.composite
def _images(draw, number):
    image_hw = draw(st.sampled_from(SIZES_HW))
    objects = draw(st.lists(_objects(image_hw), max_size=6))
    stem = draw(st.sampled_from(["0001", "a b", "ünï", "it's", "x.y", "100%", "a,b;c"]))
    return DrawnImage(f"{stem}_{number}.png", image_hw, tuple(objects))


@st.composite
def datasets(draw, num_images: int = 8) -> list[DrawnImage]:
    """Images of different names and sizes; 60 of these have 1,000 objects and more."""
    return [draw(_images(number)) for number in range(num_images)]


@cache
def _png(image_hw: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", image_hw[::-1]).save(buffer, "PNG")
    return buffer.getvalue()


def write_drawn_image(folder: Path, image: DrawnImage) -> None:
    """Writes the file of an image, a PNG without content."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / image.name).write_bytes(_png(image.image_hw))


def by_file_name(dataset) -> dict:
    """What a reader found: by the file's name, class and box of each object."""
    return {
        image.path.name: [(one.name, one.box_xyxy_px) for one in image.annotation.objects]
        for image in dataset.images.values()
    }


def as_drawn(images) -> dict:
    """What was drawn, in the form of `by_file_name`."""
    return {image.name: [(one.name, one.box_xyxy_px) for one in image.objects] for image in images}
