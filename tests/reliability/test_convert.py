"""Faults in `convert`, whose records are the same byte for byte whatever happened before."""

import pytest

from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.synthetic.shapes import write_shapes
from tests.support.atomic_job import AtomicJob
from tests.support.fault_plan import trials

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A conversion in two worker processes, into a folder that may hold one of a few images."""
    folder = tmp_path_factory.mktemp("convert")
    write_shapes(folder / "many", num_images=300, seed=5)
    write_shapes(folder / "few", num_images=6, seed=6)
    return AtomicJob(
        "convert",
        lambda out: ["--data_dir", folder / "many", "--output_dir", out, "--num_workers", 2],
        lambda out: convert_dataset(folder / "few", out),
        folder,
    )


@pytest.mark.parametrize("trial", trials("convert"), ids=str)
def test_nothing_is_lost_and_nothing_is_left(job, trial, inject):
    assert inject(job, trial).complaints() == []
