"""VOC as other tools write it, as chance draws it, and as somebody with bad intentions would."""

import os
from xml.sax.saxutils import escape

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.protos import Example
from odapi_ssd.data.records.reader import read_records
from odapi_ssd.errors import OdapiError
from tests.data.conftest import VocDir, object_xml
from tests.support.dataset_files import boxes_yxyx, feature_values
from tests.support.random_datasets import as_drawn, by_file_name, datasets, write_drawn_image
from tests.support.supervision_dataset import OBJECTS_XYXY_PX, write_supervision_dataset

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "iso-8859-1")


def image_xml(image, encoding, line_end):
    """An annotation, its elements in an order that few tools use."""
    height, width = image.image_hw
    objects = [
        f"<object><bndbox><ymax> {ymax} </ymax><xmax>{xmax:e}</xmax><ymin>{ymin}</ymin><xmin>{xmin}"
        f"</xmin></bndbox><name>{line_end}  {escape(one.name)} </name></object>"
        for one in image.objects
        for xmin, ymin, xmax, ymax in [one.box_xyxy_px]
    ]
    lines = [
        f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>',
        "<!-- drawn --><annotation verified='yes'>",
        *objects,
        f"<size><depth>1</depth><height>{height}</height><width>{width}</width></size>",
        f"<filename>{escape(image.name)}</filename></annotation>",
    ]
    return line_end.join(lines).encode(encoding, errors="xmlcharrefreplace")


def expected_boxes(image):
    """The API's arithmetic on what was drawn: float32 [M, 4], ymin, xmin, ymax, xmax."""
    height, width = image.image_hw
    boxes = np.array([one.box_xyxy_px for one in image.objects], float).reshape(-1, 4)
    return (boxes[:, [1, 0, 3, 2]] / [height, width, height, width]).astype(np.float32)


def records_of(folder):
    """The examples of a folder's only split, by file name."""
    (path,) = folder.glob("*.record-*")
    examples = map(Example.FromString, read_records(path))
    return {feature_values(one, "image/filename")[0].decode(): one for one in examples}


class TestRandom:
    @settings(max_examples=50, deadline=None)
    @given(images=datasets(), encoding=st.sampled_from(ENCODINGS), line_end=st.sampled_from("\r\n"))
    def test_all_is_read(self, images, encoding, line_end, tmp_path_factory):
        folder = tmp_path_factory.mktemp("voc")
        write(folder, images, encoding, line_end)
        dataset = read_dataset(folder)
        assert dataset.fault_lines() == []
        assert by_file_name(dataset) == as_drawn(images)

    @settings(max_examples=4, deadline=None)
    @given(images=datasets(num_images=12))
    def test_records_hold_what_was_drawn_directly_and_through_voc(self, images, tmp_path_factory):
        folder = tmp_path_factory.mktemp("voc")
        write(folder, images, "utf-8", "\n")
        (folder / "ImageSets" / "Main").mkdir(parents=True)
        stems = [image.name.removesuffix(".png") for image in images]
        (folder / "ImageSets" / "Main" / "all.txt").write_text("\n".join(stems), encoding="utf-8")
        if not any(one for image in images for one in image.objects):
            return
        convert(folder, folder / "direct")
        convert(folder, folder / "again", to="voc")
        convert(folder / "again", folder / "through")
        for name in ("direct", "through"):
            found = records_of(folder / name)
            assert found.keys() == {image.name for image in images}
            for image in images:
                boxes = expected_boxes(image)
                has_area = (boxes[:, :2] < boxes[:, 2:]).all(axis=1)
                np.testing.assert_array_equal(boxes_yxyx(found[image.name]), boxes[has_area])
                names = feature_values(found[image.name], "image/object/class/text")
                drawn = zip(image.objects, has_area, strict=True)
                assert [one.decode() for one in names] == [
                    one.name for one, is_in in drawn if is_in
                ]


def write(folder, images, encoding, line_end):
    (folder / "Annotations").mkdir(exist_ok=True)
    for image in images:
        write_drawn_image(folder / "JPEGImages", image)
        path = folder / "Annotations" / f"{image.name.removesuffix('.png')}.xml"
        path.write_bytes(image_xml(image, encoding, line_end))


def convert(data_dir, output_dir, **options):
    return convert_dataset(data_dir, output_dir, ConversionOptions(num_workers=1, **options))


class TestTools:
    def test_what_supervision_writes(self, tmp_path):
        write_supervision_dataset(tmp_path, "voc")
        dataset = read_dataset(tmp_path)
        found = by_file_name(dataset)
        assert found.keys() == OBJECTS_XYXY_PX.keys()
        for name, objects in OBJECTS_XYXY_PX.items():
            # VOC counts pixels from 1 and includes the last: it adds one to the first alone.
            assert found[name] == [
                (one, (xmin + 1, ymin + 1, xmax, ymax)) for one, (xmin, ymin, xmax, ymax) in objects
            ]

    def test_what_globox_writes(self, tmp_path):
        from globox import Annotation, AnnotationSet, BoundingBox

        boxes = [BoundingBox(label="a & b", xmin=4.5, ymin=2, xmax=20, ymax=12.25)]
        voc_dir = VocDir(tmp_path, "labels", "img")
        voc_dir.add_image("ä.jpg")
        AnnotationSet([Annotation("ä.jpg", (40, 20), boxes)]).save_pascal_voc(voc_dir.annotations)
        (found,) = read_dataset(tmp_path).images["ä"].annotation.objects
        assert found.name == "a & b"
        np.testing.assert_allclose(found.box_xyxy_px, (4.5, 2, 20, 12.25))


BOX = object_xml("dog", (1, 2, 30, 12))
BOMB = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))


class TestBadIntentions:
    """One bad annotation beside a good one: a clear message that names it, or no harm."""

    @pytest.fixture
    def convert_with(self, tmp_path):
        """Converts a good annotation and the one given; returns the objects of the latter."""
        voc_dir = VocDir(tmp_path / "data")
        voc_dir.add("good")
        voc_dir.add("bad")
        (tmp_path / "outside.jpg").write_bytes((voc_dir.images / "bad.jpg").read_bytes())
        before = {path for path in tmp_path.rglob("*") if path.is_file()}

        def run(content):
            text = content if isinstance(content, bytes) else content.encode()
            (voc_dir.annotations / "bad.xml").write_bytes(text)
            out = tmp_path / "out"
            try:
                summary = convert(voc_dir.root, out, val_fraction=0.5)
            finally:
                after = {path for path in tmp_path.rglob("*") if path.is_file()}
                assert {path for path in after - before if not path.is_relative_to(out)} == set()
            return sum(split.num_objects for split in summary.splits.values()) - 1

        return run

    @pytest.mark.parametrize(
        ("xml", "message"),
        [
            (f"<!DOCTYPE a [<!ENTITY l0 'ha'>{BOMB}]><annotation>&l11;</annotation>", "DTD"),
            (
                "<!DOCTYPE a [<!ENTITY f SYSTEM '/etc/passwd'>]><annotation><object><name>&f;"
                "</name></object></annotation>",
                "declares a DTD or entities",
            ),
            ("<annotation><object>" * 100_000, "is not XML"),
            (f"<annotation>{BOX}", "is not XML"),
            ("", "is not XML: line 1 begins with no tag"),
            (b"\xff\xfe\x00", "is not XML"),
            (f"<annotation>{object_xml('dog', ('nan', 2, 3, 4))}</annotation>", "<xmin> is 'nan'"),
            (f"<annotation>{object_xml('dog', ('1e999', 2, 3, 4))}</annotation>", "finite number"),
            (f"<annotation>{object_xml('dog', ('1_0', 2, 3, 4))}</annotation>", "finite number"),
            (
                f"<annotation>{object_xml('', (1, 2, 3, 4))}</annotation>",
                "<name> is missing or emp",
            ),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_is_refused(self, convert_with, xml, message):
        with pytest.raises(OdapiError) as caught:
            convert_with(xml)
        (detail,) = caught.value.details
        assert detail.startswith("Annotations/bad.xml")
        assert message in detail

    @pytest.mark.parametrize(
        ("xml", "num_objects"),
        [
            ("<annotation/>", 0),
            (f"<annotation><filename>../../outside.jpg</filename>{BOX}</annotation>", 1),
            (f"<annotation><filename>/etc/passwd</filename>{BOX}</annotation>", 1),
            (f"<annotation><filename>..\\outside.jpg</filename>{BOX}</annotation>", 1),
            (f"<annotation><filename>..</filename>{BOX}</annotation>", 1),
            (f"<annotation>{BOX * 10_000}</annotation>", 10_000),
            (f"<annotation>{object_xml('dog', (-1e300, -5, 1e300, 1e9))}</annotation>", 1),
            (f"<annotation>{object_xml('dog', ('9' * 1000, 2, '9' * 1000, 4))}</annotation>", None),
            (f"<annotation>{object_xml('dog', ('0.' + '3' * 1000, 2, 3, 4))}</annotation>", 1),
            (f"<annotation>{object_xml('dog', (500, 2, 600, 4))}</annotation>", 0),
            (f"<annotation>{object_xml('dog', (9, 2, 3, 4))}</annotation>", 0),
            (f"<annotation>{object_xml('../../dog', (1, 2, 3, 4))}</annotation>", 1),
            (f"<annotation><size><width>{'9' * 5000}</width><height>-1</height></size>{BOX}"
             "</annotation>", 1),
            (f"<annotation><folder>../..</folder><path>/etc/passwd</path>{BOX}</annotation>", 1),
            (f"\ufeff<annotation>{BOX}</annotation>".encode("utf-16-le"), 1),
        ],
        ids=lambda value: str(value)[:40],
    )  # fmt: skip
    def test_does_no_harm(self, convert_with, xml, num_objects):
        if num_objects is None:
            with pytest.raises(OdapiError, match="finite number"):
                convert_with(xml)
        else:
            assert convert_with(xml) == num_objects

    def test_links_out_of_the_folder_are_read_and_nothing_is_written_there(self, tmp_path):
        outside, voc_dir = VocDir(tmp_path / "outside"), VocDir(tmp_path / "data")
        outside.add("a")
        outside.add("b")
        for folder in ("Annotations", "JPEGImages"):
            (voc_dir.root / folder / "linked").symlink_to(outside.root / folder)
            (voc_dir.root / folder / "circle").symlink_to(voc_dir.root / folder)
        (voc_dir.annotations / "gone.xml").symlink_to(tmp_path / "gone.xml")
        before = {path: path.stat().st_mtime_ns for path in outside.root.rglob("*")}
        convert(voc_dir.root, tmp_path / "out", to="voc")
        assert {path: path.stat().st_mtime_ns for path in outside.root.rglob("*")} == before
        assert not any(path.is_symlink() for path in (tmp_path / "out").rglob("*"))

    @pytest.mark.parametrize("line", ["../../outside", "/etc/passwd", "..", "\0", "x" * 100_000])
    def test_lists_of_splits(self, tmp_path, line):
        voc_dir = VocDir(tmp_path / "data")
        voc_dir.add("a")
        voc_dir.add_splits(train=["a", line])
        with pytest.raises(OdapiError, match="1 fault") as caught:
            convert(voc_dir.root, tmp_path / "out")
        assert caught.value.details[0].startswith("split 'train': ")
        assert os.listdir(tmp_path) == ["data"]
