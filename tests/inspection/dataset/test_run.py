"""The figures of `report.json` against a count of the XML files by other means, and the page."""

import itertools
import json
import re
import statistics
import xml.etree.ElementTree as ET
from collections import Counter

import pytest

from odapi_ssd.errors import OdapiError, OptionError
from odapi_ssd.inspection.dataset.run import InspectionOptions, inspect_dataset
from tests.support.faulty_dataset import (
    EXPECTED_PROBLEMS,
    add_image,
    write_faulty_dataset,
    write_splits,
)


def _inspect(data_dir, tmp_path, **options):
    """The report; the page must be there too."""
    inspect_dataset(data_dir, tmp_path / "out", InspectionOptions(**options))
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"index.html", "report.json", ".odapi-ssd.json"}
    text = (tmp_path / "out" / "report.json").read_text(encoding="utf-8")
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def _page(tmp_path):
    return (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def counted(shapes_dir):
    """Class, width and height of each object of each image, by split."""
    splits = {}
    for split in ("train", "val", "test"):
        stems = (shapes_dir / "ImageSets" / "Main" / f"{split}.txt").read_text().split()
        splits[split] = {}
        for stem in stems:
            root = ET.parse(shapes_dir / "Annotations" / f"{stem}.xml").getroot()
            splits[split][stem] = [
                (
                    one.findtext("name"),
                    float(one.findtext("bndbox/xmax")) - float(one.findtext("bndbox/xmin")),
                    float(one.findtext("bndbox/ymax")) - float(one.findtext("bndbox/ymin")),
                )
                for one in root.iter("object")
            ]
    return splits


class TestShapes:
    @pytest.fixture(scope="class")
    def report(self, shapes_dir, tmp_path_factory):
        return _inspect(shapes_dir, tmp_path_factory.mktemp("inspected"), num_workers=2)

    def test_splits(self, report, counted):
        assert list(report["splits"]) == ["train", "val", "test"]
        assert report["are_splits_defined"]
        for split, images in counted.items():
            found, numbers = report["splits"][split], [len(one) for one in images.values()]
            assert found["num_images"] == len(images)
            assert found["num_objects"] == sum(numbers)
            assert found["num_images_without_objects"] == numbers.count(0)
            assert found["num_unusable_images"] == 0
            by_number = {str(num): count for num, count in Counter(numbers).items()}
            assert found["num_images_by_num_objects"] == by_number
            assert found["objects_per_image"]["median"] == statistics.median(numbers)

    def test_classes(self, report, counted):
        expected = {split: Counter() for split in counted}
        num_images = Counter()
        for split, images in counted.items():
            for objects in images.values():
                expected[split].update(name for name, _, _ in objects)
                num_images.update({name for name, _, _ in objects})
        assert set(report["classes"]) == set(num_images)
        for name, found in report["classes"].items():
            per_split = {split: counts[name] for split, counts in expected.items()}
            assert found["num_objects_per_split"] == per_split
            assert found["num_objects"] == sum(per_split.values())
            assert found["num_images"] == num_images[name]

    def test_boxes(self, report, counted):
        boxes = [
            box for images in counted.values() for objects in images.values() for box in objects
        ]
        found = report["boxes"]
        for name, values in (
            ("width_px", [width for _, width, _ in boxes]),
            ("height_px", [height for _, _, height in boxes]),
            ("width_by_height", [width / height for _, width, height in boxes]),
        ):
            assert found[name]["min"] == pytest.approx(min(values), rel=1e-4)
            assert found[name]["max"] == pytest.approx(max(values), rel=1e-4)
            assert found[name]["median"] == pytest.approx(statistics.median(values), rel=1e-4)
        num_small = sum(width * height < 32**2 for _, width, height in boxes)
        assert found["num_by_size"]["small"] == num_small
        assert sum(found["num_by_size"].values()) == len(boxes)

    def test_images(self, report, counted):
        assert sum(one["num_images"] for one in report["image_sizes"]) == 24
        assert {split: sorted(keys) for split, keys in report["contact_sheet"].items()} == {
            split: sorted(images) for split, images in counted.items()
        }
        assert report["problems"] == []
        assert report["template"] is None


def test_records_give_the_figures_of_what_they_were_made_of(shapes_dir, records_dir, tmp_path):
    report = _inspect(records_dir, tmp_path / "of_records", format="tfrecord")
    original = _inspect(shapes_dir, tmp_path / "of_xml")
    for name in ("total", "splits", "classes", "image_sizes", "problems"):
        assert report[name] == original[name]
    for name, values in original["boxes"].items():
        assert report["boxes"][name] == pytest.approx(values, rel=1e-4)
    assert _page(tmp_path / "of_records").count('class="canvas"') == 24


def test_the_same_dataset_gives_the_same_files(shapes_dir, tmp_path):
    for name, num_workers in (("a", 1), ("b", 2)):
        inspect_dataset(shapes_dir, tmp_path / name, InspectionOptions(num_workers=num_workers))
    for file in ("index.html", "report.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_every_kind_of_problem_is_counted_and_shown(tmp_path):
    report = _inspect(write_faulty_dataset(tmp_path / "data"), tmp_path)
    assert {one["kind"]: one["num"] for one in report["problems"]} == EXPECTED_PROBLEMS
    assert report["total"]["num_unusable_images"] == 3
    page = _page(tmp_path)
    for one in report["problems"]:
        assert f'id="{one["kind"]}"' in page
        assert len(one["listed"]) == one["num"]
    sections = dict(re.findall(r'<h3 id="(\w+)">(.*?)</article>', page, re.DOTALL))
    for kind in ("box_inverted", "box_without_area", "box_clipped", "box_repeated",
                 "box_of_two_classes", "box_tiny", "class_names_near",
                 "image_in_two_splits", "class_names_similar", "class_missing", "size_conflict",
                 "image_rotated", "image_without_objects"):  # fmt: skip
        assert 'src="data:image/jpeg;base64,' in sections[kind], kind


def test_boxes_of_all_extremes(tmp_path):
    """Each of eight numbers for each corner: 4,096 boxes in four images."""
    numbers = (-1e308, -5, 0, 1e-40, 10, 50, 79.9, 1e308)
    boxes = list(itertools.product(numbers, repeat=4))
    for part in range(4):
        objects = [(f"class {idx % 5}", box, 0) for idx, box in enumerate(boxes[part::4])]
        add_image(tmp_path / "data", f"i{part}", objects, part)
    report = _inspect(tmp_path / "data", tmp_path)
    num = {one["kind"]: one["num"] for one in report["problems"]}
    inverted = [box for box in boxes if box[0] > box[2] or box[1] > box[3]]
    assert num["box_inverted"] == len(inverted)
    num_used = report["total"]["num_objects"]
    assert num_used == len(boxes) - len(inverted) - num["box_without_area"]
    assert 0 < num["box_clipped"] < num_used
    assert {one["kind"]: len(one["listed"]) for one in report["problems"]}["box_inverted"] == 1000
    page = _page(tmp_path)
    assert not re.search(r'="(nan|-?inf)', page)
    assert "more; report.json lists the first 1,000." in page


def test_a_dataset_of_faults_alone(tmp_path):
    data = tmp_path / "data"
    for stem in ("a", "b"):
        add_image(data, stem, [("dog", (1, 1, 9, 9), 0)], seed=1)
        (data / "JPEGImages" / f"{stem}.jpg").write_bytes(b"")
    (data / "Annotations" / "c.xml").write_text("")
    report = _inspect(data, tmp_path)
    kinds = {one["kind"]: one["num"] for one in report["problems"]}
    assert kinds["image_unusable"] == 2
    assert kinds["annotation_unreadable"] == 1
    assert kinds["no_objects"] == 1
    assert report["boxes"]["width_px"] is None
    assert "There is no usable image." in _page(tmp_path)


def test_no_boxes_at_all(tmp_path):
    for seed in range(3):
        add_image(tmp_path / "data", f"i{seed}", [], seed)
    report = _inspect(tmp_path / "data", tmp_path)
    assert report["classes"] == {}
    assert report["total"]["num_images_without_objects"] == 3
    assert "There are no objects, so there are no classes." in _page(tmp_path)


def test_one_image_cannot_be_divided_but_is_shown(tmp_path):
    add_image(tmp_path / "data", "only", [("dog", (1, 1, 30, 30), 0)], seed=1)
    report = _inspect(tmp_path / "data", tmp_path)
    assert list(report["splits"]) == ["all"]
    assert not report["are_splits_defined"]
    assert [one["kind"] for one in report["problems"]] == ["split_broken"]
    assert report["contact_sheet"] == {"all": ["only"]}


def test_splits_that_cannot_be_read(tmp_path):
    data = tmp_path / "data"
    for seed in range(3):
        add_image(data, f"i{seed}", [("dog", (1, 1, 30, 30), 0)], seed)
    write_splits(data, train=["i0"])
    (data / "ImageSets" / "Main" / "val.txt").write_bytes(b"\xff\xfe\xfa")
    report = _inspect(data, tmp_path)
    assert report["splits"]["all"]["num_images"] == 3
    assert report["problems"][0]["kind"] == "split_broken"


@pytest.mark.tf
def test_anchors_of_a_template(shapes_dir, tmp_path):
    report = _inspect(shapes_dir, tmp_path, template="ssd_mobilenet_v2_quickstart")
    template, num_objects = report["template"], report["total"]["num_objects"]
    assert template["input_hw"] == [160, 160]
    assert template["by_size"][-1]["num_boxes"] == num_objects
    assert 0.5 * num_objects < template["num_matched"] <= num_objects
    assert "Anchors of ssd_mobilenet_v2_quickstart" in _page(tmp_path)


def test_an_inspection_replaces_its_own_and_nothing_else(shapes_dir, tmp_path):
    inspect_dataset(shapes_dir, tmp_path)
    inspect_dataset(shapes_dir, tmp_path)
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(OdapiError, match=r"index\.html"):
        inspect_dataset(shapes_dir, tmp_path)
    assert (tmp_path / "index.html").read_text() == "mine"
    inspect_dataset(shapes_dir, tmp_path, InspectionOptions(overwrite=True))
    assert (tmp_path / "index.html").read_text().startswith("<!DOCTYPE html>")


def test_what_is_not_a_dataset_leaves_nothing(tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(OdapiError, match="No annotated images"):
        inspect_dataset(tmp_path / "data", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(OptionError):
        InspectionOptions(num_workers=0)
