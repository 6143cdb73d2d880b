import json

import numpy as np

from odapi_ssd.inspection.anchors.recall import SizeRow
from odapi_ssd.inspection.dataset.findings import DatasetFindings, ShownImage
from odapi_ssd.inspection.dataset.pictures import Picture
from odapi_ssd.inspection.dataset.problems import ProblemCollector
from odapi_ssd.inspection.dataset.report_json import report_text
from odapi_ssd.inspection.dataset.statistics import DatasetStatistics
from odapi_ssd.inspection.dataset.template_anchors import TemplateMatches
from odapi_ssd.ssd.anchors import AnchorLayer, AnchorSpec
from tests.support.inspected_images import inspected


def _report(statistics, matches=None, collector=None):
    groups = (collector or ProblemCollector()).groups()
    sheet = {"train": [ShownImage("a", "", Picture(b"", 1, 1, (), 0, (1, 1), False))]}
    text = report_text(DatasetFindings("d", False, statistics, groups, {}, {}, sheet, matches))
    return json.loads(text)


def test_shares_and_names_that_are_not_unicode():
    statistics = DatasetStatistics(["train"])
    statistics.add("a", ["train"], inspected([("é\udce9", (0.0, 0.0, 0.5, 0.25))]))
    report = _report(statistics)
    assert report["schema_version"] == 1
    assert report["dataset"] == "d"
    assert list(report["classes"]) == ["é\udce9"]
    assert report["boxes"]["share_of_image_area"]["median"] == 0.125
    assert report["contact_sheet"] == {"train": ["a"]}


def test_nothing_is_null_and_not_nan():
    report = _report(DatasetStatistics([]))
    assert report["total"]["objects_per_image"] is None
    assert report["boxes"]["width_by_height"] is None
    assert report["boxes"]["num_by_size"] == {"small": 0, "medium": 0, "large": 0}


def test_matches():
    layer = AnchorLayer((2, 3), (50, 50), (25, 25), ((64.0, 64.0),))
    matches = TemplateMatches(
        template="t",
        input_hw=(100, 150),
        threshold=0.5,
        spec=AnchorSpec((layer,), units="pixels"),
        sizes_hw_px=np.ones((3, 2)),
        is_matched=np.array([True, True, False]),
        is_too_small=np.array([False, False, True]),
        by_size=(SizeRow("all", 0, 0, 0, float("nan")),),
    )
    template = _report(DatasetStatistics([]), matches)["template"]
    assert template["num_anchors"] == 6
    assert (template["num_matched"], template["num_too_small"]) == (2, 1)
    assert template["by_size"][0]["mean_best_iou"] is None


def test_problems():
    collector = ProblemCollector()
    collector.add("box_clipped", "it reaches over", {"a": (3,)})
    (problem,) = _report(DatasetStatistics([]), collector=collector)["problems"]
    assert problem == {
        "kind": "box_clipped",
        "severity": "warning",
        "title": "Boxes that reach over the image",
        "num": 1,
        "listed": [{"text": "it reaches over", "images": [{"key": "a", "objects": [3]}]}],
    }
