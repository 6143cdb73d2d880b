"""Faults in `export`: the exported model is complete, or as it was."""

import pytest

from tests.support.export_job import ExportJob
from tests.support.fault_plan import trials

pytestmark = [pytest.mark.slow, pytest.mark.tf]


@pytest.fixture(scope="module")
def job(small_config_path, small_model_dir, shapes_dir, tmp_path_factory):
    image_path = next((shapes_dir / "JPEGImages").iterdir())
    folder = tmp_path_factory.mktemp("export")
    return ExportJob(small_config_path, small_model_dir, image_path, folder)


@pytest.mark.parametrize("trial", trials("export"), ids=str)
def test_the_export_is_complete_or_as_it_was(job, trial, inject):
    assert inject(job, trial).complaints() == []
