"""Drawn shapes with instance masks, as a dataset in COCO's format.

A shape's outline follows from its class and box in the VOC XML.
"""

import json
import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

__all__ = ["write_masked_shapes"]

_CLASS_IDS = {"circle": 1, "square": 2, "triangle": 3}
_NUM_CORNERS_OF_CIRCLE = 24


def write_masked_shapes(data_dir: Path, output_dir: Path) -> None:
    """Writes the splits train and val as COCO JSON beside a link to the images.

    Args:
        data_dir: output folder of `odapi-ssd shapes`.
        output_dir: created if missing.
    """
    (output_dir / "annotations").mkdir(parents=True, exist_ok=True)
    (output_dir / "images").symlink_to((data_dir / "JPEGImages").resolve())
    for split in ("train", "val"):
        path = output_dir / "annotations" / f"instances_{split}.json"
        path.write_text(json.dumps(_coco_annotations(data_dir, split)), encoding="utf-8")


def _coco_annotations(data_dir: Path, split: str) -> dict[str, Any]:
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    stems = (data_dir / "ImageSets" / "Main" / f"{split}.txt").read_text(encoding="utf-8").split()
    for image_id, stem in enumerate(stems, start=1):
        root = ElementTree.parse(data_dir / "Annotations" / f"{stem}.xml").getroot()
        width, height = (_number(root, f"size/{side}") for side in ("width", "height"))
        images.append(
            {"id": image_id, "file_name": f"{stem}.jpg", "height": height, "width": width}
        )
        for element in root.iter("object"):
            name = element.findtext("name", "")
            box_xyxy_px = [
                _number(element, f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax")
            ]
            xmin, ymin, xmax, ymax = box_xyxy_px
            annotations.append({
                "id": len(annotations) + 1,
                "image_id": image_id,
                "category_id": _CLASS_IDS[name],
                "bbox": [xmin, ymin, xmax - xmin, ymax - ymin],
                "area": (xmax - xmin) * (ymax - ymin),
                "iscrowd": 0,
                "segmentation": [_outline(name, *box_xyxy_px)],
            })  # fmt: skip
    categories = [{"id": class_id, "name": name} for name, class_id in _CLASS_IDS.items()]
    return {"images": images, "annotations": annotations, "categories": categories}


def _number(element: ElementTree.Element, path: str) -> int:
    return int(element.findtext(path, ""))


def _outline(name: str, xmin: int, ymin: int, xmax: int, ymax: int) -> list[float]:
    """A polygon x, y, x, y, … in pixels; a triangle's apex is assumed to be centered."""
    middle_x, middle_y = (xmin + xmax) / 2, (ymin + ymax) / 2
    if name == "square":
        return [xmin, ymin, xmax, ymin, xmax, ymax, xmin, ymax]
    if name == "triangle":
        return [middle_x, ymin, xmax, ymax, xmin, ymax]
    corners: list[float] = []
    for corner_idx in range(_NUM_CORNERS_OF_CIRCLE):
        angle = 2 * math.pi * corner_idx / _NUM_CORNERS_OF_CIRCLE
        corners += [
            middle_x + (xmax - xmin) / 2 * math.cos(angle),
            middle_y + (ymax - ymin) / 2 * math.sin(angle),
        ]
    return corners
