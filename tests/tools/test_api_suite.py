"""The API's own tests: how they are run and judged, and a few of its files for real."""

import json
import re
from pathlib import Path
from typing import ClassVar

import pytest

from tools.api_suite.expectations import Expectation, find_surprises, read_expectations
from tools.api_suite.page import summarize, to_page, to_table
from tools.api_suite.suite import CaseResult, FileResult, find_files, run_files

_PROJECT_DIR = Path(__file__).resolve().parents[2]

# One or more for each patch and each reason of an expected failure, none of which takes a minute.
# `scripts/api_tests.sh` runs all.
_SUBSET = [
    "builders/model_builder_tf2_test",
    "core/box_list_ops_test",
    "dataset_tools/context_rcnn/generate_detection_data_tf2_test",
    "dataset_tools/create_coco_tf_record_test",
    "dataset_tools/seq_example_util_test",
    "eval_util_test",
    "meta_architectures/deepmac_meta_arch_test",
    "metrics/coco_evaluation_test",
    "metrics/oid_vrd_challenge_evaluation_utils_test",
    "models/faster_rcnn_resnet_v1_fpn_keras_feature_extractor_tf2_test",
    "utils/metrics_test",
    "utils/visualization_utils_test",
]


def _result(name: str, *, error: str = "", message: str = "OSError: no", **outcomes: str):
    cases = tuple(CaseResult(case, outcome, message) for case, outcome in outcomes.items())
    return FileResult(name, cases, 1.4, error)


class TestJudgment:
    expectations = (
        Expectation("a_test", ("x", "y"), "OSError", "network", "downloads"),
        Expectation("b_test", ("z",), "beam", "tool", "Beam"),
    )

    def _surprises(self, *results: FileResult) -> list[str]:
        return find_surprises(results, self.expectations)

    def test_what_is_expected_is_no_surprise(self):
        as_expected = _result("a_test", x="failed", y="failed", other="passed", more="skipped")
        assert self._surprises(as_expected, _result("c_test", x="passed")) == []

    def test_other_failures_are(self):
        (surprise,) = self._surprises(_result("c_test", x="failed", y="passed"))
        assert surprise == "c_test x failed: OSError: no"
        (surprise,) = self._surprises(_result("a_test", x="failed", y="failed", z="failed"))
        assert surprise == "a_test z failed: OSError: no"

    def test_another_failure_than_the_expected_one_is(self):
        (surprise,) = self._surprises(_result("b_test", z="failed"))
        assert surprise == "b_test z failed: OSError: no"
        (surprise,) = self._surprises(_result("b_test", error="out of time", z="failed"))
        assert surprise == "b_test: out of time"

    @pytest.mark.parametrize("outcome", ["passed", "skipped"])
    def test_a_case_of_the_list_that_does_not_fail_is(self, outcome):
        (surprise,) = self._surprises(_result("a_test", x=outcome, y="failed"))
        assert surprise.startswith(f"a_test x {outcome}: take it off")

    def test_a_case_of_the_list_that_is_gone_is(self):
        (surprise,) = self._surprises(_result("a_test", y="failed"))
        assert surprise.startswith("a_test x is not there")

    def test_a_file_that_did_not_run_is_one_surprise(self):
        broken = _result("c_test", error="ImportError: x", x="failed", y="failed")
        assert self._surprises(broken) == ["c_test: ImportError: x"]
        error = "NameError: beam"
        assert self._surprises(_result("b_test", error=error, message=error, z="failed")) == []

    def test_a_crash_after_the_report_is(self):
        crashed = _result("c_test", error="ended with status -11", x="passed")
        assert self._surprises(crashed) == ["c_test: ended with status -11"]


class TestExpectations:
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
            ({"reason": "flaky"}, "none of"),
            ({"cases": []}, "cases"),
            ({"message": ""}, "message"),
            ({"why": ""}, "why"),
            ({"reason": "test"}, "which test of ours"),
        ],
    )
    def test_incomplete_entries_are_refused(self, changed, message, tmp_path):
        path = tmp_path / "expectations.json"
        path.write_text(json.dumps([{**self.entry, **changed}]))
        with pytest.raises(ValueError, match=message):
            read_expectations(path)

    def test_a_case_may_stand_there_once(self, tmp_path):
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


class TestTelling:
    results = (
        _result("a_test", x="passed", y="failed", z="skipped"),
        _result("b_test", error="ImportError: a | b (/some/where/x.py)", x="failed"),
        _result("c_test", x="passed"),
    )

    def test_totals(self):
        assert summarize(self.results) == (
            "5 cases: 2 passed, 2 failed, 1 skipped; 1 of 3 files wholly green"
        )

    def test_table(self):
        assert "| a_test | 3 | 1 | 1 | 1 | 1 |" in to_table(self.results)

    def test_page(self):
        page = to_page(self.results, self.results[1:], read_expectations())
        assert "**Without:** 2 cases: 1 passed, 1 failed" in page
        assert "- 1 × `ImportError: a | b`" in page
        assert "numpy" in page


class TestRunning:
    def test_tf1_and_slim_are_not_ours(self):
        names = find_files()
        assert len(names) == 135
        assert not [name for name in names if "tf1" in name or name.startswith("nets/")]
        assert find_files(["utils/np_box_ops", "eval"]) == [
            "eval_util_test",
            "utils/np_box_ops_test",
        ]

    @pytest.mark.tf
    def test_out_of_time_is_a_failure_of_all(self):
        (late,) = run_files(["utils/np_box_ops_test"], time_limit=0.2)
        assert late.error == "took longer than 0.2 s"
        assert late.count("failed") == len(late.cases) == 4

    @pytest.mark.tf
    def test_without_patches_the_model_builder_does_not_import(self):
        name = "builders/model_builder_tf2_test"
        (without,) = run_files([name], time_limit=120, with_odapi_ssd=False)
        assert "Error" in without.error
        assert without.count("failed") == len(without.cases) > 0

    @pytest.mark.tf
    @pytest.mark.slow
    @pytest.mark.parametrize("name", _SUBSET)
    def test_a_file_does_as_expected(self, name):
        results = run_files([name], time_limit=300)
        assert find_surprises(results, read_expectations()) == []
        assert results[0].cases
