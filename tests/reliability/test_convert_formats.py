"""Faults in `convert` from every format, to every format, and with Apache Beam."""

import importlib.util

import pytest

from odapi_ssd.data.formats import format_names, writer_names
from odapi_ssd.data.synthetic.shapes import write_shapes
from tests.support.convert_job import ConvertJob, write_in_format
from tests.support.fault_plan import IS_FULL, trials

pytestmark = pytest.mark.slow

_READ = [name for name in format_names() if name != "voc"]  # test_convert.py has voc to tfrecord.
_WRITTEN = [name for name in writer_names() if name != "tfrecord"]
_RUNNER = "convert --runner"
_NAMES = [
    *(f"convert from {name}" for name in _READ),
    *(f"convert to {name}" for name in _WRITTEN),
    _RUNNER,
]
_SAMPLE = ["convert from coco", "convert to yolo", _RUNNER]  # A quarter of a minute each.


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """Two datasets: 120 images, and 6."""
    folder = tmp_path_factory.mktemp("formats")
    write_shapes(folder / "many", num_images=120, seed=5)
    write_shapes(folder / "few", num_images=6, seed=6)
    return folder


@pytest.fixture(scope="module")
def make_job(shapes, tmp_path_factory):
    """Makes a job by its name, once."""
    jobs = {}

    def make(name):
        if name not in jobs:
            folder = tmp_path_factory.mktemp("job")
            data_dir, flags = shapes / "many", ["--num_workers", 2]
            if name == _RUNNER:
                flags += ["--runner", "DirectRunner", "--num_shards", 2]
            elif " to " in name:
                flags += ["--to", name.rpartition(" ")[2]]
            else:
                data_dir = write_in_format(data_dir, name.rpartition(" ")[2], folder / "data")
            jobs[name] = ConvertJob(name, data_dir, shapes / "few", flags, folder)
        return jobs[name]

    return make


@pytest.mark.parametrize("name", _NAMES if IS_FULL else _SAMPLE)
@pytest.mark.parametrize("trial", trials("convert from and to"), ids=str)
def test_nothing_is_lost_and_nothing_is_left(name, trial, make_job, inject):
    if name == _RUNNER and importlib.util.find_spec("apache_beam") is None:
        pytest.skip("Apache Beam is not installed (extra beam)")
    assert inject(make_job(name), trial).complaints() == []
