"""Datasets of several folders: VOC2007 and VOC2012, train and test, images beside annotations."""

import pytest
from PIL import Image

from odapi_ssd.data.formats import voc
from odapi_ssd.data.masks import IndexedMask
from tests.data.conftest import VocDir, annotation_xml


def keys_of(splits):
    return {name: [entry.key for entry in entries] for name, entries in splits.items()}


class TestYears:
    @pytest.fixture
    def devkit(self, make_voc_dir, tmp_path):
        """Two years, each with an image 1 of its own."""
        for year, name in (("VOC2007", "dog"), ("VOC2012", "cat")):
            voc_dir = make_voc_dir(f"VOCdevkit/{year}")
            voc_dir.add("1", objects=[(name, (1, 2, 3, 4))])
            voc_dir.add(f"{name}_2")
            voc_dir.add_splits(train=["1"], trainval=["1", f"{name}_2"])
        make_voc_dir("VOCdevkit/VOC2012").add_splits(val=["cat_2"])
        return tmp_path / "VOCdevkit"

    def test_images_are_told_apart_by_the_year(self, devkit):
        dataset = voc.read(devkit)
        assert dataset.keys == ("VOC2007/1", "VOC2007/dog_2", "VOC2012/1", "VOC2012/cat_2")
        image = dataset.images["VOC2012/1"]
        assert image.path == devkit / "VOC2012" / "JPEGImages" / "1.jpg"
        assert image.record_name == "VOC2012/1.jpg"
        assert image.annotation.source == "VOC2012/Annotations/1.xml"
        assert image.annotation.objects[0].name == "cat"

    def test_splits_of_a_name_are_one(self, devkit):
        dataset = voc.read(devkit)
        assert keys_of(dataset.splits) == {
            "train": ["VOC2007/1", "VOC2012/1"],
            "trainval": ["VOC2007/1", "VOC2007/dog_2", "VOC2012/1", "VOC2012/cat_2"],
            "val": ["VOC2012/cat_2"],
        }
        assert not any(entry.fault for entries in dataset.splits.values() for entry in entries)

    def test_the_20_ids_stay_and_the_parts_are_told(self, devkit):
        dataset = voc.read(devkit)
        assert len(dataset.declared_label_map) == 20
        assert dataset.warnings == (
            "2 folders of annotations are read as one dataset; give one of them to use it alone: "
            "VOC2007 (2), VOC2012 (2)",
        )

    def test_keys_are_the_same_from_above(self, devkit):
        assert voc.read(devkit.parent).keys == voc.read(devkit).keys

    def test_what_is_left_out_is_counted_over_all(self, devkit, make_voc_dir):
        for year in ("VOC2007", "VOC2012"):
            make_voc_dir(f"VOCdevkit/{year}").add_image("extra.png")
        assert (
            "2 images have no annotation and are left out: VOC2007/JPEGImages/extra.png, "
            "VOC2012/JPEGImages/extra.png"
        ) in voc.read(devkit).warnings


class TestFoldersOfSplits:
    @pytest.mark.parametrize(
        ("annotations", "images"),
        [
            ("{}", "{}"),
            ("{}/annotations", "{}/images"),
            ("{}/xml", "{}/imgs"),
            ("annots/{}", "photos/{}"),
            ("annots", "photos/{}"),
        ],
    )
    def test_each_is_a_split(self, tmp_path, annotations, images):
        for number, split in enumerate(("train", "valid", "test")):
            VocDir(tmp_path, annotations.format(split), images.format(split)).add(str(number))
        (tmp_path / "README.roboflow.txt").write_text("exported")
        dataset = voc.read(tmp_path)
        assert list(dataset.splits) == (
            ["train", "val", "test"] if annotations == "annots" else ["test", "train", "val"]
        )
        named = {split: len(entries) for split, entries in dataset.splits.items()}
        assert named == {"train": 1, "val": 1, "test": 1}
        entries = [entry for entries in dataset.splits.values() for entry in entries]
        assert {entry.key for entry in entries} == set(dataset.images) == set(dataset.keys)
        assert dataset.images[dataset.splits["val"][0].key].path.name == "1.jpg"
        assert dataset.warnings == ()

    def test_the_same_name_in_two_splits(self, tmp_path):
        for split in ("train", "test"):
            VocDir(tmp_path, split, split).add("a")
        dataset = voc.read(tmp_path)
        names = [image.record_name for image in dataset.images.values()]
        assert names == ["test/a.jpg", "train/a.jpg"]

    def test_lists_go_before_folders(self, tmp_path):
        for split in ("train", "test"):
            VocDir(tmp_path, f"xml/{split}", f"img/{split}").add(split)
        VocDir(tmp_path, "xml", "img").add_splits(mine=["train", "test"])
        dataset = voc.read(tmp_path)
        assert keys_of(dataset.splits) == {"mine": ["train/train", "test/test"]}


class TestMasks:
    @pytest.fixture
    def segmented_dir(self, voc_dir):
        """Image a has masks, b says it has, c does not."""
        objects = [("dog", (1, 2, 9, 9)), ("cat", (9, 9, 20, 20))]
        for stem, number in (("a", 1), ("b", 1), ("c", 0)):
            text = annotation_xml(f"{stem}.jpg", objects)
            segmented = f"<segmented>{number}</segmented></annotation>"
            voc_dir.add(stem, xml=text.replace("</annotation>", segmented))
        return voc_dir

    def test_each_object_has_the_value_of_its_number(self, segmented_dir):
        path = segmented_dir.root / "SegmentationObject" / "a.png"
        path.parent.mkdir()
        Image.new("P", (40, 20)).save(path)
        dataset = voc.read(segmented_dir.root)
        assert [one.mask for one in dataset.images["a"].annotation.objects] == [
            IndexedMask(path, 1),
            IndexedMask(path, 2),
        ]
        assert [one.mask for one in dataset.images["b"].annotation.objects] == [None, None]
        assert dataset.warnings == (
            "1 annotation says <segmented>1</segmented>, but SegmentationObject has no such file; "
            "the objects have boxes alone: Annotations/b.xml",
        )

    def test_a_dataset_without_masks_is_no_reason_to_warn(self, segmented_dir):
        dataset = voc.read(segmented_dir.root)
        assert dataset.warnings == ()
        assert dataset.images["a"].annotation.objects[0].mask is None
