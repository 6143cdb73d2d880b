import json
import re

from odapi_ssd.data.formats import read_dataset
from odapi_ssd.inspection.dataset.gathering import DatasetInspection
from odapi_ssd.inspection.dataset.page import page_text
from odapi_ssd.inspection.dataset.report_json import report_text
from tests.support.faulty_dataset import add_image, write_splits
from tests.support.recorded_progress import RecordedProgress


def _inspected(folder, num_workers=1, progress=None):
    inspection = DatasetInspection(
        read_dataset(folder), num_workers, progress or RecordedProgress()
    )
    inspection.check_images()
    return inspection.conclude("d", None)


def _add_dogs(folder, stems):
    for seed, stem in enumerate(stems):
        add_image(folder, stem, [("dog", (1, 1, 30, 30), 0)], seed)


def test_images_of_no_split_are_left_out(tmp_path):
    _add_dogs(tmp_path, "abcd")
    write_splits(tmp_path, train=["a", "b"], val=["b", "c"])
    findings = _inspected(tmp_path)
    assert sorted(findings.statistics.keys) == ["a", "b", "c"]
    assert {name: split.num_images for name, split in findings.statistics.splits.items()} == {
        "train": 2,
        "val": 2,
    }
    (shared, remark) = findings.problems
    assert shared.kind.name == "image_in_two_splits"
    assert "in none of the dataset's splits" in remark.listed[0].text


def test_a_few_images_show_each_kind_of_problem(tmp_path):
    for number in range(12):
        boxes = [("dog", (1, 1, 90, 30), 0), ("dog", (1, 20, 95, 30), 0)]
        add_image(tmp_path, f"i{number:02}", boxes, number)
    findings = _inspected(tmp_path)
    (group,) = findings.problems
    assert group.num == 24
    shown = findings.problem_pictures["box_clipped"]
    assert len({one.key for one in shown}) == len(shown) == 6
    assert all([mark.is_wanted for mark in one.picture.marks] == [True, True] for one in shown)


def test_classes_are_sampled(tmp_path):
    for number in range(12):
        boxes = [("dog", (1, 1, 30, 30), 0), ("dog", (9, 9, 30, 30), 0), ("cat", (1, 1, 9, 9), 0)]
        add_image(tmp_path, f"i{number:02}", boxes[: 2 + (number == 3)], number)
    findings = _inspected(tmp_path)
    assert list(findings.class_samples) == ["dog", "cat"]
    assert len({one.key for one in findings.class_samples["dog"]}) == 8
    (cat,) = findings.class_samples["cat"]
    assert cat.key == "i03"
    assert [mark.name for mark in cat.picture.marks if mark.is_wanted] == ["cat"]


def test_progress_counts_images(tmp_path):
    _add_dogs(tmp_path, "abc")
    progress = RecordedProgress()
    _inspected(tmp_path, progress=progress)
    assert progress.counts[-1] == (3, 3)


def test_datasets_without_splits_are_divided_as_a_conversion_does(tmp_path):
    _add_dogs(tmp_path, "abcde")
    findings = _inspected(tmp_path, num_workers=2)
    assert not findings.are_splits_defined
    assert [split.num_images for split in findings.statistics.splits.values()] == [4, 1]
    assert {split: len(images) for split, images in findings.contact_sheet.items()} == {
        "train": 4,
        "val": 1,
    }


def test_declared_classes_without_objects_are_shown(tmp_path):
    """All of the classes are VOC's, so the label map would be VOC's too."""
    _add_dogs(tmp_path, "abc")
    findings = _inspected(tmp_path)
    assert findings.statistics.class_names == ["dog"]
    assert len(findings.class_names) == len(set(findings.class_names)) == 20
    assert {"sheep", "tvmonitor"} <= set(findings.classes_without_objects)
    assert json.loads(report_text(findings))["classes"]["sheep"]["num_objects"] == 0
    (row,) = re.findall(r"<tr>(?:(?!</tr>).)*sheep.*?</tr>", page_text(findings), re.S)
    assert re.findall(r"<td>(\d+)</td>", row) == ["0", "0", "0", "0"]
    add_image(tmp_path, "d", [("zebu", (1, 1, 30, 30), 0)], 9)
    assert _inspected(tmp_path).classes_without_objects == ()
