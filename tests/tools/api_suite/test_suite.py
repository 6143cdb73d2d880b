"""Finding and running the API's test files, some of them for real."""

import pytest

from tools.api_suite.expectations import find_surprises, read_expectations
from tools.api_suite.suite import CaseResult, find_files, read_report, run_files

# At least one file for each patch and each reason of an expected failure, each under a minute;
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


def test_tf1_and_slim_are_not_ours():
    names = find_files()
    assert len(names) == 135
    assert not [name for name in names if "tf1" in name or name.startswith("nets/")]
    assert find_files(["utils/np_box_ops", "eval"]) == [
        "eval_util_test",
        "utils/np_box_ops_test",
    ]


_REPORT = """
<testsuites><testsuite>
  <testcase name="test_a" classname="__main__.ATest" result="completed"/>
  <testcase name="test_b" classname="__main__.ATest"><skipped message="TF1"/></testcase>
  <testcase name="test_c" classname="__main__.ATest" result="suppressed"/>
  <testcase name="test_d" classname="__main__.ATest">
    <failure message="no">Traceback\n  line 1\nValueError: no\nfreed</failure>
  </testcase>
  <testcase name="setUpClass" classname="__main__.BTest"/>
</testsuite></testsuites>
"""


def test_a_report_has_an_outcome_for_each_case(tmp_path):
    path = tmp_path / "report.xml"
    path.write_text(_REPORT)
    assert read_report(path) == (
        CaseResult("ATest.test_a", "passed"),
        CaseResult("ATest.test_b", "skipped"),
        CaseResult("ATest.test_c", "skipped"),
        CaseResult("ATest.test_d", "failed", "ValueError: no"),
        CaseResult("BTest.setUpClass", "failed", "the cases of a whole class were skipped"),
    )


def test_a_missing_or_truncated_report_is_none(tmp_path):
    path = tmp_path / "report.xml"
    assert read_report(path) is None
    path.write_text(_REPORT[:100])
    assert read_report(path) is None


@pytest.mark.tf
def test_out_of_time_is_a_failure_of_all():
    (late,) = run_files(["utils/np_box_ops_test"], time_limit=0.2)
    assert late.error == "took longer than 0.2 s"
    assert late.count("failed") == len(late.cases) == 4


@pytest.mark.tf
def test_without_patches_the_model_builder_does_not_import():
    name = "builders/model_builder_tf2_test"
    (without,) = run_files([name], time_limit=120, with_odapi_ssd=False)
    assert "Error" in without.error
    assert without.count("failed") == len(without.cases) > 0


@pytest.mark.tf
@pytest.mark.slow
@pytest.mark.parametrize("name", _SUBSET)
def test_a_file_does_as_expected(name):
    results = run_files([name], time_limit=300)
    assert find_surprises(results, read_expectations()) == []
    assert results[0].cases
