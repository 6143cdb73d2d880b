"""Whole conversions with a runner, through `convert_dataset`."""

import pytest

from odapi_ssd.data.beam.pipeline import RunnerOptions
from odapi_ssd.data.conversion_options import ConversionOptions
from odapi_ssd.data.convert import convert_dataset
from odapi_ssd.data.synthetic.shapes import write_shapes
from odapi_ssd.errors import OdapiError, OptionError

RUNNER = RunnerOptions("DirectRunner")


@pytest.fixture
def data_dir(tmp_path):
    write_shapes(tmp_path / "data", num_images=20)
    return tmp_path / "data"


def test_the_output_is_that_of_this_machine(data_dir, tmp_path):
    for folder, runner in (("local", None), ("beam", RUNNER)):
        options = ConversionOptions(num_shards=2, num_workers=1, runner=runner)
        convert_dataset(data_dir, tmp_path / folder, options)
    local, beam = (
        {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()}
        for folder in ("local", "beam")
    )
    assert beam.keys() == local.keys()
    assert {name for name in local if local[name] != beam[name]} <= {".odapi-ssd.json"}


def test_a_faulty_image_fails_or_is_skipped(data_dir, tmp_path):
    faulty = sorted((data_dir / "JPEGImages").iterdir())[0]
    faulty.write_bytes(b"no image")
    with pytest.raises(OdapiError, match="Nothing was written: 1 fault") as caught:
        convert_dataset(data_dir, tmp_path / "out", ConversionOptions(runner=RUNNER))
    assert faulty.name in caught.value.details[0]
    assert not (tmp_path / "out").exists()
    options = ConversionOptions(runner=RUNNER, on_error="skip", num_shards=3)
    summary = convert_dataset(data_dir, tmp_path / "out", options)
    assert sum(split.num_examples for split in summary.splits.values()) == 19
    for name, split in summary.splits.items():
        shards = [path.stat().st_size for path in (tmp_path / "out").glob(f"{name}.record-*")]
        assert len(shards) == split.num_shards
        assert min(shards) > 0


def test_only_records_are_written_by_runners():
    with pytest.raises(OptionError, match="runner writes tfrecord; --to is 'voc'"):
        ConversionOptions(to="voc", runner=RUNNER)
