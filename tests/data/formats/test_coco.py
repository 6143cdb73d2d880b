"""COCO datasets: written by tools, by hand, at random, and by somebody hostile."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.errors import OdapiError
from tests.support.supervision_dataset import (
    CLASS_NAMES,
    OBJECTS_XYXY_PX,
    write_supervision_dataset,
)

CATEGORIES = [{"id": 1, "name": "cat"}, {"id": 18, "name": "dog"}]


def write_coco(path, images, categories=CATEGORIES, image_dir=None):
    """Writes a JSON file, and empty images if a folder for them is given.

    Args:
        images: for each file name its objects, category and box, x, y, width, height.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    annotations = [
        {"image_id": number, "category_id": category, "bbox": box}
        for number, objects in enumerate(images.values())
        for category, box in objects
    ]
    values = {
        "images": [{"id": number, "file_name": name} for number, name in enumerate(images)],
        "annotations": [{"id": number, **one} for number, one in enumerate(annotations)],
        "categories": categories,
    }
    path.write_text(json.dumps(values))
    for name in images if image_dir is not None else ():
        (image_dir / name).parent.mkdir(parents=True, exist_ok=True)
        (image_dir / name).touch()


def boxes_of(dataset):
    """By image, its objects' classes and boxes."""
    return {
        key: [(one.name, one.box_xyxy_px) for one in image.annotation.objects]
        for key, image in dataset.images.items()
    }


@pytest.mark.parametrize("with_masks", [False, True])
def test_what_supervision_writes(tmp_path, with_masks):
    write_supervision_dataset(tmp_path, "coco", with_masks=with_masks)
    dataset = read_dataset(tmp_path)
    assert boxes_of(dataset) == {
        f"images/{name}": [(one, pytest.approx(box)) for one, box in objects]
        for name, objects in OBJECTS_XYXY_PX.items()
    }
    assert set(dataset.declared_label_map) == set(CLASS_NAMES)
    assert sorted(dataset.declared_label_map.values()) == [1, 2, 3]
    assert (dataset.fault_lines(), dataset.missing_images, dataset.splits) == ([], {}, {})
    masks = [one.mask for image in dataset.images.values() for one in image.annotation.objects]
    assert len(masks) == 3
    assert all((mask is not None) == with_masks for mask in masks)


_BOXES = st.tuples(*[st.floats(-1e6, 1e6)] * 4) | st.tuples(*[st.integers(-5, 500)] * 4)
_OBJECTS = st.lists(st.tuples(st.sampled_from(CATEGORIES), _BOXES), max_size=6)


@settings(max_examples=50, deadline=None)
@given(
    objects=st.lists(_OBJECTS, min_size=20, max_size=20),
    order=st.permutations(["images", "annotations", "categories"]),
    random=st.randoms(use_true_random=False),
)
def test_random_annotations(tmp_path_factory, objects, order, random):
    folder = tmp_path_factory.mktemp("random")
    names = [f"{number}.jpg" for number in range(len(objects))]
    rows = [
        {"id": 0, "image_id": f"i{n}", "category_id": category["id"], "bbox": box}
        for n, some in enumerate(objects)
        for category, box in some
    ]
    random.shuffle(rows)
    for annotation_id, row in enumerate(rows):
        row["id"] = annotation_id
        (folder / names[int(row["image_id"][1:])]).touch()
    for name in names:
        (folder / name).touch()
    images = [{"id": f"i{n}", "file_name": name} for n, name in enumerate(names)]
    values = {"images": images, "annotations": rows, "categories": CATEGORIES}
    (folder / "a.json").write_text(json.dumps({key: values[key] for key in order}))
    name_of = {category["id"]: category["name"] for category in CATEGORIES}
    expected = {name: [] for name in names}
    for row in rows:
        x, y, width, height = row["bbox"]
        box = (x, y, x + width, y + height)
        expected[names[int(row["image_id"][1:])]].append((name_of[row["category_id"]], box))
    assert boxes_of(read_dataset(folder)) == expected


def test_cocos_own_layout(tmp_path):
    for split, name in (("train", "1.jpg"), ("val", "2.jpg")):
        path = tmp_path / f"annotations/instances_{split}2017.json"
        write_coco(path, {name: [(18, [1, 2, 3, 4])]}, image_dir=tmp_path / f"{split}2017")
    captions = {"images": [], "annotations": [{"caption": "A dog."}], "categories": []}
    (tmp_path / "annotations/captions_val2017.json").write_text(json.dumps(captions))
    path = tmp_path / "annotations/person_keypoints_val2017.json"
    write_coco(path, {"2.jpg": [(18, [1, 2, 3, 4])]})
    (tmp_path / "test2017").mkdir()
    (tmp_path / "test2017/3.jpg").touch()
    dataset = read_dataset(tmp_path)
    assert list(dataset.images) == ["train2017/1.jpg", "val2017/2.jpg"]
    assert [image.record_name for image in dataset.images.values()] == ["1.jpg", "2.jpg"]
    assert {name: [one.key for one in entries] for name, entries in dataset.splits.items()} == {
        "train": ["train2017/1.jpg"],
        "val": ["val2017/2.jpg"],
    }
    assert dataset.declared_label_map == {"cat": 1, "dog": 18}
    assert dataset.warnings == (
        "Not read, as instances_*.json is there: annotations/captions_val2017.json, "
        "annotations/person_keypoints_val2017.json",
        "1 image has no annotation and is left out: test2017/3.jpg",
    )


def test_roboflows_layout(tmp_path):
    categories = [{"id": 0, "name": "cells"}, {"id": 1, "name": "red", "supercategory": "cells"}]
    for split in ("train", "valid", "test"):
        folder = tmp_path / split
        images = {"1.jpg": [(1, [1, 2, 3, 4])]}
        write_coco(folder / "_annotations.coco.json", images, categories, image_dir=folder)
    dataset = read_dataset(tmp_path)
    assert dataset.declared_label_map == {"red": 1}
    assert set(dataset.splits) == {"train", "val", "test"}
    assert [image.record_name for image in dataset.images.values()] == [
        "test/1.jpg", "train/1.jpg", "valid/1.jpg",
    ]  # fmt: skip


def test_a_single_file_has_no_splits(tmp_path):
    path = tmp_path / "annotations/instances_val2017.json"
    write_coco(path, {"1.jpg": []}, image_dir=tmp_path / "val2017")
    assert read_dataset(path).splits == {}
    assert list(read_dataset(path).images) == ["val2017/1.jpg"]


@pytest.mark.parametrize(
    "name",
    [
        "sub/1.jpg", "1.jpg", r"sub\1.jpg", r"C:\Users\bob\sub\1.jpg", "/home/bob/1.jpg",
        "https://host/x/1.jpg?width=9", "../../sub/1.jpg", "images/sub/1.jpg", "SUB/1.JPG",
    ],
)  # fmt: skip
def test_names_of_other_machines(tmp_path, name):
    write_coco(tmp_path / "a.json", {name: []})
    (tmp_path / "images/sub").mkdir(parents=True)
    (tmp_path / "images/sub/1.jpg").touch()
    assert list(read_dataset(tmp_path).images) == ["images/sub/1.jpg"]


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd", "", "..", "\0.jpg", "gone.jpg"])
def test_names_that_lead_out_name_no_image(tmp_path, name):
    (tmp_path / "secret.jpg").touch()
    write_coco(tmp_path / "data/a.json", {name: [(1, [1, 2, 3, 4])]})
    dataset = read_dataset(tmp_path / "data")
    assert dict(dataset.images) == {}
    ((key, missing),) = dataset.missing_images.items()
    assert missing.problem.startswith("a.json: ")
    assert dataset.annotation(key).objects[0].name == "cat"
    assert dataset.keys == (key,)


def test_two_entries_for_one_image(tmp_path):
    images = {"1.jpg": [(1, [1, 2, 3, 4])], "./1.jpg": []}
    write_coco(tmp_path / "a.json", images, image_dir=tmp_path)
    assert read_dataset(tmp_path).fault_lines() == [
        "a.json, ./1.jpg: its image is that of a.json, 1.jpg too, expected one entry for an image; "
        "remove the one that is out of date"
    ]


def test_an_image_in_two_files(tmp_path):
    objects = [(1, [1, 2, 3, 4])]
    (tmp_path / "images").mkdir()
    write_coco(
        tmp_path / "all.json", {"1.jpg": objects, "2.jpg": []}, image_dir=tmp_path / "images"
    )
    write_coco(tmp_path / "val.json", {"1.jpg": objects})
    dataset = read_dataset(tmp_path)
    assert list(dataset.images) == ["images/1.jpg", "images/2.jpg"]
    assert {name: len(entries) for name, entries in dataset.splits.items()} == {"all": 2, "val": 1}
    assert dataset.fault_lines() == []
    write_coco(tmp_path / "val.json", {"1.jpg": []})
    (fault,) = read_dataset(tmp_path).fault_lines()
    assert fault.startswith("val.json, 1.jpg: its image is that of all.json, 1.jpg too")


def test_faults_go_by_their_image(tmp_path):
    objects = [(1, [1, 2, 3, 4])]
    images = {"1.jpg": [*objects, (5, [1, 2, 3, 4]), (1, [1, 2])], "2.jpg": objects}
    write_coco(tmp_path / "a.json", images, image_dir=tmp_path)
    dataset = read_dataset(tmp_path)
    assert dataset.faults == {
        "1.jpg": (
            "a.json, 1.jpg: annotations[2].bbox has 2 numbers, expected x, y, width, height",
            "a.json, 1.jpg: 1 annotation has the category_id 5, which is not among the categories",
        )
    }
    assert (dataset.keys, list(dataset.images)) == (("1.jpg", "2.jpg"), ["2.jpg"])
    (tmp_path / "1.jpg").unlink()
    dataset = read_dataset(tmp_path)
    assert (list(dataset.faults), dataset.missing_images) == (["a.json, 1.jpg"], {})
    assert [line[:15] for line in dataset.fault_lines()] == ["a.json, 1.jpg: "] * 2 + [
        "a.json: no imag"
    ]


def test_faults_of_no_image_go_by_their_file(tmp_path):
    write_coco(tmp_path / "a.json", {"1.jpg": []}, [*CATEGORIES, {"id": 1, "name": "x"}], tmp_path)
    dataset = read_dataset(tmp_path)
    assert dataset.faults == {"a.json": ("a.json: categories[2].id is 1, which 'cat' has too",)}
    assert (dataset.keys, list(dataset.images)) == (("1.jpg",), ["1.jpg"])


@pytest.mark.parametrize("faulty", ["a.json", "b.json"])
def test_an_image_that_is_faulty_in_one_of_two_files(tmp_path, faulty):
    for name in ("a.json", "b.json"):
        objects = [(1, [1, 2] if name == faulty else [1, 2, 3, 4])]
        write_coco(tmp_path / name, {"1.jpg": objects, "2.jpg": []}, image_dir=tmp_path)
    dataset = read_dataset(tmp_path)
    assert list(dataset.faults) == ["1.jpg"]
    assert dataset.faults["1.jpg"][0].startswith(f"{faulty}, 1.jpg: annotations[0].bbox has 2")


@pytest.mark.parametrize(
    "change",
    [
        {"bbox": [float("nan"), 1, 2, 3]}, {"bbox": "1 2 3 4"}, {"bbox": None}, {"id": 1.5},
        {"category_id": 77}, {"category_id": None}, {"segmentation": "x"}, {"area": "large"},
    ],
)  # fmt: skip
def test_an_image_of_a_faulty_annotation_is_skipped(tmp_path, change):
    """Without its objects it would be learned as background."""
    names = [f"{number}.png" for number in range(3)]
    write_coco(tmp_path / "data/a.json", {name: [(1, [1, 2, 3, 4])] for name in names})
    for number, name in enumerate(names):
        Image.new("RGB", (20, 10), (number, 0, 0)).save(tmp_path / "data" / name)
    values = json.loads((tmp_path / "data/a.json").read_text())
    values["annotations"][0] |= change
    (tmp_path / "data/a.json").write_text(json.dumps(values))
    options = ConversionOptions(on_error="skip", num_workers=1)
    summary = convert_dataset(tmp_path / "data", tmp_path / "out", options)
    assert sum(split.num_examples for split in summary.splits.values()) == 2
    (skipped,) = json.loads((tmp_path / "out/skipped.json").read_text())
    assert skipped["file"] == "a.json, 0.png"


def test_captions_without_instances_beside_them(tmp_path):
    write_coco(tmp_path / "a.json", {"1.jpg": [(1, [1, 2, 3, 4])]}, image_dir=tmp_path)
    captions = {"images": [], "annotations": [{"id": 1, "image_id": 0, "caption": "A dog."}]}
    (tmp_path / "captions.json").write_text(json.dumps(captions))
    dataset = read_dataset(tmp_path)
    assert dataset.warnings == ("Not read, as they have no boxes: captions.json",)
    assert dataset.faults == {}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path, encoding):
    categories = [{"id": 1, "name": "chien é"}]
    write_coco(tmp_path / "a.json", {"ä.jpg": [(1, [1, 2, 3, 4])]}, categories, tmp_path)
    text = json.dumps(json.loads((tmp_path / "a.json").read_text()), ensure_ascii=False)
    (tmp_path / "a.json").write_text(text, encoding=encoding)
    assert boxes_of(read_dataset(tmp_path)) == {"ä.jpg": [("chien é", (1, 2, 4, 6))]}


def test_no_boxes_at_all(tmp_path):
    captions = {"images": [], "annotations": [{"caption": "A dog."}], "categories": []}
    (tmp_path / "captions.json").write_text(json.dumps(captions))
    with pytest.raises(OdapiError, match=r"No boxes in captions.json, expected annotations with"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("content", ["", "{}", '{"images": ['])
def test_a_named_format_that_is_not_there(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(OdapiError, match="No COCO annotations in"):
        read_dataset(tmp_path, "coco")


def test_a_link_out_of_the_folder_is_an_image_like_others(tmp_path):
    """Links are the user's own: annotations cannot make them."""
    (tmp_path / "elsewhere.jpg").touch()
    write_coco(tmp_path / "data/a.json", {"1.jpg": []})
    os.symlink(tmp_path / "elsewhere.jpg", tmp_path / "data/1.jpg")
    assert list(read_dataset(tmp_path / "data").images) == ["1.jpg"]


def test_ten_thousand_objects(tmp_path):
    objects = [(1, [number, 0, 1, 1]) for number in range(10_000)]
    write_coco(tmp_path / "a.json", {"1.jpg": objects}, image_dir=tmp_path)
    (image,) = read_dataset(tmp_path).images.values()
    assert image.annotation.objects[-1] == AnnotatedObject(10_000, "cat", (9999, 0, 10_000, 1))
