"""COCO files as chance and bad intentions would have them.

Whatever is in them, a conversion succeeds or says what is wrong, and writes into its folder alone.
"""

import copy
import json
import random

import pytest
from PIL import Image

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.formats import writer_names
from odapi_ssd.errors import OdapiError
from tests.support.mutated_bytes import mutations

INTACT = {
    "info": {"year": 2017},
    "images": [
        {"id": number, "file_name": f"{number}.png", "width": 20, "height": 10}
        for number in range(3)
    ],
    "annotations": [
        {"id": 1, "image_id": 0, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12.5,
         "iscrowd": 0, "segmentation": [[1, 2, 5, 2, 5, 6]]},
        {"id": 2, "image_id": 0, "category_id": 2, "bbox": [1, 2, 3, 4], "area": 7, "iscrowd": 1,
         "segmentation": {"size": [10, 20], "counts": [5, 7, 188]}},
        {"id": 3, "image_id": 2, "category_id": 2, "bbox": [0, 0, 20, 10], "iscrowd": 0,
         "segmentation": {"size": [10, 20], "counts": "57l5"}},
    ],
    "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog", "supercategory": "x"}],
}  # fmt: skip
STRANGE = (
    None, True, 0, -1, 1e308, float("nan"), float("inf"), 10**400, 2**64, "", "../x", "/etc/passwd",
    "\ud800", "\0", "\x1b[2J\n", "a" * 10_000, [], {}, [[]], [1], [None], [["1"] * 6],
    [[1e300] * 6], {"size": [10, 20], "counts": "~"}, {"size": [10**9, 10**9], "counts": [10**18]},
)  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    for number in range(3):
        (tmp_path / "data").mkdir(exist_ok=True)
        Image.new("RGB", (20, 10)).save(tmp_path / f"data/{number}.png")
    return tmp_path


def convert(folder, content, number):
    """Whether a file converts; fails for any error that is not a message."""
    (folder / "data/a.json").write_bytes(content)
    options = ConversionOptions(
        format="coco",
        to=writer_names()[number % len(writer_names())],
        include_masks=number % 2 == 0,
        on_error=("fail", "skip")[number // 2 % 2],
        num_workers=1,
    )
    try:
        convert_dataset(folder / "data", folder / f"out{number}", options)
    except OdapiError:
        return False
    return True


def places(value):
    """All places in a JSON value: the container, and the key or index in it."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(entries):
        yield value, key
        if isinstance(inner, dict | list):
            yield from places(inner)


def test_strange_values_anywhere(folder):
    generator = random.Random(5)
    converted = []
    for number in range(200):
        values = copy.deepcopy(INTACT)
        container, key = generator.choice(list(places(values)))
        if generator.random() < 0.8:
            container[key] = generator.choice(STRANGE)
        else:
            del container[key]
        converted.append(convert(folder, json.dumps(values).encode(), number))
    assert 20 < sum(converted) < 180
    assert_nothing_outside(folder)


def test_damaged_files(folder):
    content = json.dumps(INTACT, indent=1).encode()
    assert convert(folder, content, 1000)
    converted = [
        convert(folder, damaged, number)
        for number, damaged in enumerate(mutations(content, seed=3, number=120))
    ]
    assert 1 < sum(converted) < 119
    assert_nothing_outside(folder)


def assert_nothing_outside(folder):
    names = {path.name for path in folder.iterdir()}
    assert {name for name in names if not name.startswith("out")} == {"data"}
    assert {path.name for path in (folder / "data").iterdir()} == {
        "0.png", "1.png", "2.png", "a.json",
    }  # fmt: skip
