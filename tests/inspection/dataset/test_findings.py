from odapi_ssd.inspection.dataset.findings import DatasetFindings
from odapi_ssd.inspection.dataset.problems import ProblemCollector
from odapi_ssd.inspection.dataset.statistics import DatasetStatistics


def test_problems_are_counted_by_severity():
    collector = ProblemCollector()
    for kind in ("box_clipped", "box_clipped", "box_repeated", "image_missing"):
        collector.add(kind, "text")
    groups = collector.groups()
    findings = DatasetFindings("d", True, DatasetStatistics([]), groups, {}, {}, {}, None)
    assert [findings.num_problems(one) for one in ("error", "warning", "note")] == [1, 3, 0]
