"""Writes the embedded dataset: images of shapes in the VOC layout, for trials without downloads.

About 75 % of the images make `train`, the rest `val` and `test` in equal parts; `trainval` is the
first two. The same number and seed give the same files, byte for byte, with the same Pillow. Boxes
in the XML are the edges of the pixels, counted from 0, as the API reads VOC's numbers.
"""

import random
from pathlib import Path

from lxml import etree
from PIL import Image

from odapi_ssd.data.synthetic.drawing import DrawnShape, draw_scene
from odapi_ssd.errors import require_at_least
from odapi_ssd.outputs.folder import output_folder
from odapi_ssd.progress import SILENT, Progress

__all__ = ["split_stems", "write_shapes"]

_FOLDERS = ("Annotations", "ImageSets", "JPEGImages")
_MADE_BY = "odapi-ssd shapes"
_MIN_IMAGES = 3
_JPEG_QUALITY = 92


def write_shapes(
    output_dir: Path,
    num_images: int = 400,
    seed: int = 0,
    progress: Progress = SILENT,
    *,
    overwrite: bool = False,
) -> dict[str, list[str]]:
    """Writes the dataset; it appears when it is complete.

    Args:
        output_dir: gets the folders `Annotations`, `ImageSets` and `JPEGImages`; those that an
            earlier call wrote are replaced.
        num_images: at least 3, one for each split.
        seed: chooses the images.
        progress: advances by each image.
        overwrite: replace these folders also if they hold what no earlier call wrote.

    Returns:
        The stems of each split.

    Raises:
        OdapiError: these folders hold something else, or the disk refuses.
        OptionError: num_images is below 3.
    """
    require_at_least("num_images", num_images, _MIN_IMAGES)
    output_dir = Path(output_dir)
    stems = [f"shapes_{number:05d}" for number in range(1, num_images + 1)]
    splits = split_stems(stems)
    with output_folder(
        "output_dir", output_dir, "shapes", overwrite=overwrite, warn=progress.warning
    ) as outputs:
        outputs.require_replaceable(_FOLDERS)
        staging = outputs.staging
        for folder in ("Annotations", "JPEGImages", "ImageSets/Main"):
            (staging / folder).mkdir(parents=True)
        progress.advance(0, num_images)
        for num_done, stem in enumerate(stems, start=1):
            # Each image has its own generator: the first n are the same whatever num_images is.
            _write_scene(staging, stem, random.Random(f"{seed}/{stem}"))
            progress.advance(num_done, num_images)
        for split, members in splits.items():
            lines = "".join(f"{stem}\n" for stem in members)
            (staging / f"ImageSets/Main/{split}.txt").write_text(lines, encoding="utf-8")
        outputs.publish()
    return splits


def split_stems(stems: list[str]) -> dict[str, list[str]]:
    """Divides stems, three at least, into train (75 %), val, trainval (both) and test.

    The images are drawn independently, so any order will do.
    """
    num_held_out = max(round(len(stems) / 8), 1)
    num_train = len(stems) - 2 * num_held_out
    return {
        "train": stems[:num_train],
        "val": stems[num_train : num_train + num_held_out],
        "trainval": stems[: num_train + num_held_out],
        "test": stems[num_train + num_held_out :],
    }


def _write_scene(folder: Path, stem: str, rng: random.Random) -> None:
    image, shapes = draw_scene(rng)
    image.save(folder / f"JPEGImages/{stem}.jpg", quality=_JPEG_QUALITY, subsampling=0)
    (folder / f"Annotations/{stem}.xml").write_bytes(_annotation_xml(stem, image, shapes))


def _annotation_xml(stem: str, image: Image.Image, shapes: list[DrawnShape]) -> bytes:
    root = etree.Element("annotation")
    _add(root, "folder", "JPEGImages")
    _add(root, "filename", f"{stem}.jpg")
    _add(_add(root, "source"), "database", _MADE_BY)
    size = _add(root, "size")
    for tag, value in (("width", image.width), ("height", image.height), ("depth", 3)):
        _add(size, tag, value)
    _add(root, "segmented", 0)
    for shape in shapes:
        element = _add(root, "object")
        for tag, text in (("name", shape.name), ("pose", "Unspecified")):
            _add(element, tag, text)
        for tag in ("truncated", "difficult"):
            _add(element, tag, 0)
        box = _add(element, "bndbox")
        for tag, value in zip(("xmin", "ymin", "xmax", "ymax"), shape.box_xyxy_px, strict=True):
            _add(box, tag, value)
    return etree.tostring(root, pretty_print=True, encoding="utf-8")


def _add(parent: etree._Element, tag: str, value: str | int | None = None) -> etree._Element:
    element = etree.SubElement(parent, tag)
    element.text = None if value is None else str(value)
    return element
