"""The list of expected failures, and the comparison of a run with it."""

import json
import re
from pathlib import Path
from typing import ClassVar

import pytest

from tests.support.api_suite_results import file_result
from tools.api_suite.expectations import Expectation, find_surprises, read_expectations
from tools.api_suite.suite import FileResult, find_files

_PROJECT_DIR = Path(__file__).resolve().parents[3]


class TestFindSurprises:
    expectations = (
        Expectation("a_test", ("x", "y"), "OSError", "network", "downloads"),
        Expectation("b_test", ("z",), "beam", "tool", "Beam"),
    )

    def _surprises(self, *results: FileResult) -> list[str]:
        return find_surprises(results, self.expectations)

    def test_expected_failures_are_none(self):
        as_expected = file_result("a_test", x="failed", y="failed", other="passed", more="skipped")
        assert self._surprises(as_expected, file_result("c_test", x="passed")) == []

    def test_other_failures(self):
        (surprise,) = self._surprises(file_result("c_test", x="failed", y="passed"))
        assert surprise == "c_test x failed: OSError: no"
        (surprise,) = self._surprises(file_result("a_test", x="failed", y="failed", z="failed"))
        assert surprise == "a_test z failed: OSError: no"

    def test_another_message_than_the_expected_one(self):
        (surprise,) = self._surprises(file_result("b_test", z="failed"))
        assert surprise == "b_test z failed: OSError: no"
        (surprise,) = self._surprises(file_result("b_test", error="out of time", z="failed"))
        assert surprise == "b_test: out of time"

    @pytest.mark.parametrize("outcome", ["passed", "skipped"])
    def test_a_listed_case_that_does_not_fail(self, outcome):
        (surprise,) = self._surprises(file_result("a_test", x=outcome, y="failed"))
        assert surprise.startswith(f"a_test x {outcome}: remove it")

    def test_a_listed_case_that_does_not_exist(self):
        (surprise,) = self._surprises(file_result("a_test", y="failed"))
        assert surprise.startswith("a_test x does not exist")

    def test_a_file_that_did_not_run_is_one_surprise(self):
        broken = file_result("c_test", error="ImportError: x", x="failed", y="failed")
        assert self._surprises(broken) == ["c_test: ImportError: x"]
        error = "NameError: beam"
        assert self._surprises(file_result("b_test", error=error, message=error, z="failed")) == []

    def test_a_crash_after_the_report(self):
        crashed = file_result("c_test", error="ended with status -11", x="passed")
        assert self._surprises(crashed) == ["c_test: ended with status -11"]


class TestReadExpectations:
    entry: ClassVar = {
        "file": "a_test",
        "cases": ["x"],
        "message": "OSError",
        "reason": "network",
        "why": "downloads",
    }

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"reason": "flaky"}, "not one of"),
            ({"cases": []}, "cases"),
            ({"message": ""}, "message"),
            ({"why": ""}, "why"),
            ({"reason": "test"}, "shown_by"),
        ],
    )
    def test_incomplete_entries_are_rejected(self, changed, message, tmp_path):
        path = tmp_path / "expectations.json"
        path.write_text(json.dumps([{**self.entry, **changed}]))
        with pytest.raises(ValueError, match=message):
            read_expectations(path)

    def test_a_case_is_listed_once(self, tmp_path):
        path = tmp_path / "expectations.json"
        path.write_text(json.dumps([self.entry, self.entry]))
        with pytest.raises(ValueError, match="twice"):
            read_expectations(path)

    def test_the_list_is_short_and_its_proofs_are_there(self):
        expectations = read_expectations()
        assert 0 < sum(len(item.cases) for item in expectations) <= 45
        for item in expectations:
            assert item.file in find_files()
            if item.shown_by:
                path, *test_class, test = item.shown_by.split("::")
                source = (_PROJECT_DIR / path).read_text()
                for name in test_class:
                    assert f"\nclass {name}:" in source, item.shown_by
                assert re.search(rf"^\s*def {test}\(", source, re.M), item.shown_by
