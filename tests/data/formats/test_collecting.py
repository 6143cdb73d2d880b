import pytest

from odapi_ssd.data.annotations import AnnotatedObject, Annotation
from odapi_ssd.data.formats.collecting import DatasetCollector
from odapi_ssd.data.image_index import ImageIndex


@pytest.fixture
def collector(tmp_path):
    for name in ("train/a.jpg", "val/A.jpg", "val/b.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return DatasetCollector(tmp_path, ImageIndex(tmp_path))


def annotation(source):
    return Annotation(source, None, (AnnotatedObject(1, "dog", (0, 0, 1, 1)),))


def test_names_are_those_of_files_where_these_differ(collector, tmp_path):
    for number, name in enumerate(["train/a.jpg", "val/A.jpg", "val/b.jpg"]):
        collector.add(str(number), tmp_path / name, annotation(f"{number}.txt"))
    dataset = collector.dataset()
    assert [one.name for one in dataset.images.values()] == ["train/a.jpg", "val/A.jpg", "b.jpg"]
    assert dataset.keys == ("0", "1", "2")


def test_a_second_annotation_of_an_image_is_a_fault(collector, tmp_path):
    collector.add("1", tmp_path / "val/b.jpg", annotation("1.txt"))
    collector.add("2", tmp_path / "val/b.jpg", annotation("2.txt"))
    dataset = collector.dataset()
    assert list(dataset.images) == ["1"]
    assert dataset.faults["2"][0].startswith("2.txt: its image val/b.jpg is that of 1.txt too")


def test_what_cannot_be_used_is_kept_in_its_place(collector, tmp_path):
    collector.add_faults("0", ["0.txt: bad"])
    collector.add_missing("1", annotation("1.txt"), "no image")
    collector.add("2", tmp_path / "val/b.jpg", annotation("2.txt"))
    collector.add_file_faults("all.txt", ["all.txt: worse"])
    collector.add_file_faults("all.txt", ["all.txt: worst"])
    collector.assign("train", "2")
    dataset = collector.dataset({"dog": 1})
    assert dataset.keys == ("0", "1", "2")
    assert dataset.missing_images["1"].problem == "1.txt: no image"
    assert dataset.fault_lines() == ["0.txt: bad", "all.txt: worse", "all.txt: worst"]
    assert [one.key for one in dataset.splits["train"]] == ["2"]
    assert dataset.declared_label_map == {"dog": 1}


def test_what_was_ignored_is_told_once(collector):
    collector.ignored["lines"] += 2
    collector.ignored["points"] += 1
    assert (
        collector.dataset().warnings[0]
        == "Left out, as they are no boxes or areas: 2 lines, 1 points."
    )


def test_images_without_an_annotation_are_named(collector, tmp_path):
    collector.add("2", tmp_path / "val/b.jpg", annotation("2.txt"))
    collector.add_faults("val/A", ["A.json: bad"])
    assert collector.dataset().warnings == (
        "1 image has no annotation and is left out: train/a.jpg",
    )


def test_names_that_are_not_unicode(tmp_path):
    (tmp_path / "b\udce9.jpg").touch()
    (line,) = DatasetCollector(tmp_path, ImageIndex(tmp_path)).dataset().warnings
    assert line.startswith("1 image is left out, as the name is not UTF-8")
