"""Conversions of datasets with faults, with `--on_error skip`."""

import json

import pytest

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.faults import Fault
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.records.reader import read_examples
from odapi_ssd.data.skipping import SkippedFiles
from odapi_ssd.data.summary import DatasetSummary
from odapi_ssd.errors import OdapiError
from tests.support.dataset_files import IMAGE_HW, write_image, write_text

SKIP = ConversionOptions(on_error="skip")


@pytest.fixture
def output_dir(tmp_path):
    return tmp_path / "records"


@pytest.fixture
def faulty_dir(voc_dir):
    """Eight images, of which two are good; one split entry names nothing."""
    for stem in ("good", "fine", "no_xml", "two_faults", "no_image", "short", "empty", "text"):
        voc_dir.add(stem)
    voc_dir.add("no_xml", xml="this is not XML")
    nan = ("dog", ("nan", 1, 2, 2))
    voc_dir.add("two_faults", [nan, nan])
    (voc_dir.images / "no_image.jpg").unlink()
    content = (voc_dir.images / "short.jpg").read_bytes()
    (voc_dir.images / "short.jpg").write_bytes(content[: len(content) // 2])
    (voc_dir.images / "empty.jpg").write_bytes(b"")
    (voc_dir.images / "text.jpg").write_text("no image")
    stems = ("short", "good", "no_xml", "no_image", "fine", "unknown", "empty", "text")
    voc_dir.add_splits(train=stems, val=["good", "short"])
    return voc_dir


def names_in(output_dir, split):
    records = [
        record
        for path in sorted(output_dir.glob(f"{split}.record-*"))
        for record in read_examples(str(path))
    ]
    return [record.texts("image/filename")[0] for record in records]


def skipped_in(output_dir):
    return {
        one["file"]: one["reason"] for one in json.loads((output_dir / "skipped.json").read_text())
    }


def test_faulty_images_are_left_out_and_listed(faulty_dir, output_dir):
    summary = convert_dataset(faulty_dir.root, output_dir, SKIP)
    assert names_in(output_dir, "train") == ["good.jpg", "fine.jpg"]
    assert names_in(output_dir, "val") == ["good.jpg"]
    assert summary.splits["train"].num_examples == 2
    skipped = skipped_in(output_dir)
    expected = {
        "Annotations/no_xml.xml": "is not XML",
        "Annotations/two_faults.xml": "; object 2: (dog) <xmin> is 'nan'",
        "unknown": "split 'train': 'unknown' has no annotation",
        "Annotations/no_image.xml": "no image named",
        "Annotations/short.xml": "image short.jpg: cannot be decoded",
        "Annotations/empty.xml": "image empty.jpg: is not a JPEG, PNG, BMP, GIF or WebP",
        "Annotations/text.xml": "image text.jpg: is not a JPEG, PNG, BMP, GIF or WebP",
    }
    assert skipped.keys() == expected.keys()
    for file, reason in expected.items():
        assert reason in skipped[file]
    assert summary.num_skipped == 7
    assert any(
        line.startswith("7 files were skipped for faults, all listed in skipped.json: ")
        for line in summary.warnings
    )
    assert DatasetSummary.load(output_dir) == summary


def test_without_it_nothing_is_written(faulty_dir, output_dir):
    with pytest.raises(OdapiError, match="with --on_error skip") as caught:
        convert_dataset(faulty_dir.root, output_dir)
    assert len(caught.value.details) == 8
    assert not output_dir.exists()


def test_a_conversion_without_faults_has_an_empty_list(voc_dir, output_dir):
    for stem in "abc":
        voc_dir.add(stem)
    summary = convert_dataset(voc_dir.root, output_dir, SKIP)
    assert skipped_in(output_dir) == {}
    assert summary.num_skipped == 0
    assert not any("skipped" in line for line in summary.warnings)


def test_a_later_conversion_removes_the_list(faulty_dir, output_dir):
    options = ConversionOptions(on_error="skip", num_shards=3)
    convert_dataset(faulty_dir.root, output_dir, options)
    for path in faulty_dir.annotations.iterdir():
        if path.stem not in ("good", "fine"):
            path.unlink()
    faulty_dir.add_splits(train=["good"], val=["fine"])
    convert_dataset(faulty_dir.root, output_dir)
    assert sorted(path.name for path in output_dir.iterdir() if path.name[0] != ".") == [
        "dataset.json", "label_map.pbtxt",
        "train.record-00000-of-00001", "val.record-00000-of-00001",
    ]  # fmt: skip


def test_a_list_of_somebody_else_is_in_the_way(voc_dir, output_dir):
    voc_dir.add("a")
    voc_dir.add_splits(train=["a"])
    output_dir.mkdir()
    (output_dir / "skipped.json").write_text("mine")
    with pytest.raises(OdapiError, match=r"skipped\.json"):
        convert_dataset(voc_dir.root, output_dir, SKIP)
    assert (output_dir / "skipped.json").read_text() == "mine"


@pytest.mark.parametrize("damage", ["annotation", "image", "both gone"])
def test_a_split_that_would_be_empty_is_a_failure(voc_dir, output_dir, damage):
    for stem in ("a", "b", "c"):
        voc_dir.add(stem)
    voc_dir.add_splits(train=["a"], val=["b", "c"])
    for stem in "bc":
        if damage == "annotation":
            voc_dir.add(stem, xml="this is not XML")
        elif damage == "image":
            (voc_dir.images / f"{stem}.jpg").write_bytes(b"")
        else:
            (voc_dir.images / f"{stem}.jpg").unlink()
    with pytest.raises(OdapiError, match=r"split 'val' of .* would be empty") as caught:
        convert_dataset(voc_dir.root, output_dir, SKIP)
    assert len(caught.value.details) == 2
    assert not output_dir.exists()


def test_images_with_classes_that_a_given_label_map_lacks(voc_dir, output_dir, tmp_path):
    voc_dir.add("a")
    voc_dir.add("b", [("dog", (1, 1, 9, 9)), ("cat", (1, 1, 9, 9)), ("cat", (2, 2, 9, 9))])
    voc_dir.add_splits(train=["a", "b"])
    label_map_path = tmp_path / "map.pbtxt"
    label_map_path.write_text("item { id: 5 name: 'dog' }")
    options = ConversionOptions(on_error="skip", label_map_path=label_map_path)
    convert_dataset(voc_dir.root, output_dir, options)
    assert names_in(output_dir, "train") == ["a.jpg"]
    assert skipped_in(output_dir) == {
        "Annotations/b.xml": "class 'cat' (objects 2, 3) is not in the label map"
    }


def test_shards_are_as_many_as_their_names_say(voc_dir, output_dir):
    stems = [f"{number:02d}" for number in range(20)]
    for number, stem in enumerate(stems):
        voc_dir.add(stem, [("dog", (number, 1, number + 5, 9))])
    for stem in stems[4:16]:
        (voc_dir.images / f"{stem}.jpg").write_bytes(b"")
    voc_dir.add_splits(train=stems)
    options = ConversionOptions(on_error="skip", num_shards=10, num_workers=2)
    summary = convert_dataset(voc_dir.root, output_dir, options)
    shards = sorted(path.name for path in output_dir.glob("*.record-*"))
    assert shards == [f"train.record-{index:05d}-of-00004" for index in range(4)]
    assert summary.splits["train"].num_shards == 4
    assert names_in(output_dir, "train") == [f"{stem}.jpg" for stem in stems[:4] + stems[16:]]


def test_an_image_of_two_splits_is_one_file(voc_dir, output_dir):
    for stem in "abc":
        voc_dir.add(stem)
    (voc_dir.images / "c.jpg").write_bytes(b"")
    voc_dir.add_splits(train=["a", "c"], val=["b", "c"])
    assert convert_dataset(voc_dir.root, output_dir, SKIP).num_skipped == 1
    assert list(skipped_in(output_dir)) == ["Annotations/c.xml"]


def test_names_that_are_not_unicode(tmp_path):
    skipped = SkippedFiles([Fault("\udc80.xml", '\udc80.xml: "x"')])
    skipped.save(tmp_path)
    assert skipped_in(tmp_path) == {"\udc80.xml": '"x"'}


@pytest.mark.parametrize("num_images", [3, 4, 9])
def test_a_division_whose_val_is_faulty_is_made_again(voc_dir, output_dir, num_images):
    """The images are the same but for the faulty one, which alone is therefore `val` at first."""
    for number in range(num_images):
        voc_dir.add(str(number))
    (voc_dir.images / "0.jpg").write_bytes(b"")
    options = ConversionOptions(on_error="skip", num_shards=2)
    summary = convert_dataset(voc_dir.root, output_dir, options)
    counts = {name: split.num_examples for name, split in summary.splits.items()}
    num_val = max(round(0.2 * (num_images - 1)), 1)
    assert counts == {"train": num_images - 1 - num_val, "val": num_val}
    assert list(skipped_in(output_dir)) == ["Annotations/0.xml"]
    num_shards = sum(split.num_shards for split in summary.splits.values())
    assert len(list(output_dir.glob("*.record-*"))) == num_shards


def test_a_division_of_which_one_image_is_left_is_a_failure(voc_dir, output_dir):
    for number in range(5):
        voc_dir.add(str(number))
        if number:
            (voc_dir.images / f"{number}.jpg").write_bytes(b"")
    with pytest.raises(OdapiError, match="would be empty"):
        convert_dataset(voc_dir.root, output_dir, SKIP)
    assert not output_dir.exists()


def test_what_was_left_out_of_splits_that_stay_stays_listed(voc_dir, output_dir):
    for stem in ("a", "b", "c", "d"):
        voc_dir.add(stem)
    voc_dir.add_splits(train=["a", "b"], val=["c", "d"])
    for stem in "bd":
        (voc_dir.images / f"{stem}.jpg").write_bytes(b"")
    convert_dataset(voc_dir.root, output_dir, SKIP)
    voc_dir.add("d")
    summary = convert_dataset(voc_dir.root, output_dir, ConversionOptions(splits=("val",)))
    assert list(skipped_in(output_dir)) == ["Annotations/b.xml"]
    assert summary.num_skipped == 1
    voc_dir.add("b")
    convert_dataset(voc_dir.root, output_dir)
    assert not (output_dir / "skipped.json").exists()


def write_coco(path, names):
    """A COCO file whose images, one box each, are written to `images/`."""
    images = [
        {"id": number, "file_name": name, "width": IMAGE_HW[1], "height": IMAGE_HW[0]}
        for number, name in enumerate(names)
    ]
    objects = [
        {"id": one["id"], "image_id": one["id"], "category_id": 1, "bbox": [1, 1, 9, 9]}
        for one in images
    ]
    for name in names:
        write_image(path.parent.parent / "images" / name)
    categories = [{"id": 1, "name": "dog"}]
    content = {"images": images, "annotations": objects, "categories": categories}
    return write_text(path, json.dumps(content))


@pytest.mark.parametrize("options", [SKIP, ConversionOptions()])
@pytest.mark.parametrize("damage", [lambda text: text[:-20], lambda text: text + "]"])
def test_a_split_whose_coco_file_cannot_be_read_is_a_failure(tmp_path, output_dir, options, damage):
    folder = tmp_path / "coco" / "annotations"
    train = write_coco(folder / "instances_train.json", ["a.jpg", "b.jpg"])
    write_coco(folder / "instances_val.json", ["c.jpg", "d.jpg"])
    write_text(train, damage(train.read_text()))
    with pytest.raises(OdapiError) as caught:
        convert_dataset(folder.parent, output_dir, options)
    assert any(line.startswith("annotations/instances_train") for line in caught.value.details)
    assert ("split 'train'" in caught.value.problem) == (options is SKIP)
    assert not output_dir.exists()


@pytest.mark.parametrize("options", [SKIP, ConversionOptions()])
@pytest.mark.parametrize("name", ["train_labels.csv", "labels.csv"])
def test_a_csv_file_in_another_encoding_is_what_is_told(tmp_path, output_dir, options, name):
    """Of one file for all images nothing would be left either."""
    rows = "filename,class,xmin,ymin,xmax,ymax\n{0}1.jpg,chat \xe9,1,1,9,9\n{0}2.jpg,chat,1,1,9,9\n"
    for image in ("a1.jpg", "a2.jpg", "b1.jpg", "b2.jpg"):
        write_image(tmp_path / "csv" / image)
    (tmp_path / "csv" / name).write_bytes(rows.format("a").encode("latin-1"))
    if name == "train_labels.csv":
        write_text(tmp_path / "csv" / "test_labels.csv", rows.format("b"))
    with pytest.raises(OdapiError) as caught:
        convert_dataset(tmp_path / "csv", output_dir, options)
    assert any(name in line and "UTF-8" in line for line in caught.value.details)
    assert not output_dir.exists()


@pytest.mark.parametrize("options", [SKIP, ConversionOptions()])
def test_a_split_whose_record_is_damaged_is_a_failure(tmp_path, voc_dir, output_dir, options):
    for stem in "ab":
        voc_dir.add(stem)
    voc_dir.add_splits(train=["a"], val=["b"])
    convert_dataset(voc_dir.root, tmp_path / "first")
    (record,) = (tmp_path / "first").glob("train.record-*")
    record.write_bytes(record.read_bytes()[:-9])
    with pytest.raises(OdapiError) as caught:
        convert_dataset(tmp_path / "first", output_dir, options)
    assert any(record.name in line for line in caught.value.details)


@pytest.mark.parametrize("options", [SKIP, ConversionOptions()])
@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-20],
        lambda text: text + " x",
        lambda text: f'{text[:-1]}, "info": {"[" * 100_000}',
        lambda text: text.replace('"bbox": [1', f'"bbox": [{"1" * 5_000}'),
    ],
)
def test_a_damaged_file_of_all_images_is_what_is_told(tmp_path, output_dir, options, damage):
    path = write_coco(tmp_path / "coco" / "annotations" / "instances_all.json", ["a.jpg"])
    write_text(path, damage(path.read_text()))
    with pytest.raises(OdapiError) as caught:
        convert_dataset(path.parent.parent, output_dir, options)
    assert any("instances_all.json" in line for line in caught.value.details)
    assert "divided" not in caught.value.problem


def test_images_of_a_file_that_cannot_be_read_are_not_without_annotation(tmp_path):
    path = write_coco(tmp_path / "coco" / "annotations" / "instances_all.json", ["a.jpg"])
    write_image(tmp_path / "coco" / "images" / "b.jpg")
    assert "b.jpg" in " ".join(read_dataset(path.parent.parent).warnings)
    write_text(path, path.read_text()[:-20])
    assert read_dataset(path.parent.parent).warnings == ()
    write_image(tmp_path / "csv" / "a.jpg")
    rows = "filename,class,xmin,ymin,xmax,ymax\na.jpg,chat \xe9,1,1,9,9\n"
    (tmp_path / "csv" / "labels.csv").write_bytes(rows.encode("latin-1"))
    assert read_dataset(tmp_path / "csv").warnings == ()
