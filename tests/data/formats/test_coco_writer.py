"""`--to coco`: what pycocotools reads, and what comes back."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools.coco import COCO

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.boxes import fit_box
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.examples import ExampleOptions, PlacedObject, check_example
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.formats.coco_writer import CocoWriter
from odapi_ssd.data.formats.writing import WriterContext
from odapi_ssd.data.masks import PolygonMask
from odapi_ssd.data.records.reader import read_examples
from odapi_ssd.errors import OdapiError
from tests.support.dataset_files import IMAGE_HW, voc_xml, write_image, write_text
from tests.support.supervision_dataset import OBJECTS_XYXY_PX, mask_of, write_supervision_dataset

LABEL_MAP = {"dog": 3, "Kätzchen": 18}
TRIANGLE = PolygonMask(((2.0, 2.0, 20.0, 2.0, 2.0, 12.0),))


@pytest.fixture
def example_of(tmp_path):
    """Makes a checked example of 80x50 pixels."""
    write_image(tmp_path / "source.png")

    def make(*objects, name="a.png", **options):
        annotation = Annotation("a", None, objects)
        image = AnnotatedImage(name, tmp_path / "source.png", annotation, name)
        return check_example(image, ExampleOptions(**options))

    return make


def write(folder, splits):
    """Writes examples by split; returns what pycocotools reads of each."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = CocoWriter(WriterContext(folder, LABEL_MAP))
    for split, examples in splits.items():
        split_writer = writer.open_split(split, len(examples), 1)
        for example in examples:
            split_writer.write(writer.encode(example))
        split_writer.close()
    writer.finish()
    paths = sorted((folder / "annotations").iterdir())
    return {path.stem.removeprefix("instances_"): COCO(str(path)) for path in paths}


def test_what_pycocotools_reads(example_of, tmp_path):
    first = example_of(
        AnnotatedObject(1, "dog", (2, 2, 20, 12), mask=TRIANGLE),
        AnnotatedObject(2, "Kätzchen", (0, 0, 80, 50), is_crowd=True, mask=TRIANGLE),
        include_masks=True,
    )
    folder = tmp_path / "out"
    read = write(folder, {"train": [first, example_of(name="b.png")], "val": [example_of()]})
    coco = read["train"]
    assert coco.cats == {
        3: {"id": 3, "name": "dog", "supercategory": ""},
        18: {"id": 18, "name": "Kätzchen", "supercategory": ""},
    }
    assert coco.imgs == {
        1: {"id": 1, "file_name": "a.png", "width": 80, "height": 50},
        2: {"id": 2, "file_name": "b.png", "width": 80, "height": 50},
    }
    assert [one["bbox"] for one in coco.anns.values()] == [[2, 2, 18, 10], [0, 0, 80, 50]]
    assert [one["iscrowd"] for one in coco.anns.values()] == [0, 1]
    assert [one["category_id"] for one in coco.anns.values()] == [3, 18]
    mask = coco.annToMask(coco.anns[1])
    assert mask.shape == IMAGE_HW
    assert mask.sum() == coco.anns[1]["area"]
    assert mask[2, 2:18].all()
    assert not mask[12:].any()
    assert coco.getAnnIds(imgIds=[2]) == []
    assert set(read["val"].imgs) == {3}
    source = (tmp_path / "source.png").read_bytes()
    for name in ("train/a.png", "train/b.png", "val/a.png"):
        assert (folder / "images" / name).read_bytes() == source


def test_without_masks_the_area_is_that_of_the_box_where_it_is_not_known(example_of, tmp_path):
    example = example_of(
        AnnotatedObject(1, "dog", (2, 2, 20, 12)),
        AnnotatedObject(2, "dog", (2, 2, 20, 12), area_px=99.5),
    )
    coco = write(tmp_path / "out", {"train": [example]})["train"]
    assert [one["area"] for one in coco.anns.values()] == [180, 99.5]
    assert all("segmentation" not in one for one in coco.anns.values())


_SIDE = st.integers(1, 2000)
_BOX = st.tuples(*[st.floats(0, 1)] * 4)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(_SIDE, _SIDE, _BOX, st.booleans()), min_size=20, max_size=20))
def test_boxes_come_back_as_the_same_float32_values(tmp_path_factory, drawn):
    folder = tmp_path_factory.mktemp("boxes")
    Image.new("RGB", (1, 1)).save(folder / "1.png")
    image = AnnotatedImage("1.png", folder / "1.png", Annotation("a", None, ()))
    example = check_example(image)
    writer = CocoWriter(WriterContext(folder / "out", LABEL_MAP))
    for height, width, (x0, y0, x1, y1), is_whole in drawn:
        box = (x0 * width, y0 * height, x1 * width, y1 * height)
        if is_whole:
            box = tuple(map(round, box))
        fitted = fit_box(box, (height, width))
        if fitted.box_yxyx is None:
            continue
        placed = dataclasses.replace(
            example,
            image=dataclasses.replace(example.image, image_hw=(height, width)),
            objects=(placed_object(fitted.box_yxyx),),
        )
        (entry,) = writer.encode(placed).annotations
        x, y, box_width, box_height = json.loads(json.dumps(entry["bbox"]))
        again = fit_box((x, y, x + box_width, y + box_height), (height, width))
        assert again.box_yxyx == fitted.box_yxyx
        if is_whole:
            assert [x, y, x + box_width, y + box_height] == list(box)


def placed_object(box_yxyx):
    return PlacedObject(AnnotatedObject(1, "dog", (0, 0, 1, 1)), box_yxyx)


def records_of(folder):
    """All records of a folder by file name, serialized features aside from the names."""
    return {
        record.texts("image/filename")[0]: record
        for path in sorted(folder.glob("*.record-*"))
        for record in read_examples(str(path))
    }


@pytest.mark.parametrize("include_masks", [False, True])
def test_the_same_records_come_again(tmp_path, include_masks):
    write_supervision_dataset(tmp_path / "data", "coco", with_masks=True)
    options = ConversionOptions(include_masks=include_masks)
    there = dataclasses.replace(options, to="coco")
    summary = convert_dataset(tmp_path / "data", tmp_path / "coco", there)
    assert not [line for line in summary.warnings if "cannot hold" in line]
    again = convert_dataset(tmp_path / "coco", tmp_path / "again", options)
    assert again.label_map == summary.label_map
    assert {name: vars(one) for name, one in again.splits.items()} == {
        name: vars(one) for name, one in summary.splits.items()
    }
    convert_dataset(tmp_path / "data", tmp_path / "direct", options)
    expected, actual = records_of(tmp_path / "direct"), records_of(tmp_path / "again")
    assert expected.keys() == set(OBJECTS_XYXY_PX)
    assert {Path(name).name for name in actual} == expected.keys()
    for name, record in actual.items():
        other = expected[Path(name).name]
        assert set(record.feature_names()) == set(other.feature_names())
        for key in record.feature_names():
            if key not in ("image/filename", "image/source_id"):
                for values in ("byte_strings", "floats", "integers"):
                    found = list(getattr(record, values)(key))
                    assert found == list(getattr(other, values)(key)), key


def test_what_voc_has_beside_boxes_is_told(tmp_path):
    objects = [("dog", (1, 2, 3, 4), 1), ("dog", (1, 2, 30, 4), 0)]
    for stem, some in (("a", objects), ("b", [])):
        write_image(tmp_path / f"data/{stem}.png")
        write_text(tmp_path / f"data/{stem}.xml", voc_xml("VOC", f"{stem}.png", some))
    summary = convert_dataset(tmp_path / "data", tmp_path / "out", ConversionOptions(to="coco"))
    (lost,) = [line for line in summary.warnings if "cannot hold" in line]
    assert "1 difficult flags of 1 image; 2 poses of 1 image; 2 truncated flags of 1 image" in lost


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("night/1.png", "night/1.png"),
        ("1.bmp", "1.png"),
        ("../../1.png", "1.png"),
        ("/etc/1", "etc/1.png"),
        ("..", "image.png"),
    ],
)
def test_images_stay_in_their_folder(example_of, tmp_path, name, expected):
    coco = write(tmp_path / "out", {"train": [example_of(name=name)]})["train"]
    assert coco.imgs[1]["file_name"] == expected
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert sorted(path.relative_to(tmp_path / "out").as_posix() for path in files) == [
        "annotations/instances_train.json", f"images/train/{expected}",
    ]  # fmt: skip


def test_each_entry_has_its_own_file(example_of, tmp_path):
    """Names may be equal once they are safe, and an image may be annotated twice."""
    examples = [example_of(name=name) for name in ("1.bmp", "1.png", "1.png", "./1.png")]
    writer = CocoWriter(WriterContext(tmp_path / "told", LABEL_MAP))
    (tmp_path / "told").mkdir()
    split_writer = writer.open_split("train", len(examples), 1)
    for example in examples:
        split_writer.write(writer.encode(example))
    split_writer.close()
    assert writer.finish()[0].startswith("3 images have another name when the output is read")
    coco = write(tmp_path / "out", {"train": examples})["train"]
    names = {one["file_name"] for one in coco.imgs.values()}
    assert len(names) == 4
    assert all((tmp_path / "out/images/train" / name).is_file() for name in names)
    assert len(read_dataset(tmp_path / "out").images) == 4


def test_splits_whose_names_are_equal_once_they_are_safe(example_of, tmp_path):
    read = write(tmp_path / "out", {"a/b": [example_of()], "a\\b": [example_of()]})
    assert {name: len(coco.imgs) for name, coco in read.items()} == {"a_b": 1, "a_b_": 1}


def test_a_second_conversion_replaces_the_first(tmp_path):
    write_supervision_dataset(tmp_path / "data", "coco")
    convert_dataset(tmp_path / "data", tmp_path / "out", ConversionOptions(to="coco"))
    assert set(read_dataset(tmp_path / "out").splits) == {"train", "val"}
    options = ConversionOptions(to="coco", splits=("train",))
    convert_dataset(tmp_path / "data", tmp_path / "out", options)
    assert [path.name for path in (tmp_path / "out/images").iterdir()] == ["train"]
    (tmp_path / "out/images/train/mine.png").touch()
    with pytest.raises(OdapiError, match="did not write"):
        convert_dataset(tmp_path / "data", tmp_path / "out", ConversionOptions(to="coco"))


def test_masks_come_back_pixel_by_pixel(example_of, tmp_path):
    mask = mask_of((4, 2, 20, 12))
    outline = PolygonMask(((4, 2, 4, 12, 20, 12),))
    dog = AnnotatedObject(1, "dog", (4, 2, 20, 12), mask=outline)
    example = example_of(dog, include_masks=True)
    coco = write(tmp_path / "out", {"train": [example]})["train"]
    written = coco.annToMask(coco.anns[1]).astype(bool)
    assert np.abs(written.sum() - mask.sum()) <= 16
    dataset = read_dataset(tmp_path / "out")
    (image,) = dataset.images.values()
    again = check_example(image, ExampleOptions(include_masks=True))
    assert again.objects[0].mask_png == example.objects[0].mask_png
