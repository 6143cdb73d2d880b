"""Estimates of memory, against limits by hand. 6 training examples, images of 300x300 pixels."""

import pytest

from odapi_ssd.check.findings import Findings
from odapi_ssd.check.inputs import InputFacts
from odapi_ssd.check.memory import check_memory
from odapi_ssd.check.memory_limit import MemoryLimit
from odapi_ssd.config.files import load_config
from odapi_ssd.config.overrides import set_field
from odapi_ssd.data.records.contents import RecordContents
from odapi_ssd.resources import template_dir

pytestmark = [pytest.mark.tf, pytest.mark.usefixtures("api")]

_GIB = 2**30


@pytest.fixture
def config():
    return load_config(template_dir() / "ssd_mobilenet_v2_zoo_voc.config")


def _inputs(num_examples=100, num_bytes=100 * 2**20, hw=(0, 0)):
    contents = RecordContents(num_read=1, largest_hw=hw, largest_where="a.record, record 7")
    return InputFacts(num_examples=num_examples, num_bytes=num_bytes, contents=contents)


def _findings(config, inputs, *assignments, gib=16, **options):
    for assignment in assignments:
        set_field(config, assignment)
    findings = Findings()
    limit = MemoryLimit(int(gib * _GIB), "this machine")
    check_memory(config, inputs, config.model.ssd, findings, limit=limit, **options)
    return findings


def test_the_usual_fits(config):
    """2048 records of 1 MiB."""
    findings = _findings(config, _inputs())
    assert (findings.problems, findings.warnings) == ([], [])
    assert findings.facts == [("memory", "16.0 GiB; training needs more than 2.1 GiB")]


def test_a_batch_that_no_machine_holds(config):
    """10,000 images of 300x300 pixels, 12 bytes each and 32 after the first layer: 36.9 GiB."""
    (problem,) = _findings(config, _inputs(), "train_config.batch_size=10000").problems
    assert str(problem) == (
        "train_config.batch_size: training needs more than 38.9 GiB of memory (2.0 GiB for a "
        "shuffle buffer of 2,048 records, 36.9 GiB for a batch of 10,000 images of 300x300 pixels "
        "in the first layer alone), but this machine has 16.0 GiB; make the batch or the images "
        "smaller"
    )


def test_a_narrow_network_needs_less(config):
    """12 + 8 bytes: 16.8 GiB, less than without the narrowing."""
    more = ["train_config.batch_size=10000", "model.ssd.feature_extractor.depth_multiplier=0.25"]
    (problem,) = _findings(config, _inputs(), *more).problems
    assert "16.8 GiB for a batch of 10,000" in str(problem)


def test_a_large_image(config):
    """20,000 x 40,000 pixels of 3 + 12 bytes."""
    inputs = _inputs(num_bytes=100, hw=(20_000, 40_000))
    assert _findings(config, inputs).problems == []
    (problem,) = _findings(config, inputs, gib=8).problems
    assert problem.path == "train_input_reader.tf_record_input_reader.input_path"
    assert (
        "11.2 GiB for decoding the image of a.record, record 7, 40,000 pixels wide and 20,000"
        in (problem.problem)
    )


@pytest.mark.parametrize(
    ("assignments", "num_records", "size"),
    [
        ([], 2048, "20.0 GiB"),  # copies fill the buffer
        (["train_input_reader.num_epochs=3"], 300, "2.9 GiB"),
        (["train_input_reader.shuffle_buffer_size=10"], 10, "100 MiB"),
        (["train_input_reader.shuffle=false"], None, None),
    ],
)
def test_the_shuffle_buffer(config, assignments, num_records, size):
    """Records of 10 MiB, in half a MiB."""
    inputs = _inputs(num_bytes=1000 * 2**20)
    problems = _findings(config, inputs, *assignments, gib=0.0005).problems
    if num_records is None:
        assert "shuffle buffer" not in str(problems[0])
    else:
        assert f"a shuffle buffer of {num_records:,} records" in str(problems[0])
        assert f"({size} for a shuffle" in str(problems[0])


def test_what_will_hardly_fit_is_a_warning(config):
    """400 images: 36 million pixels of 44 and at least 600 bytes, and the buffer's 2 GiB."""
    more = ["train_config.batch_size=400"]
    findings = _findings(config, _inputs(), *more)
    assert findings.problems == []
    (warning,) = findings.warnings
    assert (
        "is 400: with 36,000,000 pixels in a batch training will probably need more than 23.6"
        in (str(warning))
    )
    assert _findings(config, _inputs(), "train_config.freeze_variables=a").warnings == []


def test_a_batch_of_which_others_have_a_share_is_not_counted(config):
    more = ["train_config.batch_size=10000"]
    findings = _findings(config, _inputs(), *more, is_distributed=True)
    assert (findings.problems, findings.warnings) == ([], [])


def test_sizes_that_vary_are_not_counted(config):
    kept = "model.ssd.image_resizer.keep_aspect_ratio_resizer={}"
    findings = _findings(config, _inputs(), kept, "train_config.batch_size=10000")
    assert (findings.problems, findings.warnings) == ([], [])


def test_without_data_the_batch_is_counted(config):
    (problem,) = _findings(config, InputFacts(), "train_config.batch_size=10000").problems
    assert "36.9 GiB" in str(problem)
