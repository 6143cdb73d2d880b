"""A small dataset that the library `supervision` writes, in each of its formats, and what is in it.

Its files are those of a real tool, with its layouts, number formats and quirks: corners of VOC are
one more than the pixels, YOLO has five decimals, masks become polygons of their outlines.
"""

from pathlib import Path

import numpy as np

from tests.support.dataset_files import IMAGE_HW, write_image

CLASS_NAMES = ("dog", "traffic light", "café")

# By image: class and box, xmin, ymin, xmax, ymax in pixels.
OBJECTS_XYXY_PX: dict[str, tuple[tuple[str, tuple[float, float, float, float]], ...]] = {
    "one.jpg": (("café", (4, 2, 20, 12)), ("dog", (30, 10, 70, 45))),
    "two.png": (("traffic light", (0, 0, 80, 50)),),
    "empty.jpg": (),
}


def write_supervision_dataset(folder: Path, format_name: str, *, with_masks: bool = False) -> None:
    """Writes images and annotations.

    Args:
        folder: made if need be. `images/` has the images; annotations are in `annotations/` as VOC
            or LabelMe, in `labels/` beside `data.yaml` as YOLO, in `annotations.json` as COCO.
        format_name: "voc", "coco", "yolo" or "labelme".
        with_masks: whether objects have masks, those of `mask_of`.
    """
    dataset = _make_dataset(folder / "images", with_masks)
    if format_name == "voc":
        dataset.as_pascal_voc(annotations_directory_path=str(folder / "annotations"))
    elif format_name == "coco":
        dataset.as_coco(annotations_path=str(folder / "annotations.json"))
    elif format_name == "yolo":
        dataset.as_yolo(
            annotations_directory_path=str(folder / "labels"),
            data_yaml_path=str(folder / "data.yaml"),
        )
    elif format_name == "labelme":
        dataset.as_labelme(annotations_directory_path=str(folder / "annotations"))
    else:
        raise ValueError(f"supervision does not write {format_name!r}")


def mask_of(box_xyxy_px: tuple[float, float, float, float]) -> np.ndarray:
    """The lower triangle of a box: bool [H, W] of the whole image, touching all of its sides."""
    xmin, ymin, xmax, ymax = map(int, box_xyxy_px)
    rows, columns = np.indices(IMAGE_HW)
    is_inside = (columns >= xmin) & (columns < xmax) & (rows >= ymin) & (rows < ymax)
    below = (rows - ymin + 1) / (ymax - ymin) >= (columns - xmin) / (xmax - xmin)
    return is_inside & below


def _make_dataset(images_dir: Path, with_masks: bool):
    import supervision

    annotations = {}
    for name, objects in OBJECTS_XYXY_PX.items():
        write_image(images_dir / name)
        boxes_xyxy = [box for _, box in objects]
        annotations[str(images_dir / name)] = supervision.Detections(
            xyxy=np.array(boxes_xyxy, np.float32).reshape(-1, 4),
            class_id=np.array([CLASS_NAMES.index(one) for one, _ in objects], int),
            mask=np.array([mask_of(box) for box in boxes_xyxy], bool).reshape(-1, *IMAGE_HW)
            if with_masks
            else None,
        )
    return supervision.DetectionDataset(list(CLASS_NAMES), list(annotations), annotations)
