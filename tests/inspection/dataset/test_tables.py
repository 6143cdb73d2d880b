import html.parser

from odapi_ssd.inspection.anchors.recall import SizeRow
from odapi_ssd.inspection.dataset.class_colors import class_colors
from odapi_ssd.inspection.dataset.markup import element
from odapi_ssd.inspection.dataset.statistics import DatasetStatistics
from odapi_ssd.inspection.dataset.tables import (
    class_table,
    match_table,
    split_legend,
    split_table,
    table,
)
from tests.support.inspected_images import inspected

_BOX = (0.0, 0.0, 0.5, 0.5)


class _Table(html.parser.HTMLParser):
    """The texts of a table's cells, row by row."""

    def __init__(self, text):
        super().__init__()
        self.rows, self._is_in_cell = [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
            self._is_in_cell = True

    def handle_endtag(self, tag):
        self._is_in_cell = self._is_in_cell and tag not in ("th", "td")

    def handle_data(self, data):
        if self._is_in_cell:
            self.rows[-1][-1] += data


def _statistics(splits=("train", "val")):
    statistics = DatasetStatistics(splits)
    statistics.add("a", splits[:1], inspected([("dog", _BOX), ("dog", _BOX), ("<b>", _BOX)]))
    statistics.add("b", splits[-1:], inspected([("dog", _BOX)]))
    statistics.add("c", splits[-1:], inspected([]))
    statistics.add_unusable(splits[-1:])
    return statistics


def test_headings_of_columns_and_rows():
    text = table("It <shows>", ["a", element("th", "b", scope="col")], [["x", 1]], is_wide=True)
    assert _Table(text).rows == [["a", "b"], ["x", "1"]]
    assert text.count('scope="col"') == 2
    assert text.count('scope="row"') == 1
    assert "<caption>It &lt;shows&gt;</caption>" in text


def test_splits():
    assert _Table(split_table(_statistics())).rows[1:] == [
        ["train", "1", "0", "0", "3", "3.0", "3"],
        ["val", "2", "1", "1", "1", "0.5", "1"],
        ["in all", "3", "1", "1", "4", "1.3", "3"],
    ]
    assert len(_Table(split_table(_statistics(("all",)))).rows) == 2


def test_a_split_without_a_usable_image():
    statistics = DatasetStatistics(["train"])
    statistics.add_unusable(["train"])
    assert _Table(split_table(statistics)).rows[1] == ["train", "0", "0", "1", "0", "–", "–"]


def test_classes():
    statistics = _statistics()
    rows = _Table(class_table(statistics, class_colors(["dog", "<b>"]))).rows
    assert rows[0][:5] == ["class", "train", "val", "objects", "images"]
    assert [row[:5] for row in rows[1:]] == [
        ["dog", "2", "1", "3", "2"],
        ["<b>", "1", "0", "1", "1"],
    ]
    assert "val" in split_legend(statistics)


def test_many_splits():
    splits = [f"split {number}" for number in range(9)]
    statistics = DatasetStatistics(splits)
    statistics.add("a", splits, inspected([("dog", _BOX)]))
    rows = _Table(class_table(statistics, class_colors(["dog"]))).rows
    assert rows[0][:3] == ["class", "objects", "images"]
    assert rows[1][:3] == ["dog", "1", "1"]
    assert len(_Table(split_table(statistics)).rows) == 11


def test_a_thousand_classes():
    statistics = DatasetStatistics(["train"])
    names = [f"class {number}" for number in range(1000)]
    statistics.add("a", ["train"], inspected([(name, _BOX) for name in names]))
    text = class_table(statistics, class_colors(names))
    assert len(_Table(text).rows) == 301
    assert "700 classes between are in report.json" in text


def test_matches():
    rows = (SizeRow("small", 0, 0, 0, float("nan")), SizeRow("all", 8, 6, 7, 0.625))
    assert _Table(match_table(rows)).rows[1:] == [
        ["small", "0", "0", "–", "0", "–"],
        ["all", "8", "6", "75.0%", "7", "0.62"],
    ]
