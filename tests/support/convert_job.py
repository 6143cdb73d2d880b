"""`convert` under faults, from and to any format."""

import csv
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.formats import read_dataset
from tests.support.atomic_job import AtomicJob

__all__ = ["ConvertJob", "write_in_format"]


class ConvertJob(AtomicJob):
    """A conversion into a folder that may hold an earlier one.

    Its `command` is a name of its own, for the table: "convert from coco".
    """

    def __init__(
        self, name: str, data_dir: Path, earlier_dir: Path, flags: Sequence[object], folder
    ):
        """Runs it once, undisturbed.

        Args:
            name: of the job.
            data_dir: the dataset.
            earlier_dir: that of the earlier conversion, which has the same flags.
            flags: further flags.
            folder: an empty one.
        """
        self._flags = ["--data_dir", data_dir, *flags]
        to = str(flags[flags.index("--to") + 1]) if "--to" in flags else "tfrecord"
        super().__init__(
            name,
            lambda out: [],
            # Other splits would stay beside the new ones.
            lambda out: convert_dataset(
                earlier_dir, out, ConversionOptions(to=to, splits=("train", "val"))
            ),
            folder,
        )

    def arguments(self, out: Path) -> list[object]:
        return ["convert", "--output_dir", out, *self._flags]


def write_in_format(voc_dir: Path, name: str, folder: Path) -> Path:
    """Writes a VOC dataset in another format, splits and all; returns its folder."""
    if name == "voc":
        shutil.copytree(voc_dir, folder)
    elif name in ("tfrecord", "coco", "yolo"):
        convert_dataset(voc_dir, folder, ConversionOptions(to=name))
    else:
        _BY_HAND[name](voc_dir, folder)
    return folder


def _copy_images(voc_dir: Path, folder: Path) -> None:
    shutil.copytree(voc_dir / "JPEGImages", folder / "images")


def _write_csv(voc_dir: Path, folder: Path) -> None:
    _copy_images(voc_dir, folder)
    with (folder / "annotations.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax"])
        for image in read_dataset(voc_dir).images.values():
            height, width = image.annotation.declared_hw
            for one in image.annotation.objects:
                box = map(int, one.box_xyxy_px)
                writer.writerow([image.path.name, width, height, one.name, *box])


def _write_labelme(voc_dir: Path, folder: Path) -> None:
    shutil.copytree(voc_dir / "JPEGImages", folder)
    for image in read_dataset(voc_dir).images.values():
        height, width = image.annotation.declared_hw
        shapes = [
            {
                "label": one.name,
                "points": [one.box_xyxy_px[:2], one.box_xyxy_px[2:]],
                "shape_type": "rectangle",
                "group_id": None,
                "flags": {},
            }
            for one in image.annotation.objects
        ]
        content = {
            "version": "5.5.0",
            "flags": {},
            "shapes": shapes,
            "imagePath": image.path.name,
            "imageData": None,
            "imageHeight": height,
            "imageWidth": width,
        }
        (folder / f"{image.path.stem}.json").write_text(json.dumps(content))


def _write_cvat(voc_dir: Path, folder: Path) -> None:
    _copy_images(voc_dir, folder)
    root = ElementTree.Element("annotations")
    ElementTree.SubElement(root, "version").text = "1.1"
    for number, image in enumerate(read_dataset(voc_dir).images.values()):
        height, width = map(str, image.annotation.declared_hw)
        element = ElementTree.SubElement(
            root, "image", id=str(number), name=image.path.name, width=width, height=height
        )
        for one in image.annotation.objects:
            corners = dict(
                zip(("xtl", "ytl", "xbr", "ybr"), map(str, one.box_xyxy_px), strict=True)
            )
            ElementTree.SubElement(element, "box", label=one.name, occluded="0", **corners)
    ElementTree.ElementTree(root).write(folder / "annotations.xml")


_BY_HAND: dict[str, Callable[[Path, Path], None]] = {
    "csv": _write_csv,
    "labelme": _write_labelme,
    "cvat": _write_cvat,
}
