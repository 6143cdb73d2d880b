"""YOLO, CSV, LabelMe and CVAT as chance and bad intentions would have them.

Whatever is in the files, a conversion succeeds or says what is wrong, and writes into its folder
alone.
"""

import json

import pytest
from PIL import Image

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.formats import read_dataset, writer_names
from odapi_ssd.data.formats.registry import _formats
from odapi_ssd.errors import OdapiError
from tests.support.mutated_bytes import mutations

CSV = (
    'filename,width,height,class,xmin,ymin,xmax,ymax,split\na.jpg,40,20,dog,1,2,30,15,train\n'
    '"b.jpg",40,20,"cat",1.5,2,30,15,val\nb.jpg,,,,,,,,val\n'
)  # fmt: skip
SHAPES = [
    {"label": "dog", "points": [[1, 2], [30, 15]], "group_id": None, "shape_type": "rectangle"},
    {"label": "cat", "points": [[1, 2], [9, 2], [9, 9.5]], "group_id": 1, "shape_type": "polygon",
     "flags": {"difficult": True}},
]  # fmt: skip
CVAT = (
    '<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version><image id="0" '
    'name="a.jpg" subset="train" width="40" height="20"><box label="dog" occluded="0" xtl="1" '
    'ytl="2" xbr="30" ybr="15" rotation="30"/><polygon label="cat" points="1,2;9,2;9,9.5"/><mask '
    'label="dog" rle="1, 2, 1" left="3" top="4" width="2" height="2"/></image><image id="1" '
    'name="b.jpg" width="40" height="20"/></annotations>'
)
# By format: the file that is damaged, and the others.
DATASETS = {
    "yolo": (
        {"data.yaml": "path: ../pets\ntrain: train.txt\nval: [images]\nnc: 2\nnames:\n  0: dog\n  "
                      "1: &cat cat\nx: *cat\n"},
        {"train.txt": "./images/a.jpg\n", "labels/a.txt": "0 0.5 0.5 0.5 0.5\n"},
    ),
    "yolo, labels": (
        {"labels/a.txt": "0 0.5 0.5 0.5 0.5\n1 0.1 0.1 0.5 0.1 0.5 0.5\n"},
        {"data.yaml": "names: [dog, cat]\n"},
    ),
    "csv": ({"all.csv": CSV}, {}),
    "labelme": (
        {"images/a.json": json.dumps({"version": "5.5.0", "flags": {}, "shapes": SHAPES,
                                      "imagePath": "a.jpg", "imageData": None, "imageHeight": 20,
                                      "imageWidth": 40})},
        {},
    ),
    "cvat": ({"annotations.xml": CVAT}, {}),
}  # fmt: skip


def write_files(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def folder(tmp_path):
    """A folder with two images of different content, and a neighbor that nobody may touch."""
    for number, name in enumerate("ab"):
        path = tmp_path / "data" / "images" / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 20), (number * 90, 0, 0)).save(path)
    return tmp_path / "data"


@pytest.mark.parametrize("title", DATASETS)
def test_damaged_files(folder, title):
    damaged, others = DATASETS[title]
    write_files(folder, others)
    ((name, text),) = damaged.items()
    write_files(folder, damaged)
    format_name = title.partition(",")[0]
    assert read_dataset(folder).fault_lines() == []  # The intact one is recognized and right.
    num_refused = 0
    for content in mutations(text.encode(), seed=12, number=300):
        write_files(folder, {name: content})
        for one in _formats.values():
            one.recognize(folder)
        try:
            dataset = read_dataset(folder, format_name)
        except OdapiError:
            num_refused += 1
            continue
        num_refused += bool(dataset.fault_lines())
        for image in dataset.images.values():
            assert image.path.parent == folder / "images"
    assert 0 < num_refused < 300


NAMES = ["../../up", "/tmp/up", "a\x1b[2Jb", "x" * 5000, "a\u2028b", "..", "CON", "-rf", "%s{0}"]


@pytest.mark.parametrize("to", writer_names())
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_classes_and_splits_of_strangers(folder, name, to):
    rows = "".join(
        f'{image}.jpg,1,2,30,15,"{text}","{text}"\n' for image, text in (("a", name), ("b", "dog"))
    )
    write_files(folder, {"all.csv": "image,label,x1,y1,x2,y2,split\n" + rows})
    before = sorted(folder.rglob("*"))
    out = folder.parent / "out"
    try:
        summary = convert_dataset(folder, out, ConversionOptions(to=to, num_workers=1))
    except OdapiError:
        assert not out.exists()
    else:
        assert name in summary.splits
        assert list(out.iterdir())
    assert sorted(folder.rglob("*")) == before
    assert {path.name for path in folder.parent.iterdir()} <= {"data", "out"}


@pytest.mark.parametrize("title", DATASETS)
def test_links(folder, tmp_path_factory, title):
    """Links that the user made are followed, to files outside too, and circles end."""
    damaged, others = DATASETS[title]
    write_files(folder, {**damaged, **others})
    expected = read_dataset(folder).keys
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "pictures"
    (folder / "images").rename(elsewhere)
    (folder / "images").symlink_to(elsewhere)
    (elsewhere / "circle").symlink_to(folder)
    assert read_dataset(folder).keys == expected
