import pytest

from odapi_ssd.data.beam import pipeline
from odapi_ssd.data.beam.pipeline import RunnerOptions, run_pipeline
from odapi_ssd.errors import OdapiError, OptionError


def test_without_beam(monkeypatch):
    monkeypatch.setattr(pipeline, "_PACKAGE", "no_beam")
    with pytest.raises(OdapiError, match=r"--runner DirectRunner needs Apache Beam") as caught:
        run_pipeline([], RunnerOptions("DirectRunner"))
    assert caught.value.hint == "pip install 'odapi-ssd[beam]'"


def test_an_unknown_runner():
    with pytest.raises(OptionError, match="runner is 'NoRunner'"):
        run_pipeline([], RunnerOptions("NoRunner"))


def test_what_failed_in_a_worker_is_named_without_its_traceback(tmp_path):
    with pytest.raises(OdapiError) as caught:
        run_pipeline([str(tmp_path / "gone.task")], RunnerOptions("DirectRunner"))
    assert caught.value.problem.startswith("The pipeline failed on DirectRunner; nothing was")
    assert "gone.task" in caught.value.problem
    assert "\n" not in caught.value.problem
