"""What the tests of converters have in common: files of the usual formats, and reading examples.

Every image is of 8 bits and IMAGE_HW, wider than it is high: what confuses the two shows.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

IMAGE_HW = (50, 80)


def write_image(path: Path) -> bytes:
    """Writes an image in the format of its suffix and returns what the file holds."""
    rows, columns = np.indices(IMAGE_HW)
    pixels = np.stack([rows * 5, columns * 3, rows + columns], axis=-1).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path.read_bytes()


def write_text(path: Path, text: str) -> Path:
    """Writes a file and the folders that lead to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_label_map(path: Path, names: Sequence[str]) -> Path:
    """Writes a label map with ids from 1."""
    items = [f"item {{ id: {i} name: '{name}' }}\n" for i, name in enumerate(names, start=1)]
    return write_text(path, "".join(items))


def voc_xml(folder: str, filename: str, objects: Sequence[tuple[str, Sequence[int], int]]) -> str:
    """An annotation; `objects` are name, box (xyxy in pixels) and whether it is difficult."""
    texts = [
        f"<object><name>{name}</name><pose>Left</pose><truncated>1</truncated>"
        f"<difficult>{difficult}</difficult><bndbox><xmin>{box[0]}</xmin><ymin>{box[1]}</ymin>"
        f"<xmax>{box[2]}</xmax><ymax>{box[3]}</ymax></bndbox></object>"
        for name, box, difficult in objects
    ]
    return (
        f"<annotation><folder>{folder}</folder><filename>{filename}</filename><size>"
        f"<width>{IMAGE_HW[1]}</width><height>{IMAGE_HW[0]}</height><depth>3</depth></size>"
        f"{''.join(texts)}</annotation>"
    )


def read_examples(paths: Sequence[Path], kind: str = "Example") -> list[Any]:
    """All examples in TFRecords, in the order of the files' names; `kind` is their message."""
    import tensorflow as tf

    records = tf.data.TFRecordDataset([str(path) for path in sorted(paths)])
    return [getattr(tf.train, kind).FromString(record.numpy()) for record in records]


def feature_values(example: Any, name: str) -> list[Any]:
    """The values of a feature, of whatever kind it is; KeyError where the example has none."""
    if name not in example.features.feature:
        raise KeyError(name)
    feature = example.features.feature[name]
    return list(getattr(feature, feature.WhichOneof("kind")).value)


def boxes_yxyx(example: Any) -> np.ndarray:
    """The boxes of an example: float [M, 4], as they stand in it."""
    names = [f"image/object/bbox/{side}" for side in ("ymin", "xmin", "ymax", "xmax")]
    return np.stack([feature_values(example, name) for name in names], axis=1)


def png_masks(example: Any) -> list[np.ndarray]:
    """The masks of an example, decoded: uint8 [H, W] each."""
    encoded = feature_values(example, "image/object/mask")
    return [np.asarray(Image.open(io.BytesIO(mask))) for mask in encoded]
