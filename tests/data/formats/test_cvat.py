"""CVAT's XML, whole datasets."""

from xml.sax.saxutils import quoteattr

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.formats.cvat import recognize
from odapi_ssd.errors import OdapiError
from tests.support.dataset_files import write_text
from tests.support.random_datasets import as_drawn, by_file_name, datasets, write_drawn_image

BOX = '<box label="dog" occluded="0" xtl="1" ytl="2" xbr="30" ybr="15" z_order="0"/>'


def write_image(path, size_wh=(40, 20)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size_wh).save(path)


def image_xml(name, shapes=BOX, extra=""):
    return f'<image id="0" name={quoteattr(name)} {extra} width="40" height="20">{shapes}</image>'


def write_xml(folder, *parts):
    text = "".join(parts)
    return write_text(
        folder / "annotations.xml",
        f'<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n{text}'
        "</annotations>\n",
    )


def keys_of(dataset):
    return {split: [one.key for one in entries] for split, entries in dataset.splits.items()}


class TestImages:
    def test_subsets_are_splits(self, tmp_path):
        for name in ("train/a.jpg", "val/a.jpg", "c.jpg"):
            write_image(tmp_path / "images" / name)
        write_xml(
            tmp_path,
            image_xml("a.jpg", extra='subset="train"'),
            image_xml("a.jpg", "", extra='subset="Validation"'),
            image_xml("val/a.jpg", "", extra='subset="val"'),
            image_xml("c.jpg", extra='subset="default"'),
        )
        dataset = read_dataset(tmp_path)
        assert keys_of(dataset)["train"] == ["images/train/a.jpg"]
        annotation = dataset.images["images/train/a.jpg"].annotation
        assert (annotation.source, annotation.declared_hw) == ("annotations.xml, a.jpg", (20, 40))
        assert [(one.name, one.box_xyxy_px) for one in annotation.objects] == [
            ("dog", (1, 2, 30, 15))
        ]
        assert dataset.images["images/val/a.jpg"].annotation.objects == ()
        assert dataset.images["images/c.jpg"].record_name == "c.jpg"

    def test_a_file_given_by_its_path(self, tmp_path):
        write_image(tmp_path / "a.jpg")
        path = write_xml(tmp_path, image_xml("a.jpg"))
        assert read_dataset(path).keys == read_dataset(tmp_path).keys == ("a.jpg",)

    def test_what_has_no_area_is_left_out_and_told(self, tmp_path):
        write_image(tmp_path / "a.jpg")
        line = '<polyline label="dog" points="1,1;2,2"/><points label="dog" points="1,1"/>'
        write_xml(tmp_path, image_xml("a.jpg", line + BOX + '<tag label="night"/>'))
        dataset = read_dataset(tmp_path)
        assert dataset.warnings == (
            "Left out, as they are no boxes or areas: 1 points, 1 polylines, 1 tags.",
        )
        assert [one.number for one in dataset.images["a.jpg"].annotation.objects] == [3]

    @pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "gone.jpg"])
    def test_images_that_are_not_there(self, tmp_path, name):
        write_xml(tmp_path, image_xml(name))
        (missing,) = read_dataset(tmp_path).missing_images.values()
        assert missing.problem == f"annotations.xml, {name}: no image {name!r} in {tmp_path.name}"

    @pytest.mark.parametrize("subset", ["../up", "a/b", "x" * 101])
    def test_a_subset_that_is_no_name(self, tmp_path, subset):
        write_image(tmp_path / "a.jpg")
        write_xml(tmp_path, image_xml("a.jpg", extra=f'subset="{subset}"'))
        dataset = read_dataset(tmp_path)
        assert "expected a name such as train" in dataset.fault_lines()[0]
        assert dataset.splits == {}

    def test_faults_of_shapes_are_named_together(self, tmp_path):
        write_image(tmp_path / "a.jpg")
        write_xml(tmp_path, image_xml("a.jpg", '<box label="dog"/>' + BOX + "<box/>"), "<image/>")
        assert read_dataset(tmp_path).fault_lines() == [
            "annotations.xml, a.jpg, object 1: (dog) xtl is '', expected a finite number",
            "annotations.xml, a.jpg, object 3: the label is missing or empty, expected the class",
            "annotations.xml, image without id: there is no name",
        ]

    def test_ten_thousand_objects(self, tmp_path):
        write_image(tmp_path / "a.jpg")
        write_xml(tmp_path, image_xml("a.jpg", BOX * 10_000))
        (image,) = read_dataset(tmp_path).images.values()
        assert [one.number for one in image.annotation.objects] == list(range(1, 10_001))


class TestVideo:
    """By the specification: no tool at hand writes this kind."""

    def track(self, *frames, label="dog"):
        shapes = "".join(
            f'<box frame="{frame}" keyframe="1" outside="{outside}" xtl="{x}" ytl="2" xbr="{x + 9}"'
            ' ybr="15"/>'
            for frame, outside, x in frames
        )
        return f'<track id="0" label="{label}">{shapes}</track>'

    META = (
        "<meta><task><original_size><width>40</width><height>20</height></original_size></task>"
        "</meta>"
    )

    def test_frames(self, tmp_path):
        for number in range(4):
            write_image(tmp_path / "images" / f"frame_{number:06d}.PNG")
        write_xml(
            tmp_path,
            self.META,
            self.track((0, 0, 1), (1, 0, 2), (2, 1, 3)),
            self.track((1, 0, 5), (2, 1, 5), label="cat"),
        )
        dataset = read_dataset(tmp_path)
        assert [
            [(one.name, one.box_xyxy_px[0]) for one in image.annotation.objects]
            for image in dataset.images.values()
        ] == [[("dog", 1)], [("dog", 2), ("cat", 5)], [], []]
        assert dataset.images["images/frame_000001.PNG"].annotation.declared_hw == (20, 40)
        assert dataset.warnings == ()

    def test_frames_that_a_track_is_silent_about(self, tmp_path):
        for number in range(8):
            write_image(tmp_path / f"{number}.jpg")
        write_xml(tmp_path, self.META, self.track((0, 0, 1), (4, 1, 2), (7, 0, 3)))
        dataset = read_dataset(tmp_path)
        assert dataset.warnings[0].startswith(
            "annotations.xml: 1 time a track goes on after frames that it says nothing about"
        )
        assert len(dataset.images) == 8

    def test_a_frame_that_was_not_saved(self, tmp_path):
        write_xml(tmp_path, self.META, self.track((12, 0, 1)))
        (missing,) = read_dataset(tmp_path).missing_images.values()
        assert missing.problem.startswith(
            "annotations.xml, frame 12: no image frame_000012.jpg or the like; save the frames"
        )

    @pytest.mark.parametrize("frame", ["-1", "1.5", "x", "", "9" * 1000, "nan"])
    def test_a_number_that_is_none(self, tmp_path, frame):
        write_image(tmp_path / "0.jpg")
        write_xml(tmp_path, self.META, self.track((frame, 0, 1)))
        (line,) = read_dataset(tmp_path).fault_lines()
        assert line.startswith("annotations.xml, track 0: a shape's frame is ")


def test_what_globox_writes(tmp_path):
    from globox import Annotation, AnnotationSet, BoundingBox

    boxes = [BoundingBox(label="café", xmin=4.5, ymin=2, xmax=20, ymax=12.25)]
    write_image(tmp_path / "images/a.jpg")
    AnnotationSet([Annotation("a.jpg", (40, 20), boxes)]).save_cvat(tmp_path / "annotations.xml")
    (image,) = read_dataset(tmp_path).images.values()
    (found,) = image.annotation.objects
    assert (found.name, found.box_xyxy_px) == ("café", (4.5, 2, 20, 12.25))


@settings(max_examples=60, deadline=None)
@given(images=datasets())
def test_random_datasets(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cvat")
    parts = []
    for image in images:
        write_drawn_image(folder / "images", image)
        shapes = "".join(
            f"<box label={quoteattr(one.name)}"
            f' xtl="{xmin}" ytl="{ymin}" xbr="{xmax}" ybr="{ymax}"/>'
            for one in image.objects
            for xmin, ymin, xmax, ymax in [one.box_xyxy_px]
        )
        parts.append(image_xml(image.name, shapes))
    write_xml(folder, *parts)
    dataset = read_dataset(folder)
    assert dataset.fault_lines() == []
    assert by_file_name(dataset) == as_drawn(images)


class TestFiles:
    def test_entities_are_refused(self, tmp_path):
        bomb = "".join(
            f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12)
        )  # fmt: skip
        write_text(
            tmp_path / "annotations.xml",
            f'<!DOCTYPE x [<!ENTITY l0 "ha"><!ENTITY f SYSTEM "/etc/passwd">{bomb}]><annotations>'
            '<image name="&l11;">&f;&l11;</image></annotations>',
        )
        (line,) = read_dataset(tmp_path, "cvat").fault_lines()
        assert line.startswith(("annotations.xml: declares a DTD", "annotations.xml: is not XML"))

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("<annotations><image", "annotations.xml: is not XML: "),
            ("<annotations>" + "<a>" * 1_000_000, "annotations.xml: is not XML: "),
            ("<annotations><image/>", "annotations.xml: is not XML: "),
        ],
        ids=["cut", "a million levels", "no end"],
    )
    def test_what_is_not_xml(self, tmp_path, text, line):
        write_text(tmp_path / "annotations.xml", text)
        assert read_dataset(tmp_path).fault_lines()[-1].startswith(line)

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_encodings(self, tmp_path, encoding):
        write_image(tmp_path / "ä.jpg")
        text = write_xml(tmp_path, image_xml("ä.jpg")).read_text(encoding="utf-8")
        text = text.replace("utf-8", encoding.removesuffix("-sig")).replace("\n", "\r\n")
        (tmp_path / "annotations.xml").write_bytes(text.encode(encoding))
        assert len(read_dataset(tmp_path).images) == 1


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"annotations.xml": "<annotations/>"}, True),
        ({"job_1/default.xml": "<annotations/>"}, True),
        ({"a.xml": "<annotation/>"}, False),
        ({"a.xml": "<annotation/>", "b.xml": "<annotations/>"}, False),
        ({"a.xml": "annotations"}, False),
        ({}, False),
    ],
)
def test_recognize(tmp_path, files, expected):
    for name, text in files.items():
        write_text(tmp_path / name, text)
    assert recognize(tmp_path) is expected


def test_a_folder_without_any(tmp_path):
    with pytest.raises(OdapiError, match="No XML file of CVAT in"):
        read_dataset(tmp_path, "cvat")


def test_rotated_boxes(tmp_path):
    write_image(tmp_path / "a.jpg")
    write_xml(tmp_path, image_xml("a.jpg", BOX.replace("z_order", 'rotation="90" z_order')))
    (image,) = read_dataset(tmp_path).images.values()
    np.testing.assert_allclose(image.annotation.objects[0].box_xyxy_px, (9, -6, 22, 23))
