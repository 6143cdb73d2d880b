"""Faults in `detect`: the images that are done are kept."""

import pytest

from odapi_ssd.data.synthetic.shapes import write_shapes
from tests.support.detect_job import DetectJob
from tests.support.fault_plan import trials

pytestmark = [pytest.mark.slow, pytest.mark.tf]


@pytest.fixture(scope="module")
def job(small_exported_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("detect")
    write_shapes(folder / "shapes", num_images=60, seed=7)
    return DetectJob(small_exported_dir, folder / "shapes" / "JPEGImages", folder)


@pytest.mark.parametrize("trial", trials("detect"), ids=str)
def test_what_is_done_is_kept(job, trial, inject):
    assert inject(job, trial).complaints() == []
