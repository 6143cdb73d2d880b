"""A dataset in the VOC layout, written and read again."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.examples import Example as CheckedExample
from odapi_ssd.data.examples import PlacedObject
from odapi_ssd.data.formats.voc_writer import VocWriter
from odapi_ssd.data.formats.writing import WriterContext
from odapi_ssd.data.images import CheckedImage
from odapi_ssd.data.protos import Example
from odapi_ssd.data.records.reader import read_records
from odapi_ssd.errors import OdapiError
from tests.data.conftest import VocDir, annotation_xml
from tests.support.dataset_files import feature_values
from tests.support.supervision_dataset import write_supervision_dataset


def records_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.record-*"))}


def examples_of(folder):
    """The values of all examples by key."""
    messages = (
        Example.FromString(record)
        for path in sorted(folder.glob("*.record-*"))
        for record in read_records(path)
    )
    return [{key: feature_values(one, key) for key in one.features.feature} for one in messages]


def convert(data_dir, output_dir, **options):
    return convert_dataset(data_dir, output_dir, ConversionOptions(num_workers=1, **options))


class TestRoundTrip:
    @pytest.fixture
    def all_kinds_dir(self, tmp_path):
        """Subfolders, names of all kinds, splits that overlap, boxes beyond the image."""
        voc_dir = VocDir(tmp_path / "voc")
        for folder in (voc_dir.annotations / "night", voc_dir.images / "night"):
            folder.mkdir()
        details = "<pose>Left &amp; up</pose><truncated>1</truncated><difficult>1</difficult>"
        voc_dir.add("1", [("dog", (4, 2, 20.25, 12.125), details), ("cat", (0, 0, 40, 20))])
        voc_dir.add("night/1", [("Hündin &lt;1&gt;", (-3, 1e-3, 7.3, 99))])
        voc_dir.add("2", [])
        voc_dir.add("ä b", [("dog", (1, 1, 2, 2))], suffix=".png")
        voc_dir.add("picture 1", [("dog", (3, 1, 3, 2)), ("cat", (1, 2, 3, 4))])
        voc_dir.add_splits(
            train=["ä b", "1"], trainval=["1", "night/1", "ä b", "2"], val=["night/1", "2"]
        )
        voc_dir.add_splits(test_old=["picture 1"])
        return voc_dir

    @pytest.mark.parametrize("splits", [None, ("trainval", "train", "test_old")])
    def test_the_records_are_the_same(self, all_kinds_dir, tmp_path, splits):
        convert(all_kinds_dir.root, tmp_path / "direct", splits=splits)
        convert(all_kinds_dir.root, tmp_path / "again", splits=splits, to="voc")
        convert(tmp_path / "again", tmp_path / "through", splits=splits)
        assert records_of(tmp_path / "direct")
        assert records_of(tmp_path / "through") == records_of(tmp_path / "direct")
        label_maps = [tmp_path / name / "label_map.pbtxt" for name in ("direct", "through")]
        assert label_maps[0].read_bytes() == label_maps[1].read_bytes()

    def test_a_space_before_the_ending_is_part_of_the_name(self, tmp_path):
        voc_dir = VocDir(tmp_path / "voc")
        voc_dir.add("a b ", [("dog", (4, 2, 20, 12))])
        voc_dir.add("a b", [("cat", (4, 2, 20, 12))])
        voc_dir.add_splits(train=["a b "], val=["a b"])
        convert(voc_dir.root, tmp_path / "direct")
        convert(voc_dir.root, tmp_path / "again", to="voc")
        convert(tmp_path / "again", tmp_path / "through")
        assert records_of(tmp_path / "through") == records_of(tmp_path / "direct")

    def test_files(self, all_kinds_dir, tmp_path):
        out = tmp_path / "again"
        convert(all_kinds_dir.root, out, to="voc")
        names = sorted(
            path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()
        )
        assert [name for name in names if not name.startswith(".")] == [
            "Annotations/1.xml",
            "Annotations/2.xml",
            "Annotations/night/1.xml",
            "Annotations/picture 1.xml",
            "Annotations/ä b.xml",
            "ImageSets/Main/test_old.txt",
            "ImageSets/Main/train.txt",
            "ImageSets/Main/val.txt",
            "JPEGImages/1.jpg",
            "JPEGImages/2.jpg",
            "JPEGImages/night/1.jpg",
            "JPEGImages/picture 1.jpg",
            "JPEGImages/ä b.png",
            "dataset.json",
            "label_map.pbtxt",
        ]
        assert (out / "ImageSets/Main/train.txt").read_text(encoding="utf-8") == "ä b\n1\n"
        image = out / "JPEGImages" / "ä b.png"
        assert image.read_bytes() == (all_kinds_dir.images / "ä b.png").read_bytes()
        root = etree.parse(out / "Annotations" / "1.xml").getroot()
        assert root.findtext("filename") == "1.jpg"
        assert [one.text for one in root.find("size")] == ["40", "20", "3"]
        dog, cat = root.iterfind("object")
        assert [dog.findtext(tag) for tag in ("name", "pose", "truncated", "difficult")] == [
            "dog",
            "Left & up",
            "1",
            "1",
        ]
        assert [one.text for one in dog.find("bndbox")] == ["4", "2", "20.25", "12.125"]
        assert [one.text for one in cat.find("bndbox")] == ["0", "0", "40", "20"]

    def test_a_second_conversion_replaces_the_first_alone(self, all_kinds_dir, tmp_path):
        out = tmp_path / "again"
        convert(all_kinds_dir.root, out, to="voc")
        (out / "notes.txt").write_text("mine")
        convert(all_kinds_dir.root, out, to="voc", splits=("val",))
        assert [path.name for path in (out / "ImageSets/Main").iterdir()] == ["val.txt"]
        assert sorted(path.name for path in (out / "Annotations").rglob("*.xml")) == [
            "1.xml",
            "2.xml",
        ]
        assert (out / "notes.txt").read_text() == "mine"
        (out / "Annotations" / "mine.xml").write_text("mine")
        with pytest.raises(OdapiError, match=r"mine\.xml"):
            convert(all_kinds_dir.root, out, to="voc")

    @pytest.mark.parametrize("format_name", ["voc", "coco", "yolo", "labelme"])
    def test_from_other_formats(self, tmp_path, format_name):
        write_supervision_dataset(tmp_path / "data", format_name)
        convert(tmp_path / "data", tmp_path / "direct")
        convert(tmp_path / "data", tmp_path / "again", to="voc")
        convert(tmp_path / "again", tmp_path / "through")
        direct, through = (examples_of(tmp_path / name) for name in ("direct", "through"))
        if format_name == "coco":  # VOC has neither areas nor crowds, of which there are none.
            assert sum(one.pop("image/object/area", None) is not None for one in direct) >= 2
            assert not any(map(any, (one.pop("image/object/is_crowd", ()) for one in direct)))
        assert len(direct) == 3
        assert through == direct

    def test_images_of_equal_stems(self, tmp_path):
        """Annotations name one image each, of the same stem."""
        voc_dir = VocDir(tmp_path / "voc")
        voc_dir.add("a", suffix=".jpg")
        voc_dir.add_image("a.png")
        (voc_dir.annotations / "b.xml").write_text(annotation_xml("a.png", [("cat", (1, 1, 2, 2))]))
        voc_dir.add_splits(train=["a"], val=["b"])
        convert(voc_dir.root, tmp_path / "direct")
        convert(voc_dir.root, tmp_path / "again", to="voc")
        assert sorted(path.name for path in (tmp_path / "again" / "Annotations").iterdir()) == [
            "a.png.xml",
            "a.xml",
        ]
        convert(tmp_path / "again", tmp_path / "through")
        assert records_of(tmp_path / "through") == records_of(tmp_path / "direct")

    def test_two_annotations_of_one_image(self, tmp_path):
        voc_dir = VocDir(tmp_path / "voc")
        voc_dir.add("a")
        (voc_dir.annotations / "b.xml").write_text(annotation_xml("a.jpg", [("cat", (1, 1, 2, 2))]))
        voc_dir.add_splits(train=["a", "b"])
        convert(voc_dir.root, tmp_path / "direct")
        convert(voc_dir.root, tmp_path / "again", to="voc")
        assert len(list((tmp_path / "again" / "JPEGImages").iterdir())) == 1
        convert(tmp_path / "again", tmp_path / "through")
        assert records_of(tmp_path / "through") == records_of(tmp_path / "direct")

    def test_ids_that_differ_from_voc_s_own_stay(self, make_voc_dir, tmp_path):
        flat = make_voc_dir("flat", annotations="annotations", images="images")
        flat.add("a", [("person", (1, 1, 2, 2)), ("car", (1, 1, 2, 2))])
        flat.add("b")
        convert(flat.root, tmp_path / "again", to="voc")
        summary = convert(tmp_path / "again", tmp_path / "through")
        assert summary.label_map == {"car": 1, "dog": 2, "person": 3}
        (tmp_path / "again" / "label_map.pbtxt").write_text("damaged")
        summary = convert(tmp_path / "again", tmp_path / "other")
        assert summary.label_map["person"] == 15
        assert any(one.startswith("Not used for class ids: ") for one in summary.warnings)


def example(filename="a.jpg", record_format="jpeg", **details):
    image = CheckedImage(b"x", record_format, hashlib.sha256(b"x").hexdigest(), (20, 40), 1)
    placed = PlacedObject(
        AnnotatedObject(1, **{"name": "dog", "box_xyxy_px": (0, 0, 1, 1), **details}),
        (0.0, 0.0, 0.5, 0.5),
    )
    return CheckedExample(filename, image, (placed,), (), ())


class TestWhatItCannotHold:
    @pytest.mark.parametrize(
        ("one", "lost"),
        [
            (example(pose="Left", is_truncated=True, is_difficult=True), {}),
            (example(is_crowd=True), {"crowd flags": 1}),
            (example("../../a.jpg"), {"names of images": 1}),
            (example("a.bmp", "png"), {"names of images": 1}),
            (example(name="a\x07"), {"names of classes or poses, as they are,": 1}),
        ],
    )
    def test_is_counted(self, one, lost):
        assert VocWriter(WriterContext(Path(), {})).lost(one) == lost

    def test_images_of_one_name_are_told(self, tmp_path):
        writer = VocWriter(WriterContext(tmp_path, {"dog": 1}))
        for split_name, content in (("train", b"1"), ("val", b"2")):
            split = writer.open_split(split_name, 1, 1)
            split.write(replace(writer.encode(example("a.jpg")), image=content))
            split.close()
        (line,) = writer.finish()
        assert line.startswith("1 image has another name when the output is read: a.jpg")

    @pytest.mark.parametrize(
        "filename",
        ["../../etc/x.jpg", "/etc/x.jpg", "..", "a/../../../x.jpg", "C:\\x.jpg", "\0.jpg"],
    )
    def test_no_file_leads_out_of_the_folder(self, tmp_path, filename):
        folder = tmp_path / "in"
        writer = VocWriter(WriterContext(folder, {"dog": 1}))
        split = writer.open_split("../../train", 1, 1)
        split.write(writer.encode(example(filename, name="<&\x00\r\n>")))
        split.close()
        assert [path.name for path in tmp_path.iterdir()] == ["in"]
        (xml,) = (folder / "Annotations").rglob("*.xml")
        root = etree.parse(xml).getroot()
        assert root.findtext("object/name") == "<&_\r\n>"
        (image,) = (folder / "JPEGImages").rglob("*.jpg")
        assert image.name == root.findtext("filename")
        (splits,) = (folder / "ImageSets" / "Main").iterdir()
        stem = xml.relative_to(folder / "Annotations").as_posix().removesuffix(".xml")
        assert splits.read_text() == f"{stem}\n"
