"""The page docs/api_tests.md and its tables."""

from tests.support.api_suite_results import file_result
from tools.api_suite.expectations import read_expectations
from tools.api_suite.page import summarize, to_page, to_table

RESULTS = (
    file_result("a_test", x="passed", y="failed", z="skipped"),
    file_result("b_test", error="ImportError: a | b (/some/where/x.py)", x="failed"),
    file_result("c_test", x="passed"),
)


def test_totals():
    assert summarize(RESULTS) == (
        "5 cases: 2 passed, 2 failed, 1 skipped; 1 of 3 files fully green"
    )


def test_table():
    assert "| a_test | 3 | 1 | 1 | 1 | 1 |" in to_table(RESULTS)


def test_page():
    page = to_page(RESULTS, RESULTS[1:], read_expectations())
    assert "**Without:** 2 cases: 1 passed, 1 failed" in page
    assert "- 1 × `ImportError: a | b`" in page
    assert "numpy" in page
