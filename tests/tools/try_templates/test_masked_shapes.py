"""Records with instance masks of drawn shapes."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.records import keys
from odapi_ssd.data.records.reader import read_examples
from tools.try_templates.masked_shapes import write_masked_shapes

# The share of its box that a shape covers; a circle is drawn as a polygon with 24 corners.
_SHARES = {"square": 1.0, "triangle": 0.5, "circle": 24 / 2 * math.sin(2 * math.pi / 24) / 4}


def test_masks_fill_the_outlines_of_their_shapes(shapes_dir, tmp_path):
    write_masked_shapes(shapes_dir, tmp_path / "coco")
    options = ConversionOptions(include_masks=True)
    summary = convert_dataset(tmp_path / "coco", tmp_path / "records", options)
    assert summary.label_map == {"circle": 1, "square": 2, "triangle": 3}
    for split in ("train", "val"):
        (path,) = (tmp_path / "records").glob(f"{split}.record-*")
        records = list(read_examples(str(path)))
        lists_dir = shapes_dir / "ImageSets" / "Main"
        assert len(records) == len((lists_dir / f"{split}.txt").read_text().split())
        for record in records:
            _require_masks_of_shapes(record)


def _require_masks_of_shapes(record) -> None:
    names, pngs = record.texts(keys.CLASS_TEXT), record.byte_strings(keys.MASK)
    assert len(names) == len(pngs) > 0
    (width,), (height,) = record.integers(keys.WIDTH), record.integers(keys.HEIGHT)
    ymin, xmin, ymax, xmax = (np.array(record.floats(key)) for key in keys.BOX_YXYX)
    box_areas = (ymax - ymin) * height * (xmax - xmin) * width
    for name, png, box_area in zip(names, pngs, box_areas, strict=True):
        mask = np.array(Image.open(io.BytesIO(png)))
        assert mask.shape == (height, width)
        assert mask.sum() / box_area == pytest.approx(_SHARES[name], abs=0.1)
