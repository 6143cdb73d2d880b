"""TFRecords of drawn shapes with instance masks, made as the mask template's header says.

A shape's outline follows from its class and box in the VOC XML. The outlines are written in COCO's
format, which the API's own program converts to records.
"""

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

__all__ = ["TRAIN_PATTERN", "VAL_PATTERN", "write_mask_records"]

# The program has these numbers of shards built in.
TRAIN_PATTERN = "coco_train.record-?????-of-00100"
VAL_PATTERN = "coco_val.record-?????-of-00050"
_NUM_CORNERS_OF_CIRCLE = 24


def write_mask_records(data_dir: Path, output_dir: Path, class_ids: Mapping[str, int]) -> None:
    """Writes records with masks of the splits train and val.

    Args:
        data_dir: output folder of `odapi-ssd shapes`.
        output_dir: created if missing.
        class_ids: class id by class name.
    Raises:
        subprocess.CalledProcessError: the API's program failed.
    """
    output_dir.mkdir(parents=True, exist_ok=True)
    for split in ("train", "val"):
        annotations = _coco_annotations(data_dir, split, class_ids)
        (output_dir / f"{split}.json").write_text(json.dumps(annotations), encoding="utf-8")
    flags = {"output_dir": output_dir}
    for images, annotations, split in (
        ("train", "train", "train"), ("val", "val", "val"), ("test", "testdev", "val"),
    ):  # fmt: skip
        flags[f"{images}_image_dir"] = data_dir / "JPEGImages"
        flags[f"{annotations}_annotations_file"] = output_dir / f"{split}.json"
    subprocess.run(
        [
            *(sys.executable, "-m", "odapi_ssd", "api", "dataset_tools.create_coco_tf_record"),
            "--include_masks",
            *(f"--{name}={value}" for name, value in flags.items()),
        ],
        check=True,
        capture_output=True,
    )


def _coco_annotations(data_dir: Path, split: str, class_ids: Mapping[str, int]) -> dict[str, Any]:
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
                "category_id": class_ids[name],
                "bbox": [xmin, ymin, xmax - xmin, ymax - ymin],
                "area": (xmax - xmin) * (ymax - ymin),
                "iscrowd": 0,
                "segmentation": [_outline(name, *box_xyxy_px)],
            })  # fmt: skip
    categories = [{"id": class_id, "name": name} for name, class_id in class_ids.items()]
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
