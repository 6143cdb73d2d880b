"""Records with instance masks of drawn shapes."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from tools.try_templates.mask_records import TRAIN_PATTERN, VAL_PATTERN, write_mask_records

pytestmark = [pytest.mark.tf, pytest.mark.slow, pytest.mark.usefixtures("api")]

# The share of its box that a shape covers; a circle is drawn as a polygon with 24 corners.
_SHARES = {"square": 1.0, "triangle": 0.5, "circle": 24 / 2 * math.sin(2 * math.pi / 24) / 4}


def test_masks_fill_the_outlines_of_their_shapes(shapes_dir, tmp_path):
    import tensorflow as tf

    write_mask_records(shapes_dir, tmp_path, {"circle": 1, "square": 2, "triangle": 3})

    for split, pattern in (("train", TRAIN_PATTERN), ("val", VAL_PATTERN)):
        paths = sorted(map(str, tmp_path.glob(pattern)))
        examples = [
            tf.train.Example.FromString(record).features.feature
            for record in tf.data.TFRecordDataset(paths).as_numpy_iterator()
        ]
        lists_dir = shapes_dir / "ImageSets" / "Main"
        assert len(examples) == len((lists_dir / f"{split}.txt").read_text().split())
        for feature in examples:
            _require_masks_of_shapes(feature)


def _require_masks_of_shapes(feature) -> None:
    names = [name.decode() for name in feature["image/object/class/text"].bytes_list.value]
    pngs = feature["image/object/mask"].bytes_list.value
    assert len(names) == len(pngs) > 0
    width, height = (feature[f"image/{side}"].int64_list.value[0] for side in ("width", "height"))
    ymin, xmin, ymax, xmax = (
        np.array(feature[f"image/object/bbox/{edge}"].float_list.value) * side
        for edge, side in (("ymin", height), ("xmin", width), ("ymax", height), ("xmax", width))
    )
    box_areas = (ymax - ymin) * (xmax - xmin)
    for name, png, box_area in zip(names, pngs, box_areas, strict=True):
        mask = np.array(Image.open(io.BytesIO(png)))
        assert mask.shape == (height, width)
        assert mask.sum() / box_area == pytest.approx(_SHARES[name], abs=0.1)
