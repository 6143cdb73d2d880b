"""A format in one file: what it takes to add one, and what it gets without a change elsewhere."""

import json

import pytest
from PIL import Image

from odapi_ssd.data.annotations import AnnotatedImage, AnnotatedObject, Annotation
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.dataset import Dataset, MissingImage, SplitEntry
from odapi_ssd.data.formats import AnnotationFormat, read_dataset, register, registry
from odapi_ssd.data.image_store import ImageStore
from odapi_ssd.data.summary import DatasetSummary
from odapi_ssd.errors import OdapiError


def recognize(data_dir):
    return (data_dir / "toy.jsonl").is_file()


def read(data_dir):
    """The first line of `toy.jsonl` is the class list, each other an image in a subfolder."""
    lines = (data_dir / "toy.jsonl").read_text(encoding="utf-8").splitlines()
    names = json.loads(lines[0])["classes"]
    images = ImageStore()
    keys, missing, faults, splits = [], {}, {}, {}
    for number, line in enumerate(lines[1:], start=2):
        values = json.loads(line)
        key, source = values["image"], f"toy.jsonl, line {number}"
        keys.append(key)
        splits.setdefault(values["split"], []).append(SplitEntry(key, key))
        try:
            annotation = Annotation(source, None, tuple(parse_objects(values["boxes"], names)))
        except IndexError:
            faults[key] = (f"{source}: there are {len(names)} classes",)
            continue
        if (data_dir / key).is_file():
            images.add(AnnotatedImage(key, data_dir / key, annotation))
        else:
            missing[key] = MissingImage(annotation, f"{source}: no image {key}")
    return Dataset(
        root_dir=data_dir,
        keys=tuple(keys),
        images=images,
        missing_images=missing,
        faults=faults,
        splits={name: tuple(entries) for name, entries in splits.items()},
        declared_label_map={name: class_id for class_id, name in enumerate(names, start=1)},
    )


def parse_objects(boxes, names):
    for number, (class_idx, *box_xyxy_px) in enumerate(boxes, start=1):
        yield AnnotatedObject(number, names[class_idx], tuple(box_xyxy_px))


TOY = AnnotationFormat("toy", ("toy.jsonl with images anywhere below",), recognize, read)


@pytest.fixture(autouse=True)
def toy_format(monkeypatch):
    """Registers the format for one test."""
    monkeypatch.setattr(registry, "_formats", dict(registry._formats))
    register(TOY)


@pytest.fixture
def toy_dir(tmp_path):
    """Three images of 40x20 pixels, two of the same file name; class 'bird' has no object."""
    lines = [
        {"classes": ["dog", "bird", "cat"]},
        {"image": "day/1.png", "split": "learn", "boxes": [[0, 10, 5, 20, 10], [2, 0, 0, 4, 2]]},
        {"image": "night/1.png", "split": "learn", "boxes": []},
        {"image": "day/2.png", "split": "probe", "boxes": [[2, 30, 0, 50, 20]]},
    ]
    folder = tmp_path / "data"
    for line in lines[1:]:
        path = folder / line["image"]
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 20)).save(path)
    (folder / "toy.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return folder


def test_the_folder_is_recognized(toy_dir):
    dataset = read_dataset(toy_dir)
    assert dataset.keys == ("day/1.png", "night/1.png", "day/2.png")
    assert dataset.count_objects() == {"cat": 2, "dog": 1}


def test_it_becomes_records_with_its_own_classes_and_splits(toy_dir, tmp_path):
    summary = convert_dataset(toy_dir, tmp_path / "records")
    assert summary == DatasetSummary.load(tmp_path / "records")
    assert summary.label_map == {"dog": 1, "bird": 2, "cat": 3}
    counts = {name: (one.num_examples, one.num_objects) for name, one in summary.splits.items()}
    assert counts == {"learn": (2, 2), "probe": (1, 1)}
    (clipped,) = summary.clipped
    assert (clipped.file, clipped.object, clipped.split) == ("toy.jsonl, line 4", 1, "probe")
    assert len(list((tmp_path / "records").glob("*.record-*"))) == 2


def test_all_offenders_are_named_at_once(toy_dir, tmp_path):
    (toy_dir / "night/1.png").unlink()
    with (toy_dir / "toy.jsonl").open("a") as file:
        file.write('{"image": "day/3.png", "split": "learn", "boxes": [[7, 0, 0, 1, 1]]}\n')
    with pytest.raises(OdapiError, match="Nothing was written: 2 faults") as caught:
        convert_dataset(toy_dir, tmp_path / "records")
    assert caught.value.details == (
        "toy.jsonl, line 5: there are 3 classes",
        "toy.jsonl, line 3: no image night/1.png",
    )


def test_an_unknown_folder_is_refused_with_all_formats(tmp_path):
    with pytest.raises(OdapiError, match="No annotated images") as caught:
        read_dataset(tmp_path)
    assert "toy: toy.jsonl with images anywhere below" in caught.value.details
    assert any(line.startswith("voc: ") for line in caught.value.details)
