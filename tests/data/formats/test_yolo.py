"""YOLO datasets, whole: of Ultralytics, Roboflow and Darknet."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.formats.yolo import recognize
from odapi_ssd.data.masks import PolygonMask
from odapi_ssd.errors import OdapiError
from tests.support import supervision_dataset
from tests.support.dataset_files import write_text
from tests.support.random_datasets import CLASS_NAMES, as_drawn, datasets, write_drawn_image

ROW = "0 0.5 0.5 0.5 0.5\n"


def write_image(path, size_wh=(40, 20), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size_wh).save(path, **options)


@pytest.fixture
def folder(tmp_path):
    """Ultralytics' layout: two classes, an image for training, one for validation."""
    write_text(
        tmp_path / "data.yaml",
        "path: ../datasets/pets\ntrain: images/train\nval: images/val\ntest:\nnames:\n"
        "  0: dog\n  1: no\n",
    )
    for split, stem in (("train", "a"), ("val", "b")):
        write_image(tmp_path / "images" / split / f"{stem}.jpg")
        write_text(tmp_path / "labels" / split / f"{stem}.txt", "1 0.5 0.5 0.25 0.5\n")
    return tmp_path


def keys_of(dataset):
    return {split: [one.key for one in entries] for split, entries in dataset.splits.items()}


def boxes_of(dataset, key):
    return [one.box_xyxy_px for one in dataset.images[key].annotation.objects]


class TestUltralytics:
    def test_images_labels_and_splits(self, folder):
        dataset = read_dataset(folder)
        assert keys_of(dataset) == {"train": ["images/train/a.jpg"], "val": ["images/val/b.jpg"]}
        (found,) = dataset.images["images/train/a.jpg"].annotation.objects
        assert (found.name, found.box_xyxy_px) == ("no", (15, 5, 25, 15))
        assert dataset.declared_label_map == {"dog": 1, "no": 2}
        assert dataset.fault_lines() == []

    def test_no_labels_and_empty_labels_are_images_without_objects(self, folder):
        write_text(folder / "labels/train/a.txt", "\n \n")
        (folder / "labels/val/b.txt").unlink()
        dataset = read_dataset(folder)
        for key in ("images/train/a.jpg", "images/val/b.jpg"):
            assert boxes_of(dataset, key) == []
        assert dataset.warnings == ("1 image has no label file and counts as one without objects.",)

    def test_labels_without_an_image_are_missed(self, folder):
        write_text(folder / "labels/train/gone.txt", ROW)
        (missing,) = read_dataset(folder).missing_images.values()
        assert missing.problem == (
            "labels/train/gone.txt: has no image, expected labels/train/gone.jpg or the like"
        )

    def test_the_orientation_is_applied_to_the_size(self, folder):
        exif = Image.Exif()
        exif[0x0112] = 6
        write_image(folder / "images/train/a.jpg", exif=exif)
        dataset = read_dataset(folder)
        assert dataset.images["images/train/a.jpg"].annotation.declared_hw == (40, 20)
        assert boxes_of(dataset, "images/train/a.jpg") == [(7.5, 10, 12.5, 30)]

    def test_an_image_that_is_none(self, folder):
        (folder / "images/train/a.jpg").write_bytes(b"GIF? no")
        (line,) = read_dataset(folder).fault_lines()
        assert line.startswith("labels/train/a.txt: image a.jpg: is not a JPEG, PNG")

    def test_lists_of_images(self, folder):
        write_text(
            folder / "train.txt",
            "./images/train/a.jpg\n/home/me/pets/images/val/b.jpg\n../../etc/passwd\n",
        )
        write_text(folder / "data.yaml", "names: [dog, no]\ntrain: train.txt\nval: images/val\n")
        dataset = read_dataset(folder)
        assert keys_of(dataset)["train"][:2] == ["images/train/a.jpg", "images/val/b.jpg"]
        assert [one.fault for one in dataset.splits["train"]][2] == (
            f"train.txt: no image '../../etc/passwd' in {folder.name}"
        )

    @pytest.mark.parametrize("entry", ["../../..", "/etc", "../elsewhere", "C:\\data", "a/*/b"])
    def test_a_split_elsewhere_is_not_followed(self, folder, tmp_path_factory, entry):
        write_text(folder / "data.yaml", f"names: [dog, no]\ntrain: {entry}\nval: images/val\n")
        assert read_dataset(folder).split_faults == (
            f"data.yaml: train is {entry!r}, which is not in this folder, expected a folder or "
            "a list of images",
        )

    def test_folders_above_hold_no_images_of_this_one(self, folder):
        write_text(
            folder / "data.yaml", "names: [dog, no]\ntrain: ../../images/train\nval: ../../../\n"
        )
        dataset = read_dataset(folder)
        assert keys_of(dataset) == {"train": ["images/train/a.jpg"], "val": []}
        assert len(dataset.split_faults) == 1

    def test_polygons_keypoints_and_oriented_boxes(self, folder):
        write_text(
            folder / "labels/train/a.txt",
            "0 0.1 0.1 0.5 0.1 0.5 0.5\n0 0.1 0.2 0.5 0.1 0.6 0.5 0.2 0.6\n",
        )
        found = read_dataset(folder).images["images/train/a.jpg"].annotation.objects
        assert found[0].mask == PolygonMask(((4, 2, 20, 2, 20, 10),))
        assert found[1].box_xyxy_px == (4, 2, 24, 12)
        write_text(folder / "data.yaml", "names: [dog, no]\nkpt_shape: [2, 2]\n")
        write_text(folder / "labels/train/a.txt", "0 0.5 0.5 0.5 0.5 0.1 0.1 0.2 0.2\n")
        dataset = read_dataset(folder)
        assert boxes_of(dataset, "images/train/a.jpg") == [(10, 5, 30, 15)]
        assert "1 object has keypoints, of which the boxes alone are taken." in dataset.warnings


class TestRoboflow:
    def test_both_folders_and_a_split_that_was_not_exported(self, tmp_path):
        write_text(
            tmp_path / "data.yaml",
            "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n\nnc: 1\n"
            "names: ['dog']\n\nroboflow:\n  workspace: w\n  version: 1\n",
        )
        for split in ("train", "valid"):
            write_image(tmp_path / split / "images/a.jpg")
            write_text(tmp_path / split / "labels/a.txt", ROW)
        write_text(tmp_path / "README.roboflow.txt", "Thanks")
        dataset = read_dataset(tmp_path)
        assert keys_of(dataset) == {
            "train": ["train/images/a.jpg"], "val": ["valid/images/a.jpg"], "test": [],
        }  # fmt: skip
        assert [image.name for image in dataset.images.values()] == [
            "train/images/a.jpg", "valid/images/a.jpg",
        ]  # fmt: skip
        assert dataset.missing_images == {}
        assert dataset.warnings == (
            "data.yaml: test is '../test/images', which is not in this folder; the split is empty.",
        )

    def test_darknet(self, tmp_path):
        for split in ("train", "valid"):
            write_image(tmp_path / split / f"{split}.jpg")
            write_text(tmp_path / split / f"{split}.txt", ROW)
            write_text(tmp_path / split / "_darknet.labels", "dog\ncat\n")
        dataset = read_dataset(tmp_path)
        assert keys_of(dataset) == {"train": ["train/train.jpg"], "val": ["valid/valid.jpg"]}
        assert dataset.class_names() == {"dog"}


def test_darknet_as_cvat_exports_it(tmp_path):
    write_text(tmp_path / "obj.names", "dog\n")
    write_text(
        tmp_path / "obj.data", "classes = 1\ntrain = data/train.txt\nnames = data/obj.names\n"
    )
    write_text(tmp_path / "train.txt", "data/obj_train_data/a.jpg\n")
    write_image(tmp_path / "obj_train_data/a.jpg")
    write_text(tmp_path / "obj_train_data/a.txt", ROW)
    dataset = read_dataset(tmp_path)
    assert keys_of(dataset) == {"train": ["obj_train_data/a.jpg"]}
    assert boxes_of(dataset, "obj_train_data/a.jpg") == [(10, 5, 30, 15)]


@pytest.mark.parametrize("with_masks", [False, True])
def test_what_supervision_writes(tmp_path, with_masks):
    supervision_dataset.write_supervision_dataset(tmp_path, "yolo", with_masks=with_masks)
    dataset = read_dataset(tmp_path)
    assert dataset.declared_label_map == {"dog": 1, "traffic light": 2, "café": 3}
    for name, objects in supervision_dataset.OBJECTS_XYXY_PX.items():
        found = dataset.images[f"images/{name}"].annotation.objects
        assert [one.name for one in found] == [one for one, _ in objects]
        for one, (_, box) in zip(found, objects, strict=True):
            # It writes five decimals, and outlines through the centers of a mask's pixels.
            tolerance = 1 if with_masks else 0.001
            np.testing.assert_allclose(one.box_xyxy_px, box, atol=tolerance)
            assert (one.mask is not None) == with_masks


def test_what_globox_writes(tmp_path):
    from globox import Annotation, AnnotationSet, BoundingBox

    boxes = [BoundingBox(label="b", xmin=4.5, ymin=2, xmax=20, ymax=12.25)]
    annotations = AnnotationSet([Annotation("a.jpg", (40, 20), boxes)])
    write_image(tmp_path / "images" / "a.jpg")
    annotations.save_yolo_v5(tmp_path / "labels", label_to_id={"a": 0, "b": 1})
    write_text(tmp_path / "classes.txt", "a\nb\n")
    (found,) = read_dataset(tmp_path).images["images/a.jpg"].annotation.objects
    np.testing.assert_allclose(found.box_xyxy_px, (4.5, 2, 20, 12.25), rtol=1e-6)
    assert found.name == "b"


@settings(max_examples=60, deadline=None)
@given(images=datasets())
def test_random_datasets(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("yolo")
    write_text(folder / "data.yaml", json.dumps({"names": CLASS_NAMES}, ensure_ascii=False))
    for image in images:
        write_drawn_image(folder / "images", image)
        height, width = image.image_hw
        rows = []
        for one in image.objects:
            xmin, ymin, xmax, ymax = one.box_xyxy_px
            numbers = ((xmin + xmax) / 2 / width, (ymin + ymax) / 2 / height,
                       (xmax - xmin) / width, (ymax - ymin) / height)  # fmt: skip
            rows.append(" ".join(map(repr, (CLASS_NAMES.index(one.name), *numbers))))
        stem = image.name.removesuffix(".png")
        write_text(folder / "labels" / f"{stem}.txt", "\n".join(rows))
    dataset = read_dataset(folder)
    assert dataset.fault_lines() == []
    assert len(dataset.images) == len(images)
    for name, objects in as_drawn(images).items():
        found = dataset.images[f"images/{name}"].annotation.objects
        assert [one.name for one in found] == [one for one, _ in objects]
        for one, (_, box) in zip(found, objects, strict=True):
            np.testing.assert_allclose(one.box_xyxy_px, box, rtol=0, atol=1e-9)


def test_ten_thousand_objects_and_a_conversion(folder, tmp_path):
    write_text(folder / "labels/train/a.txt", ROW * 10_000)
    summary = convert_dataset(folder, tmp_path / "records")
    assert summary.splits["train"].num_objects == 10_000
    assert summary.label_map == {"dog": 1, "no": 2}


class TestRecognize:
    @pytest.mark.parametrize(
        ("files", "expected"),
        [
            ({"data.yaml": "names: [a]"}, True),
            ({"my.yml": "{nc: 1, names: [a]}"}, True),
            ({"data.yaml": "hostnames: [a]"}, False),
            ({"classes.txt": "a", "1.txt": ROW}, True),
            ({"classes.txt": "a", "notes.txt": "five words that say nothing"}, False),
            ({"classes.txt": "a"}, False),
            ({"labels/train/1.txt": "", "labels/train/2.txt": ROW}, True),
            ({"train/labels/1.txt": "0 0.1 0.1 0.2 0.2 0.3 0.3"}, True),
            ({"ImageSets/Main/train.txt": "000001\n"}, False),
            ({"1.txt": ROW}, False),
        ],
    )
    def test_folders(self, tmp_path, files, expected):
        for name, text in files.items():
            write_text(tmp_path / name, text)
        assert recognize(tmp_path) is expected

    def test_labels_without_names_are_recognized_and_refused(self, tmp_path):
        write_text(tmp_path / "labels/1.txt", ROW)
        with pytest.raises(OdapiError, match=r"No class names in .*, expected data\.yaml"):
            read_dataset(tmp_path)


def test_every_number_of_columns(folder):
    rows = ["0" + " 0.5" * count for count in range(10)]
    write_text(folder / "labels/train/a.txt", "\n".join(rows))
    lines = read_dataset(folder).fault_lines()
    wrong = (0, 1, 2, 3, 5, 7, 9)
    assert lines == [
        f"labels/train/a.txt, line {count + 1}: there are {count} numbers after the class, "
        "expected 4 of a box or an even number from 6 on of a polygon"
        for count in wrong
    ]
