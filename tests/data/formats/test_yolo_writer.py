"""A dataset as YOLO, written, read again, and read by another program."""

import io
import struct

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from odapi_ssd.data.annotations import AnnotatedObject
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.examples import Example, PlacedObject, check_example
from odapi_ssd.data.formats import read_dataset
from odapi_ssd.data.formats.writing import WriterContext
from odapi_ssd.data.formats.yolo_writer import YoloWriter
from odapi_ssd.data.images import check_image
from tests.data.conftest import VocDir
from tests.support.dataset_files import write_text


def convert(data_dir, output_dir, **options):
    return convert_dataset(data_dir, output_dir, ConversionOptions(num_workers=1, **options))


def jpeg(size_wh=(40, 20), orientation=1, color=0):
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    Image.new("RGB", size_wh, (color, 0, 0)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def example(name, boxes_yxyx, content, class_name="dog"):
    objects = tuple(
        PlacedObject(AnnotatedObject(number, class_name, (0, 0, 1, 1)), tuple(box))
        for number, box in enumerate(boxes_yxyx, start=1)
    )
    return Example(name, check_image(content, name), objects, (), ())


def write(folder, label_map, **examples_by_split):
    folder.mkdir(exist_ok=True)
    writer = YoloWriter(WriterContext(folder, label_map))
    for split, examples in examples_by_split.items():
        split_writer = writer.open_split(split, len(examples), 0)
        for one in examples:
            split_writer.write(writer.encode(one))
        split_writer.close()
    return writer.finish()


def boxes_read(folder):
    """By record name: the boxes that a conversion of the folder would put into records."""
    images = read_dataset(folder).images.values()
    return {
        one.filename: [(placed.annotated.name, placed.box_yxyx) for placed in one.objects]
        for one in map(check_example, images)
    }


@pytest.fixture
def voc(tmp_path):
    voc_dir = VocDir(tmp_path / "voc")
    for folder in (voc_dir.annotations / "night", voc_dir.images / "night"):
        folder.mkdir()
    details = "<pose>Left</pose><truncated>1</truncated><difficult>1</difficult>"
    voc_dir.add("1", [("no", (4, 2, 20.25, 12.125), details), ("cat", (0, 0, 40, 20))])
    voc_dir.add("night/2", [("Hündin: a, #1", (-3, 1, 7.3, 99))])
    voc_dir.add("3", [])
    voc_dir.add("ä b", [("no", (1, 1, 2, 2))], suffix=".png")
    voc_dir.add_splits(train=["ä b", "1"], test_old=["3"], val=["night/2"])
    return voc_dir.root


class TestConversion:
    def test_files(self, voc, tmp_path):
        out = tmp_path / "yolo"
        summary = convert(voc, out, to="yolo")
        names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
        assert {name for name in names if not name.startswith(".")} == {
            "data.yaml", "dataset.json", "label_map.pbtxt",
            "images/train/1.jpg", "images/train/ä b.png", "images/val/night/2.jpg",
            "images/test_old/3.jpg", "labels/train/1.txt", "labels/train/ä b.txt",
            "labels/val/night/2.txt", "labels/test_old/3.txt",
        }  # fmt: skip
        assert (out / "labels/train/1.txt").read_text() == (
            "2 0.303125 0.353125 0.406250 0.506250\n1 0.500000 0.500000 1.000000 1.000000\n"
        )
        assert (out / "labels/test_old/3.txt").read_text() == ""
        assert yaml.safe_load((out / "data.yaml").read_bytes()) == {
            "train": "images/train", "val": "images/val", "test_old": "images/test_old",
            "names": {0: "Hündin: a, #1", 1: "cat", 2: "no"},
        }  # fmt: skip
        (line,) = [one for one in summary.warnings if "cannot hold" in one]
        assert not any("another" in one for one in summary.warnings)
        for lost in ("1 difficult", "1 truncated", "1 pose"):
            assert lost in line

    def test_read_again_the_records_hold_the_same(self, voc, tmp_path):
        convert(voc, tmp_path / "yolo", to="yolo")
        direct = convert(voc, tmp_path / "direct")
        through = convert(tmp_path / "yolo", tmp_path / "through")
        assert through.label_map == direct.label_map
        assert {
            name: (one.num_examples, one.num_objects) for name, one in through.splits.items()
        } == {name: (one.num_examples, one.num_objects) for name, one in direct.splits.items()}
        originals = map(check_example, read_dataset(voc).images.values())
        assert boxes_read(tmp_path / "yolo") == {
            one.filename: [(placed.annotated.name, placed.box_yxyx) for placed in one.objects]
            for one in originals
        }


@st.composite
def boxes_yxyx(draw):
    """A box of whole 50,000ths, smaller than any pixel: ymin, xmin, ymax, xmax."""
    ymin, xmin = draw(st.integers(0, 49_999)), draw(st.integers(0, 49_999))
    ymax, xmax = draw(st.integers(ymin + 1, 50_000)), draw(st.integers(xmin + 1, 50_000))
    return ymin, xmin, ymax, xmax


@settings(max_examples=40, deadline=None)
@given(data=st.lists(st.lists(boxes_yxyx(), max_size=8), min_size=5, max_size=5))
def test_random_boxes_come_back_bit_for_bit(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("yolo")
    shares = [np.array(one, float).reshape(-1, 4) / 50_000 for one in data]
    boxes = [np.float32(one).tolist() for one in shares]
    examples = [
        example(f"{number}.jpg", one, jpeg(orientation=number + 1))
        for number, one in enumerate(boxes)
    ]
    write(folder, {"dog": 1}, train=examples)
    read = boxes_read(folder)
    for number, one in enumerate(boxes):
        assert [box for _, box in read[f"{number}.jpg"]] == [tuple(box) for box in one]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_box_is_where_ultralytics_sees_it(tmp_path, orientation):
    """It shows images with their EXIF orientation applied, and so does Pillow here."""
    pixels = np.zeros((20, 40), np.uint8)
    pixels[2:8, 4:30] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(buffer, "PNG", exif=exif)
    box = struct.unpack("4f", struct.pack("4f", 2 / 20, 4 / 40, 8 / 20, 30 / 40))
    write(tmp_path, {"dog": 1}, train=[example("a.png", [box], buffer.getvalue())])
    with Image.open(tmp_path / "images/train/a.png") as stored:
        shown = np.asarray(ImageOps.exif_transpose(stored).convert("L"))
    height, width = shown.shape
    row = (tmp_path / "labels/train/a.txt").read_text().split()
    x, y, box_width, box_height = (
        number * side for number, side in zip(map(float, row[1:]), (width, height) * 2, strict=True)
    )
    rows, columns = np.nonzero(shown)
    np.testing.assert_allclose(
        (x - box_width / 2, y - box_height / 2, x + box_width / 2, y + box_height / 2),
        (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1),
        atol=1e-4,
    )
    assert boxes_read(tmp_path) == {"a.png": [("dog", box)]}


def test_supervision_reads_it(tmp_path, voc):
    import supervision

    convert(voc, tmp_path / "yolo", to="yolo")
    dataset = supervision.DetectionDataset.from_yolo(
        images_directory_path=str(tmp_path / "yolo/images/train"),
        annotations_directory_path=str(tmp_path / "yolo/labels/train"),
        data_yaml_path=str(tmp_path / "yolo/data.yaml"),
    )
    assert dataset.classes == ["Hündin: a, #1", "cat", "no"]
    (found,) = [one for path, one in dataset.annotations.items() if path.endswith("1.jpg")]
    np.testing.assert_allclose(found.xyxy, [[4, 2, 20.25, 12.125], [0, 0, 40, 20]], atol=1e-4)
    assert found.class_id.tolist() == [2, 1]


def test_names_whose_labels_would_meet(tmp_path):
    examples = [
        example(name, [(0, 0, share, 1)], jpeg(color=number * 40))
        for number, (name, share) in enumerate([("a.jpg", 0.25), ("a.jpeg", 0.5), ("A.jpg", 0.75)])
    ]
    (line,) = write(tmp_path, {"dog": 1}, train=examples)
    assert line.startswith("2 images have another name when the output is read")
    assert "a.jpeg" in line
    found = boxes_read(tmp_path)
    assert sorted(box[2] for ((_, box),) in found.values()) == [0.25, 0.5, 0.75]
    assert len(list((tmp_path / "labels/train").iterdir())) == 3


def test_names_that_change_are_counted(tmp_path):
    """Equal names in two splits become paths, and folders of a layout are left out."""
    one = [(0, 0, 0.5, 1)]
    train = [
        example(name, one, jpeg(color=number * 40))
        for number, name in enumerate(["train/images/a.jpg", "b.jpg", "c.jpg", "night/d.jpg"])
    ]
    test = [example(name, one, jpeg(color=200)) for name in ("test/images/a.jpg", "C.jpg")]
    (line,) = write(tmp_path, {"dog": 1}, train=train, test=test)
    before = {example.filename for example in (*train, *test)}
    assert len(before - boxes_read(tmp_path).keys()) == 4
    assert line.startswith("4 images have another name when the output is read")
    assert "test/images/a.jpg" in line


def test_ids_that_change_are_named(tmp_path):
    label_map = {"person": 1, "dog": 18, "toothbrush": 90}
    (line,) = write(tmp_path / "gaps", label_map, train=[example("a.jpg", [], jpeg())])
    assert line.startswith("2 classes have another id when the output is read")
    assert "dog (18, then 2), toothbrush (90, then 3)" in line
    assert read_dataset(tmp_path / "gaps").declared_label_map == {
        "person": 1, "dog": 2, "toothbrush": 3,
    }  # fmt: skip
    assert write(tmp_path / "none", {"a": 1, "b": 2}, train=[example("a.jpg", [], jpeg())]) == []


@pytest.mark.parametrize("name", ["../../up.jpg", "/etc/passwd", "a\nb.jpg", "..", "\\x.jpg"])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    out = tmp_path / "out"
    write(out, {"dog": 1}, **{"../../split": [example(name, [(0, 0, 0.5, 1)], jpeg())]})
    assert {path.name for path in tmp_path.iterdir()} == {"out"}
    assert {path.name for path in out.iterdir()} == {"images", "labels", "data.yaml"}
    (found,) = boxes_read(out).values()
    assert len(found) == 1


def test_no_folder_of_a_name_hides_the_labels_from_ultralytics(tmp_path):
    """It replaces the last folder `images` of a path."""
    names = ["images/train/a.jpg", "x/images/a.jpg", "train/a.jpg"]
    examples = [
        example(name, [(0, 0, 0.5, 1)], jpeg(color=number * 40))
        for number, name in enumerate(names)
    ]
    write(tmp_path, {"dog": 1}, train=examples)
    images = sorted(tmp_path.glob("images/**/*.jpg"))
    assert len(images) == 3
    for path in images:
        before, _, after = str(path).rpartition("/images/")
        assert before == str(tmp_path)
        assert (tmp_path / "labels" / after).with_suffix(".txt").is_file()


class TestMasks:
    @pytest.fixture
    def polygons(self, tmp_path):
        """YOLO polygons: one within the image, one that reaches over it."""
        folder = tmp_path / "polygons"
        rows = "0 0.1 0.1 0.5 0.1 0.5 0.55\n0 0.5 0.5 1.2 0.5 0.7 0.9\n0 0.5 0.5 0.5 0.5\n"
        for split, color in (("train", 0), ("val", 90)):
            write_text(folder / "labels" / split / "a.txt", rows)
            path = folder / "images" / split / "a.jpg"
            path.parent.mkdir(parents=True)
            path.write_bytes(jpeg(orientation=6, color=color))
        write_text(folder / "data.yaml", "names: [dog]\ntrain: images/train\nval: images/val\n")
        return folder

    def test_single_polygons_are_written(self, polygons, tmp_path):
        # The box without a mask would be a fault.
        for path in polygons.rglob("a.txt"):
            path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
        summary = convert(polygons, tmp_path / "out", to="yolo", include_masks=True)
        rows = (tmp_path / "out/labels/train/a.txt").read_text().splitlines()
        np.testing.assert_allclose(
            np.array(rows[0].split(), float), [0, 0.1, 0.1, 0.5, 0.1, 0.5, 0.55], rtol=1e-12
        )
        assert len(rows[1].split()) == 5
        (line,) = [one for one in summary.warnings if "cannot hold" in one]
        assert "2 masks of 2 images" in line

    def test_without_masks_asked_for_they_are_boxes(self, polygons, tmp_path):
        convert(polygons, tmp_path / "out", to="yolo")
        rows = (tmp_path / "out/labels/train/a.txt").read_text().splitlines()
        assert [len(row.split()) for row in rows] == [5, 5, 5]
